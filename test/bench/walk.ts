import { join } from 'node:path';
import { canonicalText } from '../../events/codec/canonical.ts';
import type { Document } from '../../events/documents.ts';
import { IsolationState } from '../../projections/isolation/state.ts';
import { replay } from '../../src/ledger/replay.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import { estateProjection, type Estate } from '../../src/projector/estate-projection.ts';
import { desiredObjects } from '../../src/translate/desired-objects.ts';
import { MemoryOverlay } from '../doubles/memory-overlay.ts';
import { generateEstate } from './estate.ts';
import { ofKind } from './estate/documents.ts';
import type { Estate as WrittenEstate } from './estate/estate.ts';
import { medians, milliseconds, perSecond } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { lengthen } from './running/history.ts';
import { documentsIn, Running } from './running/running.ts';

/** Tenants of the estates that one change is made in; the first is what the others are held against. */
const sizes = [100, 1000, 10_000];
const changes = 30;
const historyEntries = 100_000;
const few = { rounds: 3, warmUps: 1 };

/**
 * The walk from documents to plans: translating an estate from nothing; planning, applying and syncing one change of a
 * policy in a process that runs on, as the estate grows; and replaying a long history.
 */
export async function walkBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const estates = sizes.map((tenants) => estateOf(tenants));
    const stages: Stage[] = [];
    for (const estate of estates) stages.push(await stageOf(folder, estate));
    const rows = [
      ...(await fromNothing(folder, stages)),
      ...(await oneChange(stages)),
      ...(await syncOfOneChange(folder)),
      ...(await longHistory(stages)),
    ];
    for (const { running } of stages) await running.close();
    return rows;
  });
}

function estateOf(tenants: number): WrittenEstate {
  return generateEstate({ seed: 7, tenants, rulesPerTenant: 10, tenantsPerRealm: 50, hostsPerShard: 2 });
}

/** An estate in a running process, synced once, and changes of a policy that can be made in it by turns. */
interface Stage {
  readonly tenants: number;
  readonly running: Running;
  readonly changes: readonly (readonly Document[])[];
}

async function stageOf(folder: string, estate: WrittenEstate): Promise<Stage> {
  const tenants = ofKind(estate.documents, 'Tenant').length;
  const running = await Running.on(join(folder, `walk-${tenants}.db`), {
    driverFor: () => new MemoryOverlay(),
  });
  await running.apply({ documents: await documentsIn(folder, estate) });
  await running.sync();
  return { tenants, running, changes: await changesOf(folder, estate) };
}

/** Policies without their last egress rule, spread over the estate. */
async function changesOf(folder: string, { documents }: WrittenEstate): Promise<(readonly Document[])[]> {
  const policies = ofKind(documents, 'Policy').filter(
    ({ egress = [], ingress = [] }) => egress.length > 1 && ingress.length > 1,
  );
  const step = Math.floor(policies.length / changes);
  const chosen = policies.filter((_, index) => index % step === 0).slice(0, changes);
  const changed = chosen.map((policy) => ({ ...policy, egress: (policy.egress ?? []).slice(0, -1) }));
  const read = await documentsIn(folder, { documents: changed });
  return read.map((document) => [document]);
}

async function fromNothing(folder: string, stages: readonly Stage[]): Promise<readonly Row[]> {
  const doubled = await stageOf(folder, estateOf(2000));
  const [, thousand] = stages;
  if (thousand === undefined) throw new RangeError('no estate of 1,000 tenants');
  let round = 0;
  // At another instant each time: grants that were found for one are kept for it.
  const translate = ({ running }: Stage): number => {
    round += 1;
    const at = new Date(Date.parse(running.at) + round).toISOString();
    const objects = [...running.estate.intended.directory.shards.keys()].flatMap((shard) =>
      desiredObjects(running.estate.intended, { shard, at }),
    );
    return objects.length;
  };
  const objects = allObjects(thousand.running.estate);
  const figures = await medians(
    {
      thousand: () => milliseconds(() => translate(thousand)),
      doubled: () => milliseconds(() => translate(doubled)),
      floor: () => milliseconds(() => objects.map(canonicalText)),
    },
    few,
  );
  await doubled.running.close();
  const unit = 'ms';
  return [
    rowOf({
      case: `translate 1,000 tenants × 10 rules from nothing, ${objects.length.toLocaleString('en')} objects`,
      ...{ value: figures.of('thousand'), unit },
      floor: { is: 'writing the objects down as canonical JSON', value: figures.of('floor') },
    }),
    rowOf({
      case: 'translate 2,000 tenants × 10 rules from nothing',
      ...{ value: figures.of('doubled'), unit },
      floor: { is: '1,000 tenants', value: figures.of('thousand') },
      target: { of: 'ratio', atMost: 2.5 },
    }),
  ];
}

function allObjects({ applied }: Estate): object[] {
  return [...applied.shards.values()].flatMap(({ objects }) => [...objects.values()]);
}

