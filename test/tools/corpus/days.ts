import { fileURLToPath } from 'node:url';
import { sealBatch } from '../../../src/ledger/seal.ts';
import { readEnvelope } from '../../../events/codec/decode.ts';
import type { EventData } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import { estateAt, holdShard, pastState, resumeShard } from '../../../src/apply/record/hold.ts';
import { setBypass } from '../../../src/apply/record/bypass.ts';
import { sayGone } from '../../../src/apply/record/gone.ts';
import { readFolder } from '../../../src/policy/read-folder.ts';
import { RoleRecord } from '../../../src/serve/role-record.ts';
import type { Document } from '../../../events/documents.ts';
import { documentsOf } from '../../support/documents.ts';
import { embeddedAndSwitches } from '../../support/installation.ts';
import * as texts from './documents.ts';
import { operator, WorkedEstate } from './worked-estate.ts';

const infra = (folder: string): string =>
  fileURLToPath(new URL(`../../../infra/${folder}/`, import.meta.url));

async function documentsIn(folder: string): Promise<readonly Document[]> {
  const { documents, problems } = await readFolder(infra(folder), embeddedAndSwitches);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return documents.map(({ document }) => document);
}

/** What happened in some days. */
export interface Days {
  readonly ledgerId: string;
  /** Every entry of the ledger, in order. */
  readonly all: readonly Uint8Array[];
  /** The first of the days: before it, the estate was recorded and its hosts were driven. */
  readonly first: number;
  /** The entry whose batch was never completed. */
  readonly torn: number;
  /** When they were over. */
  readonly until: string;
}

/** What a ledger records of the example estate in some days, in which everything happens that there is an event for. */
export async function someDays(): Promise<Days> {
  const estate = new WorkedEstate();
  await estate.apply(await documentsIn('examples'), {
    reason: 'the example estate',
    source: 'git:estate@4f1c',
  });
  const { size: first } = await estate.ledger.head();
  await theServiceStarts(estate);
  await documentsChange(estate);
  await somebodyWorksByHand(estate);
  await hostsMisbehave(estate);
  await somethingGetsThrough(estate);
  await anIncident(estate);
  await somebodyAttests(estate);
  await aShardStandsStill(estate, first);
  await thingsEnd(estate);
  const before = await estate.bytes();
  const broken = tornBatch(estate);
  await aRoleIsContended(estate);
  const after = (await estate.bytes()).slice(before.length);
  const all = [...before, broken, ...after];
  return { ledgerId: estate.ledger.id, all, first, torn: before.length, until: estate.clock.now() };
}

async function theServiceStarts(estate: WorkedEstate): Promise<void> {
  const { ledger, actor } = estate.deed();
  const roles = new RoleRecord({ ledger, actor, holder: { host: 'ledger-1', pid: 4711 } });
  for (const role of ['clock', 'verifier', 'applier/shard-1', 'applier/shard-2', 'forwarder/siem'])
    await roles.take(role);
}

/** Two processes take a role from each other. */
async function aRoleIsContended(estate: WorkedEstate): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) {
    const { ledger, actor } = estate.deed();
    const holder = { host: turn % 2 === 0 ? 'ledger-2' : 'ledger-1', pid: 4711 + turn };
    await new RoleRecord({ ledger, actor, holder }).take('forwarder/siem');
  }
}

async function documentsChange(estate: WorkedEstate): Promise<void> {
  const change = await documentsIn('changes/globex-opens-reporting');
  await estate.apply(change, { reason: 'reporting asked for it', source: 'git:estate@77ab' });
  await estate.apply(await documentsOf(texts.newcomer), { reason: 'CHG-1042: juniper-news moves in' });
  await estate.apply(await documentsOf(texts.newcomerReads), {});
  await estate.apply(await documentsOf(texts.otherShape), { reason: 'CHG-1050: the south room is rebuilt' });
  // The time bounds of the newcomer's rules pass.
  estate.clock.set('2026-03-03T12:00:30.000Z');
  await estate.drive();
}

/** Somebody takes an object away from a host, beside the ledger. */
function loseAnObject(estate: WorkedEstate, { host, shard }: { host: string; shard: string }): void {
  const { hosts } = estate.overlay(shard);
  const held = hosts.get(host);
  if (held === undefined) throw new Error(`${host} holds nothing`);
  const [[opened] = []] = [...held.objects];
  const objects = new Map([...held.objects].filter(([key]) => key !== opened));
  hosts.set(host, { ...held, objects });
}

async function hostsMisbehave(estate: WorkedEstate): Promise<void> {
  const overlay = estate.overlay('shard-1');
  loseAnObject(estate, { host: 'hv-2', shard: 'shard-1' });
  await estate.drive();
  overlay.count();
  overlay.dropped.set('hv-3', [{ from: 'acme-corp/web', to: 'globex/database', by: 'default', packets: 41 }]);
  await estate.drive();
  overlay.faults.push('not-done');
  await estate.apply(await documentsOf(texts.newcomerListens), { reason: 'CHG-1061' });
}

/** What is found there meanwhile stays, and is put right once that is over. */
async function somebodyWorksByHand(estate: WorkedEstate): Promise<void> {
  const host = { host: 'hv-1', shard: 'shard-1' };
  const open = { ...estate.deed({ reason: 'CHG-1055: a flow is traced by hand' }), host };
  await setBypass(open, 'open', await estate.estate());
  loseAnObject(estate, host);
  await estate.drive();
  await setBypass({ ...estate.deed({ reason: 'CHG-1055: done' }), host }, 'close', await estate.estate());
  await estate.drive();
}

