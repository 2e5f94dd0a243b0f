import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import type { LedgerReader } from '../../../src/ledger/port.ts';
import { UnknownEnd } from '../../../src/verify/faults.ts';
import type { KeptHistory } from '../../../src/verify/history/kept-history.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import type { Report } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, History } from '../isolation/history.ts';
import { ledgerOf } from '../isolation/ledger-of.ts';
import { Dice } from '../isolation/random-estate.ts';
import { seesawTale } from '../isolation/seesaw.ts';
import { randomTale } from '../isolation/tales.ts';
import { shard, tenant } from '../isolation/documents.ts';
import { historyAt } from './history-of.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

let folder = '';
let kept: KeptHistory;
const path = (lane: Lane = 'applied'): string => join(folder, 'history', `${lane}.sqlite`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isoledger-history-'));
  kept = { folder: join(folder, 'history'), engine: 'the engine' };
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly lane?: Lane;
  readonly tenant?: string | undefined;
  readonly peer?: string | undefined;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly now?: string;
}

/** The answer, and how many batches were read to judge them. */
async function asked(
  history: History,
  { now = after(90, history.now), lane = 'applied', ...of }: Asked = {},
  keep: KeptHistory | undefined = kept,
): Promise<{ readonly report: Report; readonly read: number }> {
  let read = 0;
  const question = {
    ...of,
    lane,
    clock: new ManualClock(now),
    onBatch: () => void (read += 1),
    history: keep,
  };
  return { report: await verifyInterval(ledgerOf(history), question), read };
}

async function askedAnew(history: History, of: Asked = {}): Promise<Report> {
  const now = of.now ?? after(90, history.now);
  return verifyInterval(ledgerOf(history), { lane: 'applied', ...of, clock: new ManualClock(now) });
}

const tale = (seed = 3): History => seesawTale(new Dice(seed)).history;

test('given an answer up to now, the next one reads no batch, and says the same', async () => {
  const history = tale();
  for (const lane of lanes) {
    const first = await asked(history, { lane });
    expect(first.read).toBe(history.batches.length);
    const second = await asked(history, { lane });
    expect(second.read).toBe(0);
    expect(second.report).toEqual(first.report);
    expect(second.report).toEqual(await askedAnew(history, { lane }));
    const about = { lane, tenant: 'a', peer: 'b', from: { kind: 'seq', seq: 20 } } as const;
    const of = await asked(history, about);
    expect(of.read).toBe(0);
    expect(of.report).toEqual(await askedAnew(history, about));
    expect(of.report.reach?.length).toBeGreaterThan(0);
  }
});

test('given random questions, an answer by what was kept is the one that following the whole ledger gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      const history = dice.chance(0.5) ? seesawTale(dice).history : randomTale(dice, 4).history;
      const now = after(Math.floor(dice.below(90)), history.now);
      const lane = dice.pick<Lane>('applied', 'intended', 'observed');
      rmSync(kept.folder, { recursive: true, force: true });
      await asked(history, { now, lane });
      const instant = (): Instant | undefined =>
        dice.pick(
          undefined,
          { kind: 'seq', seq: Math.floor(dice.below(history.seq + 2)) },
          { kind: 'time', instant: after(Math.floor(dice.below(120)) - 10) },
        );
      const name = (): string | undefined => dice.pick('a', 'b', 'c', 'a/s', 'x', 'nobody', undefined);
      for (let count = 0; count < 6; count += 1) {
        const tenantName = name();
        const question = {
          ...{ lane, now: after(Math.floor(dice.below(40)), now), from: instant(), to: instant() },
          ...{ tenant: tenantName, peer: tenantName === undefined ? undefined : name() },
        };
        const [one, other] = await Promise.allSettled([
          asked(history, question).then(({ report }) => report),
          askedAnew(history, question),
        ]);
        expect(one, JSON.stringify(question)).toEqual(other);
      }
    }),
    { numRuns: 15 * scale },
  );
});

