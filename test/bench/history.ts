import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildExecutable } from '../../infra/package/executable.ts';
import { Engine } from '../../projections/isolation/engine/engine.ts';
import type { FoldedBatch } from '../../projections/isolation/state.ts';
import { everything } from '../../projections/isolation/header-sets/traffic.ts';
import { folderOfHistory, placesIn } from '../../src/ledger/derived.ts';
import type { LedgerReader } from '../../src/ledger/port.ts';
import { replay, type Cursor } from '../../src/ledger/replay.ts';
import { filterByName } from '../../src/verify/ends.ts';
import { HistoryBuilding } from '../../src/verify/history/history-building.ts';
import { openHistory } from '../../src/verify/history/history-file.ts';
import { HistoryIndex } from '../../src/verify/history/history-index.ts';
import { HistoryWalk } from '../../src/verify/history/history-walk.ts';
import { pairsOf } from '../../src/verify/history/wanted-pairs.ts';
import { PassingWalk } from '../../src/verify/history/passing-walk.ts';
import { intervalOf, type LedgerInterval } from '../../src/verify/interval.ts';
import { bothWays, wantedBy } from '../../src/verify/verify.ts';
import { Program } from './commands/program.ts';
import { percentile } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { ledgerOf } from './verifier.ts';

/**
 * Tenants of the ledgers. A million entries take longer to write and to judge than a benchmark may last: what the index of them would take is
 * told by how it grows from the one size to the other.
 */
const sizes = [500, 1000] as const;
const rules = 10;
const lane = 'applied';
const repeats = 5;
/** At the end of a ledger, so many batches are of single changes. */
const laterBatches = 150;

/** What engines came to over a whole ledger, written and asked: beside the engine alone, and what confirming the entries takes. */
export async function historyBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'isoledger');
    await buildExecutable(file);
    const program = new Program({ file, folder });
    const rows: Row[] = [];
    for (const tenants of sizes) rows.push(...(await rowsOf(folder, { program, tenants })));
    return rows;
  });
}

async function rowsOf(
  folder: string,
  { program, tenants }: { program: Program; tenants: number },
): Promise<Row[]> {
  const running = await ledgerOf(folder, { tenants, rules });
  const { ledger } = running;
  const batches: FoldedBatch[] = [];
  const cursor = await replay(ledger, { onBatch: (batch) => batches.push(batch) });
  const interval = await intervalOf(ledger, {}, { now: () => batches.at(-1)?.recordedAt ?? '' });
  const path = join(folder, `history-${String(tenants)}.sqlite`);
  const of = `${tenants.toLocaleString('en')} tenants × ${String(rules)} rules, ${cursor.size.toLocaleString('en')} entries`;
  const rows = [
    ...(await building(ledger, { path, batches, cursor, interval, of })),
    ...asking(path, { interval, of }),
    askingWhen(path, { interval, of }),
  ];
  await running.close();
  return [
    ...rows,
    ...(await commands(program, { ledger: join(folder, `verifier-${String(tenants)}.db`), of })),
  ];
}

interface Built extends AskedIndex {
  readonly path: string;
  readonly batches: readonly FoldedBatch[];
  readonly cursor: Cursor;
}

async function building(
  ledger: LedgerReader,
  { path, batches, cursor, interval, of }: Built,
): Promise<Row[]> {
  const alone = coresOf(() => {
    const engine = new Engine(lane, () => undefined);
    for (const batch of batches) engine.follow(batch);
  });
  const head = await ledger.head();
  const build = (at: string, some: readonly FoldedBatch[]): void => {
    const kept = new HistoryBuilding(at, { ledger: ledger.id, lane, engine: 'bench' });
    const engine: Engine = new Engine(lane, (stop) => {
      kept.look(stop, engine);
    });
    for (const batch of some) {
      engine.follow(batch);
      kept.follow(batch, engine.state);
    }
    kept.finish({ cursor, head, passed: interval.to.time, engine });
  };
  const whole = coresOf(() => {
    build(path, batches);
  });
  const early = batches.slice(0, -laterBatches);
  build(`${path}-early`, early);
  const later = cursor.size - 1 - (early.at(-1)?.last ?? 0);
  const grown = statSync(path).size - statSync(`${path}-early`).size;
  const bytes = statSync(path).size;
  return [
    rowOf({
      case: `building the index, ${of}`,
      value: (1000 * cursor.size) / whole,
      unit: 'entries/s',
      floor: { is: 'the engine alone', value: (1000 * cursor.size) / alone },
      target: { of: 'ratio', atLeast: 0.5 },
    }),
    rowOf({ case: `its size, ${of}`, value: bytes / 1024 ** 2, unit: 'MiB' }),
    rowOf({
      case: `its growth with an entry of a change (rule, plan or acknowledgement), ${of}`,
      value: grown / later,
      unit: 'bytes',
    }),
  ];
}