/** As a fault of this program would have it: what hosts acknowledged lets through what nobody granted, until they are driven anew. */
async function somethingGetsThrough(estate: WorkedEstate): Promise<void> {
  const violated = { kind: 'isolation', from: 'acme-corp/web', to: 'globex/database' } as const;
  const openedBy = await lastCause(estate);
  const { size: violation } = await estate.ledger.head();
  await estate.say({
    type: 'IsolationViolated',
    data: {
      ...{ ...violated, openedBy, former: null, rules: ['9f86d081884c7d659a2feaa0'] },
      witness: { src: '10.1.0.11', dst: '10.2.0.5', protocol: 'tcp', srcPort: 40_000, dstPort: 5432 },
    },
  });
  await estate.apply(await documentsOf(texts.newcomerReads), { reason: 'CHG-1064: as it was before' });
  const closedBy = await lastCause(estate);
  await estate.say({ type: 'IsolationRestored', data: { violation, ...violated, openedBy, closedBy } });
}

async function lastCause(estate: WorkedEstate): Promise<EventData<'IsolationRestored'>['openedBy']> {
  const bytes = await estate.bytes();
  const seq = bytes.length - 1;
  const { id, type, recordedAt } = readEnvelope({ seq, bytes: bytes[seq] ?? new Uint8Array() });
  return { seq, id, type, time: recordedAt };
}

async function anIncident(estate: WorkedEstate): Promise<void> {
  for (const subject of [
    { kind: 'tenant', name: 'acme-corp' },
    { kind: 'segment', name: 'globex/web' },
    { kind: 'external', name: 'vpn-gateway' },
  ] as const) {
    await estate.quarantine('quarantine', subject, 'incident 4711');
    await estate.quarantine('release', subject, 'incident 4711 is closed');
  }
}

/** The digests stand for those of a real answer and engine, which change with the engine. */
async function somebodyAttests(estate: WorkedEstate): Promise<void> {
  const { seq, time } = await lastCause(estate);
  const { size, root } = await estate.ledger.head();
  const until = seq === null ? { seq: -1, time } : { seq, time };
  await estate.say({
    type: 'IsolationAttested',
    data: {
      ...{ lane: 'applied', tenant: 'acme-corp', peer: 'globex', verdict: 'violated', findings: 1, gaps: 0 },
      ...{ asked: { from: 'seq:0', to: 'now' }, from: { seq: 0, time: '2026-03-02T08:00:00.000Z' } },
      ...{ to: until, knownAt: until, size, root },
      answer: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
      engine: 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9',
    },
  });
}

async function aShardStandsStill(estate: WorkedEstate, seq: number): Promise<void> {
  const shard = 'shard-2';
  const past = await estateAt(estate.ledger, { kind: 'seq', seq });
  if (past === undefined) throw new Error('no such entry');
  const now = await estate.estate();
  const hold = { ...past, size: now.cursor.size, acceptedExposure: undefined };
  await holdShard({ ...estate.deed({ reason: 'incident 4712: back to yesterday' }), shard }, hold, now);
  await estate.drive(2_000, pastState(shard, past), shard);
  await resumeShard({ ...estate.deed({ reason: 'incident 4712 is closed' }), shard }, await estate.estate());
  await estate.drive();
}

async function thingsEnd(estate: WorkedEstate): Promise<void> {
  await estate.apply(await documentsOf(texts.farShard), { reason: 'CHG-1070: a third room, tried out' });
  const host = { host: 'hv-10', shard: 'shard-3' };
  await sayGone({ ...estate.deed(), reason: 'CHG-1071: scrapped', host }, 'gone', await estate.estate());
  // Whatever the example estate does not have is removed.
  const examples = await documentsIn('examples');
  const left = await documentsIn('changes/globex-opens-reporting');
  const others = examples.filter((one) => !left.some((other) => other.kind === one.kind && isOf(other, one)));
  await estate.apply(
    [...others, ...left],
    { reason: 'CHG-1072: as it was', source: 'git:estate@80c1' },
    'all',
  );
  const bytes = await estate.bytes();
  const seq = bytes.length - 1;
  const entry = readEnvelope({ seq, bytes: bytes[seq] ?? new Uint8Array() }).id;
  const reason = 'CHG-1075: the archive refuses it';
  await estate.say(
    { type: 'EntrySkipped', data: { sink: 'archive', seq, entry } },
    { actor: operator, reason },
  );
  const digest = '5f'.repeat(32);
  await estate.say({ type: 'StateKept', data: { projection: 'estate', version: 5, size: seq + 1, digest } });
}

/** Whether two documents are of one tenant. */
function isOf(one: Document, other: Document): boolean {
  return 'tenant' in one && 'tenant' in other && one.tenant === other.tenant;
}

/** The first of two entries: whoever wrote them broke off. */
function tornBatch(estate: WorkedEstate): Uint8Array {
  const { actor } = estate.deed();
  const events = ['acme-corp', 'globex'].map((tenant) =>
    draftOf({ type: 'TenantPlaced', data: { tenant, shard: 'shard-2' } }),
  );
  const [first] = sealBatch({ events, actor }, { first: 0, recordedAt: estate.clock.now(), ids: estate.ids });
  if (first === undefined) throw new Error('a batch holds an entry');
  return first.bytes;
}
