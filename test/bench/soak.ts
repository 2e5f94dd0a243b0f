import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from '../../events/documents.ts';
import { Engine } from '../../projections/isolation/engine/engine.ts';
import type { FoldedBatch } from '../../projections/isolation/state.ts';
import type { LedgerReader } from '../../src/ledger/port.ts';
import { replay, type Cursor } from '../../src/ledger/replay.ts';
import { HistoryBuilding } from '../../src/verify/history/history-building.ts';
import { intervalOf } from '../../src/verify/interval.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { generateEstate } from './estate.ts';
import { memoryNow } from './harness/memory.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { asking, askingWhen } from './history.ts';
import { editsThatReachHosts } from './running/changes.ts';
import { documentsIn, Running } from './running/running.ts';

const lane = 'applied';
const tenants = 200;
/** Policies that lose a rule and get it back, one after the other. */
const edited = 150;
/** The time that all entries take, in milliseconds. */
const monthMs = 30 * 24 * 3_600_000;
/** So many bytes were asked for at most of a verifier, in MiB. */
const memoryMiBMax = 1_536;

/** How many entries the ledger has at the end; at half of them everything is measured as well. */
function entriesAsked(): number {
  const text = process.env['ISOLEDGER_BENCH_ENTRIES'] ?? '1000000';
  const entries = Number(text);
  if (!Number.isSafeInteger(entries) || entries < 10_000)
    throw new RangeError(`ISOLEDGER_BENCH_ENTRIES is ${text}: a whole number from 10000 on is asked for`);
  return entries;
}

/**
 * The verifier over a ledger of a million entries, spread over a month, each policy change planned and acknowledged by hosts: its engine, what it keeps on
 * disk, and questions to that. More than an hour, most of it to write the ledger and to judge it twice at each size.
 */
export async function soakBench(): Promise<readonly Row[]> {
  const entries = entriesAsked();
  return inTemporaryFolder(async (folder) => {
    const clock = new ManualClock();
    const running = await Running.on(join(folder, 'soak.db'), { clock });
    const estate = generateEstate({
      ...{ seed: 7, tenants, rulesPerTenant: 10, tenantsPerRealm: 50, shards: 1, hostsPerShard: 4 },
      features: { halfGiven: false },
    });
    await running.apply({ documents: await documentsIn(folder, estate) });
    await running.sync();
    const edits = editsThatReachHosts(running, edited);
    const turns = [...edits.map((edit) => edit.edited), ...edits.map((edit) => edit.before)];
    const begun = Date.parse(clock.now());
    const pass = (size: number): void => {
      clock.set(new Date(begun + (monthMs * size) / entries).toISOString());
    };
    const rows: Row[] = [];
    for (const size of [entries / 2, entries]) {
      await grow(running, { turns, size: Math.floor(size), pass });
      rows.push(...(await rowsAt(running.ledger, join(folder, `history-${String(size)}.sqlite`))));
    }
    await running.close();
    return rows;
  });
}

/** Changes one policy after the other until the ledger has so many entries, and says on stderr how far it is. */
async function grow(
  running: Running,
  of: {
    readonly turns: readonly Document[];
    readonly size: number;
    /** Lets the time pass until the ledger has so many entries. */
    readonly pass: (size: number) => void;
  },
): Promise<void> {
  const { turns, size, pass } = of;
  let told = Date.now();
  for (;;) {
    let reached = 0;
    for (const document of turns) {
      const { size: begun } = await running.ledger.head();
      pass(begun);
      await running.apply({ documents: [document] });
      const driven = await running.sync({ reads: 'marks' });
      if (driven.length > 0) reached += 1;
    }
    // Of two sides that agree, one may have gone before: then the other changes nothing at hosts.
    if (reached < turns.length / 2)
      throw new Error(`only ${reached} of ${turns.length} changes reached hosts`);
    const head = await running.ledger.head();
    if (Date.now() - told >= 60_000) {
      told = Date.now();
      process.stderr.write(
        `${head.size.toLocaleString('en')} of ${size.toLocaleString('en')} entries are written\n`,
      );
    }
    if (head.size >= size) return;
  }
}

async function rowsAt(ledger: LedgerReader, path: string): Promise<readonly Row[]> {
  const head = await ledger.head();
  const of = `${head.size.toLocaleString('en')} entries, ${tenants} tenants`;
  const perSecond = (milliseconds: number): number => (1000 * head.size) / milliseconds;
  const reading = await followed(ledger, () => undefined);
  const engine = new Engine(lane, () => undefined);
  const judging = await followed(ledger, (batch) => {
    engine.follow(batch);
  });
  const { rss, heap } = memoryNow();
  const building = await built(ledger, path);
  // The engine is in use up to here, whatever the machine makes of that.
  if (engine.state.seq !== head.size - 1) throw new Error('the engine did not come to the head');
  const interval = await intervalOf(ledger, { lane }, { now: () => engine.state.recordedAt });
  return [
    rowOf({
      case: `replay with the engine, ${of}`,
      value: perSecond(judging.milliseconds),
      unit: 'entries/s',
      floor: { is: 'reading and decoding them', value: perSecond(reading.milliseconds) },
      target: { of: 'value', atLeast: 5_000 },
    }),
    rowOf({ case: `objects in use after that, ${of}`, value: heap, unit: 'MiB' }),
    rowOf({
      case: `memory of the process after that, ${of}`,
      value: rss,
      unit: 'MiB',
      target: { of: 'value', atMost: memoryMiBMax },
    }),
    rowOf({
      case: `building the index, without reading, ${of}`,
      value: perSecond(building - reading.milliseconds),
      unit: 'entries/s',
      floor: {
        is: 'the engine alone, without reading',
        value: perSecond(judging.milliseconds - reading.milliseconds),
      },
      target: { of: 'ratio', atLeast: 0.5 },
    }),
    rowOf({ case: `its size, ${of}`, value: statSync(path).size / 2 ** 20, unit: 'MiB' }),
    ...asking(path, { interval, of }),
    askingWhen(path, { interval, of }),
  ];
}

/** Milliseconds of cores to read a ledger from the first entry on, and to do something with each batch. */
async function followed(
  ledger: LedgerReader,
  onBatch: (batch: FoldedBatch) => void,
): Promise<{ readonly milliseconds: number; readonly cursor: Cursor }> {
  const began = process.cpuUsage();
  const cursor = await replay(ledger, { onBatch });
  const { user, system } = process.cpuUsage(began);
  return { milliseconds: (user + system) / 1000, cursor };
}

/** Milliseconds of cores to read a ledger, to judge it, and to keep what that comes to. */
async function built(ledger: LedgerReader, path: string): Promise<number> {
  const building = new HistoryBuilding(path, { ledger: ledger.id, lane, engine: 'bench' });
  const engine: Engine = new Engine(lane, (stop) => {
    building.look(stop, engine);
  });
  const { milliseconds, cursor } = await followed(ledger, (batch) => {
    engine.follow(batch);
    building.follow(batch, engine.state);
  });
  const began = process.cpuUsage();
  const head = await ledger.head();
  building.finish({ cursor, head, passed: engine.state.recordedAt, engine });
  const { user, system } = process.cpuUsage(began);
  return milliseconds + (user + system) / 1000;
}