describe('what was kept is not used', () => {
  async function expectNotUsed(history: History, of: Asked = {}, keep = kept): Promise<void> {
    const { report, read } = await asked(history, of, keep);
    expect(read).toBe(history.batches.length);
    expect(report).toEqual(await askedAnew(history, of));
  }

  test('where another engine judged, and is replaced then', async () => {
    await asked(tale());
    const newer = { ...kept, engine: 'another engine' };
    await expectNotUsed(tale(), {}, newer);
    expect((await asked(tale(), {}, newer)).read).toBe(0);
  });

  test('where the ledger forked, or goes on', async () => {
    const history = tale();
    await asked(history);
    await expectNotUsed(tale(4));
    await asked(history);
    history.record(tenant('d'));
    await expectNotUsed(history);
  });

  test('where it is of another ledger, or of the other lane', async () => {
    const history = tale();
    await asked(history);
    const ledger = ledgerOf(history);
    const other: LedgerReader = {
      id: 'another',
      head: ledger.head.bind(ledger),
      read: ledger.read.bind(ledger),
      subscribe: ledger.subscribe.bind(ledger),
    };
    let read = 0;
    const clock = new ManualClock(after(90, history.now));
    await verifyInterval(other, {
      lane: 'applied',
      clock,
      history: kept,
      onBatch: () => void (read += 1),
    });
    expect(read).toBe(history.batches.length);
    copyFileSync(path(), path('intended'));
    await expectNotUsed(history, { lane: 'intended' });
  });

  test('where an entry was edited: then that is told', async () => {
    const history = tale();
    await asked(history);
    const ledger = ledgerOf(history);
    const bytes = Buffer.from(ledger.entries[2] ?? []);
    bytes[bytes.length - 3] = 0x20;
    ledger.entries[2]?.set(bytes);
    const clock = new ManualClock(after(90, history.now));
    await expect(verifyInterval(ledger, { lane: 'applied', clock, history: kept })).rejects.toThrow();
  });

  test('where it was edited, cut, or is something else', async () => {
    const history = tale();
    await asked(history);
    const bytes = readFileSync(path());
    const edits = [
      "UPDATE item SET body = replace(body, 'isolation', 'missing')",
      'DELETE FROM item WHERE at = 2',
      'DROP TABLE list',
      "UPDATE meta SET body = replace(body, '90', '91')",
    ];
    for (const edit of edits) {
      writeFileSync(path(), bytes);
      const database = new DatabaseSync(path());
      database.exec(edit);
      database.close();
      await expectNotUsed(history);
    }
    for (const other of [bytes.subarray(0, 5000), Buffer.alloc(0), Buffer.from('no index')]) {
      writeFileSync(path(), other);
      await expectNotUsed(history);
      expect(readFileSync(path())).toEqual(bytes);
    }
    rmSync(path());
    mkdirSync(path());
    await expectNotUsed(history);
  });

  test('where other accounts can write it', async () => {
    const history = tale();
    await asked(history);
    chmodSync(path(), 0o660);
    await expectNotUsed(history);
    // It was replaced by what is of this account alone.
    expect((await asked(history)).read).toBe(0);
  });

  test('where time has passed since at which something changes by itself', async () => {
    const history = tale();
    const { report } = await asked(history, { now: history.now });
    const limits = report.findings.filter(({ kind }) => kind === 'pending-revocation');
    for (const seconds of [1, 10, 30, 90]) {
      const of = { now: after(seconds, history.now) };
      expect((await asked(history, of)).report, String(limits.length)).toEqual(await askedAnew(history, of));
    }
  });

  test('where the ledger is ahead of the clock, nor is anything kept', async () => {
    const history = tale();
    await expectNotUsed(history, { now: after(-120, history.now) });
    expect(existsSync(path())).toBe(false);
    await asked(history);
    await expectNotUsed(history, { now: after(-120, history.now) });
  });
});

/** The ledger as it was after so many batches, when nothing had come after that. */
function before(history: History, batches: number): History {
  const early = new History();
  early.batches.push(...history.batches.slice(0, batches));
  return early;
}

function metaAt(lane: Lane): unknown {
  const index = historyAt(path(lane));
  const { meta } = index;
  index.close();
  return meta;
}

test('given a ledger that grows in random portions, an index that was brought up to each says the same as one that was made at once', async () => {
  let broughtUp = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      const history = dice.chance(0.6) ? seesawTale(dice).history : randomTale(dice, 5).history;
      const lane = dice.pick<Lane>('applied', 'applied', 'intended', 'observed');
      const now = after(Math.floor(dice.below(90)), history.now);
      rmSync(kept.folder, { recursive: true, force: true });
      const early = history.batches.slice(0, -1).entries();
      for (const [index, { recordedAt }] of early) {
        if (!dice.chance(0.4)) continue;
        const { read } = await asked(before(history, index + 1), { now: recordedAt, lane });
        if (read === 0) broughtUp += 1;
      }
      const question = { now, lane, tenant: 'a', peer: dice.pick('b', 'c', 'a/t', undefined) };
      const answers = await Promise.allSettled([
        asked(history, question).then(({ report }) => report),
        askedAnew(history, question),
      ]);
      expect(answers[0]).toEqual(answers[1]);
      const inPortions = metaAt(lane);
      rmSync(path(lane));
      await asked(history, { now, lane });
      expect(inPortions).toEqual(metaAt(lane));
    }),
    { numRuns: 12 * scale },
  );
  expect(broughtUp).toBeGreaterThan(12);
});