/** Each turn plans a change that is not made yet, then makes it; when all are made they are taken back, and so on. */
async function oneChange(stages: readonly Stage[]): Promise<readonly Row[]> {
  const contenders = stages.flatMap((stage) => {
    const turns = new Turns(stage);
    return [
      [`plan ${stage.tenants}`, () => turns.plan()],
      [`apply ${stage.tenants}`, () => turns.apply()],
    ] as const;
  });
  const figures = await medians(Object.fromEntries(contenders), { rounds: 2 * changes, warmUps: changes });
  const [smallest = 0] = sizes;
  return (['plan', 'apply'] as const).flatMap((what) =>
    stages.map(({ tenants }) => {
      const name = `${what} of one policy change at ${tenants.toLocaleString('en')} tenants`;
      const row = { case: name, value: figures.of(`${what} ${tenants}`), unit: 'ms' };
      if (tenants === smallest) return rowOf(row);
      const floor = { is: `at ${smallest} tenants`, value: figures.of(`${what} ${smallest}`) };
      return rowOf({ ...row, floor, target: { of: 'ratio', atMost: 1.5 } });
    }),
  );
}

/** Changes made one after the other, and taken back in the same order. */
class Turns {
  readonly #stage: Stage;
  readonly #before: readonly (readonly Document[])[];
  #turn = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#before = stage.changes.map(([document]) => [inForce(stage.running.estate, document)]);
  }

  plan(): Promise<number> {
    return milliseconds(() => this.#stage.running.plan({ documents: this.#next() }));
  }

  async apply(): Promise<number> {
    const took = await milliseconds(() => this.#stage.running.apply({ documents: this.#next() }));
    this.#turn += 1;
    return took;
  }

  #next(): readonly Document[] {
    const { changes: made } = this.#stage;
    const isMaking = Math.floor(this.#turn / made.length) % 2 === 0;
    return (isMaking ? made : this.#before)[this.#turn % made.length] ?? [];
  }
}

function inForce({ intended }: Estate, document: Document | undefined): Document {
  const policy = document?.kind === 'Policy' ? intended.policies.get(document.value.tenant) : undefined;
  if (policy === undefined) throw new RangeError('a change is of a policy in force');
  return { kind: 'Policy', value: policy };
}

/** Hosts are files here, each of which holds the whole set of its shard. */
async function syncOfOneChange(folder: string): Promise<readonly Row[]> {
  const stages: Stage[] = [];
  for (const tenants of sizes.slice(0, 2)) stages.push(await embeddedStageOf(folder, tenants));
  const contenders = stages.map((stage) => {
    const turns = new Turns(stage);
    const turn = async (): Promise<number> => {
      await turns.apply();
      return milliseconds(() => stage.running.sync());
    };
    return [String(stage.tenants), turn] as const;
  });
  const figures = await medians(Object.fromEntries(contenders));
  for (const { running } of stages) await running.close();
  const [smallest = 0] = sizes;
  return stages.slice(1).map(({ tenants }) =>
    rowOf({
      case: `sync of one policy change at ${tenants.toLocaleString('en')} tenants (grows with the shard)`,
      value: figures.of(String(tenants)),
      unit: 'ms',
      floor: { is: `at ${smallest} tenants`, value: figures.of(String(smallest)) },
    }),
  );
}

async function embeddedStageOf(folder: string, tenants: number): Promise<Stage> {
  const estate = estateOf(tenants);
  const running = await Running.on(join(folder, `sync-${tenants}.db`));
  await running.apply({ documents: await documentsIn(folder, estate) });
  await running.sync();
  return { tenants, running, changes: await changesOf(folder, estate) };
}

/** The history of the estate of 1,000 tenants: what it began with, its first sync, and then changes of policies. */
async function longHistory(stages: readonly Stage[]): Promise<readonly Row[]> {
  const [, stage] = stages;
  if (stage === undefined) throw new RangeError('no estate of 1,000 tenants');
  const { ledger, estate } = stage.running;
  const policies = [...estate.intended.policies.values()].filter(({ egress }) => egress.length > 1);
  await lengthen(ledger, { policies, entries: historyEntries, batch: 10 });
  const figures = await medians(
    {
      ours: () => perSecond(historyEntries, () => replayAll(ledger)),
      floor: () => perSecond(historyEntries, () => parseAll(ledger)),
    },
    few,
  );
  return [
    rowOf({
      case: `replay of ${historyEntries.toLocaleString('en')} entries into all projections`,
      value: figures.of('ours'),
      unit: 'entries/s',
      floor: { is: 'reading and parsing the same entries', value: figures.of('floor') },
    }),
  ];
}

/** Hashed, checked, decoded, and folded into the estate and into the verifier's state. */
async function replayAll(ledger: Ledger): Promise<void> {
  const [estate, isolation] = [estateProjection.initial(), new IsolationState()];
  await replay(ledger, {
    onBatch: (batch) => {
      for (const entry of batch.entries) estateProjection.fold(estate, entry);
      isolation.follow(batch);
    },
  });
}

async function parseAll(ledger: Ledger): Promise<void> {
  const decoder = new TextDecoder();
  for await (const { bytes } of ledger.read()) JSON.parse(decoder.decode(bytes));
}