/** An index, and what questions to it are about. */
export interface AskedIndex {
  readonly interval: LedgerInterval;
  /** What it is of, in words. */
  readonly of: string;
}

/** What `when` asks of an index: all that ever passed between two ends. */
export function askingWhen(path: string, { interval, of }: AskedIndex): Row {
  const pairs = withIndex(path, (index) =>
    pairsOf(index, 'passing', []).filter(({ from, to }) => from !== to),
  );
  const took = pairs.slice(0, 50).map(({ from, to }) => {
    const { there } = bothWays({ isTenant: filterByName(from), isPeer: filterByName(to) });
    const asked = { lane, interval, known: interval.known, wanted: there, traffic: everything } as const;
    return withIndex(path, (index) =>
      millisecondsOf(() => new PassingWalk(index, asked, [from, to]).answer()),
    );
  });
  return rowOf({
    case: `all that ever passed between a pair, half of 50 pairs at most, ${of}`,
    value: percentile(took, 0.5),
    unit: 'ms',
    target: { of: 'value', atMost: 5 },
  });
}

export function asking(path: string, { interval, of }: AskedIndex): Row[] {
  const names = withIndex(path, (index) => pairsOf(index, 'found', []).slice(0, 50));
  const took = names.map(({ from, to }) => {
    const isOne = { isTenant: filterByName(from), isPeer: filterByName(to) };
    const subject = { lane, tenant: from, peer: to } as const;
    const wanted = wantedBy(subject, isOne);
    const asked = {
      lane,
      interval,
      known: interval.known,
      wanted,
      reach: bothWays(isOne),
      names: [from, to],
    } as const;
    // The index is open, and nothing of this pair was read.
    return withIndex(path, (index) => millisecondsOf(() => new HistoryWalk(index, asked).answer()));
  });
  const everything = { lane, interval, known: interval.known, names: [] } as const;
  const all = { isTenant: filterByName(undefined), isPeer: filterByName(undefined) };
  const wanted = wantedBy({ lane }, all);
  let windows = 0;
  const whole = Array.from({ length: repeats }, () =>
    withIndex(path, (index) =>
      millisecondsOf(() => {
        windows = new HistoryWalk(index, { ...everything, wanted }).answer().windows.length;
      }),
    ),
  );
  return [
    rowOf({
      case: `a pair over all time, half of 50 pairs at most, ${of}`,
      value: percentile(took, 0.5),
      unit: 'ms',
      target: { of: 'value', atMost: 1 },
    }),
    rowOf({
      case: `all ${windows.toLocaleString('en')} exposures and lacks of all time, ${of}`,
      value: percentile(whole, 0.5),
      unit: 'ms',
      target: { of: 'value', atMost: 1000 },
    }),
  ];
}

async function commands(
  program: Program,
  { ledger, of }: { readonly ledger: string; readonly of: string },
): Promise<Row[]> {
  const asked = ['verify', '--from', 'seq:1', '--to', 'now', '--json'];
  const exits = [0, 3, 4];
  const took = async (argv: readonly string[]): Promise<number> =>
    1000 * (await program.run(argv, { ledger, exits })).seconds;
  const { statePath } = placesIn(`${ledger}.d`);
  rmSync(folderOfHistory(statePath), { recursive: true, force: true });
  const cold = await took(asked);
  const warm: number[] = [];
  for (let count = 0; count < repeats; count += 1) warm.push(await took(asked));
  const confirming = await took(['checkpoint']);
  return [
    rowOf({
      case: `the command verify --from seq:1 --to now, nothing kept, ${of}`,
      value: cold,
      unit: 'ms',
    }),
    rowOf({
      case: `the same from a warm index, ${of}`,
      value: percentile(warm, 0.5),
      unit: 'ms',
      floor: { is: 'the command checkpoint, which hashes the entries', value: confirming },
      target: { of: 'value', atMost: 300 },
    }),
  ];
}

function withIndex<Result>(path: string, ask: (index: HistoryIndex) => Result): Result {
  const opened = openHistory(path);
  if (opened === undefined) throw new Error(`nothing was written to ${path}`);
  const index = new HistoryIndex(opened);
  try {
    return ask(index);
  } finally {
    index.close();
  }
}

/** Time of this process's cores in milliseconds: of a machine that others use, a fairer measure than the clock. */
function coresOf(work: () => unknown): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

function millisecondsOf(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