test('given entries and time since, only what came since is judged, and the former index is left where that is void', async () => {
  const history = tale().wait(200);
  await asked(before(history, 20), { now: after(0, history.batches[19]?.recordedAt) });
  expect((await asked(history)).read).toBe(0);
  expect((await asked(history, { now: after(200, history.now) })).read).toBe(0);
  // An entry from before a time that was judged: nothing that followed from time alone is so any more.
  const { read, report } = await asked(history.record(tenant('d')).wait(100).record(tenant('e')));
  expect(report).toEqual(await askedAnew(history));
  expect([0, history.batches.length]).toContain(read);
});

test('given another beginning of the same length, or one of which a part of the engine was edited, nothing goes on from there', async () => {
  const history = tale();
  const early = before(history, 20);
  const at = { now: after(0, early.batches.at(-1)?.recordedAt) };
  await asked(before(tale(4), 20), at);
  expect((await asked(history)).read).toBe(history.batches.length);
  for (const edit of [
    "UPDATE kept SET text = replace(text, '1', '2') WHERE key <> 'engine'",
    "UPDATE kept SET text = replace(text, '1', '2') WHERE key = 'engine'",
    "DELETE FROM kept WHERE key = 'engine'",
    "DELETE FROM kept WHERE key = (SELECT max(key) FROM kept WHERE key <> 'engine')",
  ]) {
    rmSync(path());
    await asked(early, at);
    const database = new DatabaseSync(path());
    database.exec(edit);
    database.close();
    const { read, report } = await asked(history);
    expect(read, edit).toBe(history.batches.length);
    expect(report).toEqual(await askedAnew(history));
  }
});

test('a question about a past that ends keeps nothing, and one that was answered by what is kept leaves it as it is', async () => {
  const history = tale();
  await asked(history, { to: { kind: 'seq', seq: history.seq } });
  expect(existsSync(kept.folder)).toBe(false);
  await asked(history);
  const { mtimeNs } = statSync(path(), { bigint: true });
  expect((await asked(history)).read).toBe(0);
  expect(statSync(path(), { bigint: true }).mtimeNs).toBe(mtimeNs);
});

test('where nothing can be written, the question is answered all the same', async () => {
  const history = tale();
  writeFileSync(kept.folder, 'in the way');
  const { report, read } = await asked(history);
  expect(read).toBe(history.batches.length);
  expect(report).toEqual(await askedAnew(history));
});

test('two who keep the same side by side are both answered, and one file is left', async () => {
  const history = tale();
  const answers = await Promise.all([asked(history), asked(history)]);
  expect(answers.map(({ report }) => report)).toEqual([await askedAnew(history), await askedAnew(history)]);
  expect(readdirSync(kept.folder)).toEqual(['applied.sqlite']);
  expect((await asked(history)).read).toBe(0);
});

test('of a ledger without a batch nothing is kept', async () => {
  const history = tale();
  history.batches.splice(0);
  const { report } = await asked(history);
  expect(report.gaps.length).toBeGreaterThan(0);
  expect(existsSync(path())).toBe(false);
});

test('a name that nobody has is told as it is without anything kept', async () => {
  const history = tale().record(shard('north'), tenant('late'));
  await asked(history);
  const question = { tenant: 'late', to: { kind: 'seq', seq: 3 } } as const;
  const fault = await asked(history, question).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(UnknownEnd);
  expect(fault).toEqual(await askedAnew(history, question).catch((error: unknown) => error));
});

test('whoever is killed at any moment while it is written leaves the former index, or the new one', async () => {
  const history = tale();
  const program = fileURLToPath(new URL('../../support/killed-history-process.ts', import.meta.url));
  await asked(history, { now: history.now });
  const former = readFileSync(path());
  await asked(history);
  const present = readFileSync(path());
  const ended: (string | null)[] = [];
  for (const last of [
    0,
    5,
    2 * history.batches.length - 1,
    2 * history.batches.length,
    2 * history.batches.length + 1,
    999,
  ]) {
    writeFileSync(path(), former);
    const { signal } = spawnSync(process.execPath, [program, kept.folder, String(last)]);
    ended.push(signal);
    expect(
      [former, present].some((bytes) => bytes.equals(readFileSync(path()))),
      String(last),
    ).toBe(true);
  }
  expect(ended).toContain('SIGKILL');
  expect(ended.at(-1)).toBeNull();
  expect((await asked(history)).read).toBe(0);
  writeFileSync(path(), former);
  await asked(history, { now: after(200, history.now) });
  // What those who were killed left there is gone.
  expect(readdirSync(kept.folder)).toEqual(['applied.sqlite']);
});
