import { join } from 'node:path';
import type { Document } from '../../events/documents.ts';
import { Authorisation } from '../../projections/isolation/authorised/authorisation.ts';
import { Engine } from '../../projections/isolation/engine/engine.ts';
import { isNothing } from '../../projections/isolation/header-sets/traffic.ts';
import { allPairs } from '../../projections/isolation/judging/contacts.ts';
import { judge } from '../../projections/isolation/judging/lanes.ts';
import { pairKey, type Pair } from '../../projections/isolation/pair.ts';
import { IsolationState, type FoldedBatch } from '../../projections/isolation/state.ts';
import { replay } from '../../src/ledger/replay.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import { generateEstate } from './estate.ts';
import { percentile } from './harness/measure.ts';
import { memoryNow } from './harness/memory.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { withoutOneRule } from './running/changes.ts';
import { documentsIn, Running } from './running/running.ts';
import { pairQuestion, smtPeerMs, smtPeerName, type PairQuestion } from './verifier-peer.ts';

/** Tenants, and rules of each; the second is what growth is told by. */
const sizes = [
  { tenants: 250, rules: 10 },
  { tenants: 1000, rules: 10 },
] as const;
/** Those that the engine is made for. */
const largeSizes = [
  { tenants: 2000, rules: 32 },
  { tenants: 10_000, rules: 10 },
] as const;
const changes = 60;

/**
 * The verifier's engine on a ledger as it comes to be: an estate, its first plans, and then one rule of one policy replaced at a
 * time, planned and acknowledged. Beside it, on the same entries, what reading and decoding alone takes, and what judging
 * everything at one instant does.
 */
export async function verifierBench(): Promise<readonly Row[]> {
  return rowsOf(sizes);
}

/** The same of large estates: some twenty minutes, most of them to drive and to judge whole estates. */
export async function largeVerifierBench(): Promise<readonly Row[]> {
  return rowsOf(largeSizes);
}

async function rowsOf(sizes: readonly Size[]): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const rows: Row[] = [];
    for (const size of sizes) rows.push(...(await verifierRows(folder, size)));
    return rows;
  });
}

interface Size {
  readonly tenants: number;
  readonly rules: number;
}

async function verifierRows(folder: string, size: Size): Promise<readonly Row[]> {
  const running = await ledgerOf(folder, size);
  const { ledger } = running;
  const before = memoryNow().heap;
  const { batches, reading } = await readAll(ledger);
  const entries = batches.reduce((sum, batch) => sum + batch.entries.length, 0);
  const folding = await coreTime(() => {
    const state = new IsolationState();
    for (const batch of batches) state.follow(batch);
  });
  const looked = new Map<string, Pair>();
  const engine = new Engine('applied', ({ judged }) => {
    for (const pair of judged) if (pair.from !== pair.to) looked.set(pairKey(pair), pair);
  });
  const took = batches.map((batch) => {
    const began = cores();
    engine.follow(batch);
    return cores() - began;
  });
  const whole = took.reduce((sum, one) => sum + one, 0);
  const recent = took.slice(-3 * changes);
  const mean = recent.reduce((sum, one) => sum + one, 0) / recent.length;
  const last = batches.at(-1)?.recordedAt ?? '';
  const recomputing = await coreTime(() =>
    judge('applied', { state: engine.state, instant: last, wanted: allPairs }),
  );
  const held = memoryNow().heap - before;
  const smt = await smtPeerMs(
    questionsOf([...looked.values()].slice(-50), { engine, running, instant: last }),
  );
  await running.close();
  const name = `${size.tenants.toLocaleString('en')} tenants × ${String(size.rules)} rules`;
  const row = (what: string, value: number, unit: string): Omit<Row, 'case'> & { case: string } =>
    rowOf({ case: `${what}, ${name}`, value, unit });
  return [
    rowOf({
      case: `one batch of one change (rule, plan or acknowledgement), mean, ${name}`,
      value: mean,
      unit: 'ms',
      floor: { is: 'judging everything at that instant', value: recomputing },
      target: { of: 'value', atMost: 0.2 },
    }),
    rowOf({
      case: `the same, beside a solver, ${name}`,
      value: mean,
      unit: 'ms',
      floor: { is: smtPeerName, value: smt },
    }),
    row('the same, half of them at most', percentile(recent, 0.5), 'ms'),
    rowOf({
      case: `the same, 99 of 100 at most, ${name}`,
      value: percentile(recent, 0.99),
      unit: 'ms',
      target: { of: 'value', atMost: 2 },
    }),
    rowOf({
      case: `replay of ${entries.toLocaleString('en')} entries, ${name}`,
      value: (1000 * entries) / (reading + whole),
      unit: 'entries/s',
      floor: { is: 'reading and decoding them', value: (1000 * entries) / reading },
      target: { of: 'value', atLeast: 5_000 },
    }),
    row('folding alone, without judging', (1000 * entries) / folding, 'entries/s'),
    row('memory of entries, state and engine', held, 'MiB'),
  ];
}

/** The pairs that the engine looked at last, where documents authorise something, as a solver is asked about them. */
function questionsOf(
  pairs: readonly Pair[],
  at: { engine: Engine; running: Running; instant: string },
): PairQuestion[] {
  const { engine, running, instant } = at;
  const objects = Array.from(running.estate.applied.shards.values(), (shard) => [
    ...shard.objects.values(),
  ]).flat();
  const authorisation = new Authorisation(engine.state.documents, instant);
  return pairs.flatMap((pair) => {
    const authorised = authorisation.between(pair);
    return isNothing(authorised) ? [] : [pairQuestion(pair, { objects, authorised })];
  });
}

/** An estate that is driven, and then some changes of one rule each. */
export async function ledgerOf(folder: string, { tenants, rules }: Size): Promise<Running> {
  const estate = generateEstate({
    seed: 7,
    tenants,
    rulesPerTenant: rules,
    tenantsPerRealm: 50,
    hostsPerShard: 4,
    features: { halfGiven: false },
  });
  const running = await Running.on(join(folder, `verifier-${tenants}.db`));
  await running.apply({ documents: await documentsIn(folder, estate) });
  await running.sync();
  for (const edit of editsIn(running)) {
    await running.apply({ documents: [edit] });
    await running.sync({ reads: 'marks' });
  }
  return running;
}

/** Policies that lose a rule which hosts hear of, one after the other. */
function editsIn(running: Running): Document[] {
  const edits: Document[] = [];
  for (const policy of running.estate.intended.policies.values()) {
    const found = policy.egress
      .map((_, index) => withoutOneRule(policy, index).edited)
      .find((edited) => running.plan({ documents: [edited] }).steps.length > 0);
    if (found !== undefined) edits.push(found);
    if (edits.length === changes) break;
  }
  return edits;
}

/** Time of this process's cores so far, in milliseconds: of a machine that others use, a fairer measure than the clock. */
function cores(): number {
  return process.cpuUsage().user / 1000;
}

async function coreTime(work: () => unknown): Promise<number> {
  const began = cores();
  await work();
  return cores() - began;
}

async function readAll(
  ledger: Ledger,
): Promise<{ readonly batches: readonly FoldedBatch[]; readonly reading: number }> {
  const batches: FoldedBatch[] = [];
  const reading = await coreTime(() => replay(ledger, { onBatch: (batch) => batches.push(batch) }));
  return { batches, reading };
}
