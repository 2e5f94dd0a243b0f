import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Engine } from '../../../projections/isolation/engine/engine.ts';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import type { KeptHistory } from '../../../src/verify/history/kept-history.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { when, type WhenReport } from '../../../src/verify/when/when.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, History } from '../isolation/history.ts';
import { ledgerOf } from '../isolation/ledger-of.ts';
import { Dice } from '../isolation/random-estate.ts';
import { seesawTale } from '../isolation/seesaw.ts';
import { carriedOut, objects } from '../isolation/small-estate.ts';
import { randomTale } from '../isolation/tales.ts';
import { acls, routes } from '../isolation/wiring.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

let folder = '';
let kept: KeptHistory;
const path = (lane: Lane = 'applied'): string => join(kept.folder, `${lane}.sqlite`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isoledger-when-'));
  kept = { folder: join(folder, 'history'), engine: 'the engine' };
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly lane?: Lane;
  readonly source?: string;
  readonly target?: string;
  readonly traffic?: string | undefined;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly now?: string;
}

const tale = (seed = 3): History => seesawTale(new Dice(seed)).history;

async function keep(history: History, { lane = 'applied', now = after(90, history.now) }: Asked = {}) {
  await verifyInterval(ledgerOf(history), { lane, clock: new ManualClock(now), history: kept });
}

/** The answer, and how many batches were judged for it. */
async function asked(
  history: History,
  { now = after(90, history.now), lane = 'applied', source = 'a', target = 'b', ...of }: Asked = {},
  by: KeptHistory | undefined = kept,
): Promise<{ readonly report: WhenReport; readonly judged: number }> {
  const follow = vi.spyOn(Engine.prototype, 'follow');
  const clock = new ManualClock(now);
  const report = await when(ledgerOf(history), { ...of, lane, source, target, clock, history: by });
  const judged = follow.mock.calls.length;
  follow.mockRestore();
  return { report, judged };
}

async function askedAnew(history: History, of: Asked = {}): Promise<WhenReport> {
  return (await asked(history, of, { ...kept, folder: join(folder, 'nothing') })).report;
}

test('given what verify kept, nothing is judged for when, and it says the same', async () => {
  const history = tale();
  for (const lane of lanes) {
    await keep(history, { lane });
    for (const [source, target] of [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'a'],
      ['a/s', 'b'],
    ] as const) {
      const of = { lane, source, target };
      const { report, judged } = await asked(history, of);
      expect(judged).toBe(0);
      expect(report).toEqual(await askedAnew(history, of));
    }
  }
  const { report } = await asked(history);
  expect(report.windows.some(({ rules }) => rules.length > 0)).toBe(true);
  expect(report.windows.some(({ witness }) => witness !== null)).toBe(true);
});

test('given random questions, when says by what was kept what following the whole ledger says', async () => {
  const asks: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      const history = dice.chance(0.5) ? seesawTale(dice).history : randomTale(dice, 4).history;
      const now = after(Math.floor(dice.below(90)), history.now);
      const lane = dice.pick<Lane>('applied', 'intended', 'observed');
      rmSync(kept.folder, { recursive: true, force: true });
      const early = history.batches[Math.floor(dice.below(history.batches.length))];
      if (early !== undefined && dice.chance(0.4))
        await keep(before(history, early.last), { now: early.recordedAt, lane });
      await keep(history, { now, lane });
      const instant = (): Instant | undefined =>
        dice.pick(
          undefined,
          { kind: 'seq', seq: Math.floor(dice.below(history.seq + 2)) },
          { kind: 'time', instant: after(Math.floor(dice.below(120)) - 10) },
        );
      const name = (): string => dice.pick('a', 'b', 'c', 'a/s', 'a/t', 'b/s', 'x', 'a', 'b', 'nobody');
      for (let count = 0; count < 8; count += 1) {
        const question = {
          ...{ lane, now: after(Math.floor(dice.below(40)), now), from: instant(), to: instant() },
          ...{ source: name(), target: name() },
          traffic: dice.pick(undefined, undefined, 'tcp/80', 'tcp/443', 'udp/53', 'icmp', 'tcp/1-1000'),
        };
        const [one] = await Promise.allSettled([asked(history, question)]);
        const [other] = await Promise.allSettled([askedAnew(history, question)]);
        if (one.status === 'fulfilled') asks.push(one.value.judged);
        expect(one.status === 'fulfilled' ? one.value.report : one.reason, JSON.stringify(question)).toEqual(
          other.status === 'fulfilled' ? other.value : other.reason,
        );
      }
    }),
    { numRuns: 12 * scale },
  );
  expect(asks.filter((judged) => judged === 0).length).toBeGreaterThan(asks.length / 3);
});

test('where what was kept is of other code or another ledger, was edited or cut, all is judged anew', async () => {
  const history = tale();
  await keep(history);
  const expected = await askedAnew(history);
  const bytes = readFileSync(path());
  const expectAnew = async (by = kept, of = history): Promise<void> => {
    const { report, judged } = await asked(of, {}, by);
    expect(judged).toBe(of.batches.length);
    expect(report).toEqual(of === history ? expected : await askedAnew(of));
  };
  await expectAnew({ ...kept, engine: 'other code' });
  await expectAnew(kept, tale(4));
  for (const edit of [
    "UPDATE item SET body = replace(body, 'authorised', 'isolation')",
    `DELETE FROM item WHERE list = (SELECT id FROM list WHERE name = 'passing a/s b/s')
      AND at = (SELECT max(at) FROM item WHERE list = (SELECT id FROM list WHERE name = 'passing a/s b/s'))`,
    "DELETE FROM item WHERE list IN (SELECT id FROM list WHERE name LIKE 'policy %')",
    "DELETE FROM list WHERE name LIKE 'passing-by %'",
  ]) {
    writeFileSync(path(), bytes);
    const database = new DatabaseSync(path());
    database.exec(edit);
    database.close();
    expect(readFileSync(path()).equals(bytes), edit).toBe(false);
    await expectAnew();
  }
  writeFileSync(path(), bytes.subarray(0, 9000));
  await expectAnew();
  rmSync(path());
  await expectAnew();
  // The answer of when is of some pairs only: nothing is kept of it.
  expect(existsSync(path())).toBe(false);
});

test('where an entry was edited, when says so; and of a ledger that is ahead of the clock it judges anew', async () => {
  const history = tale();
  await keep(history);
  const early = { now: after(-120, history.now) };
  expect((await asked(history, early)).report).toEqual(await askedAnew(history, early));
  const ledger = ledgerOf(history);
  const bytes = Buffer.from(ledger.entries[2] ?? []);
  bytes[bytes.length - 3] = 0x20;
  ledger.entries[2]?.set(bytes);
  const clock = new ManualClock(after(90, history.now));
  const question = { lane: 'applied', source: 'a', target: 'b', clock, history: kept } as const;
  await expect(when(ledger, question)).rejects.toThrow();
});

test('entries that came since are all that is judged', async () => {
  const history = tale();
  const batch = history.batches.at(-4);
  await keep(before(history, batch?.last ?? -1), { now: batch?.recordedAt ?? '' });
  const { report, judged } = await asked(history);
  expect(judged).toBe(3);
  expect(report).toEqual(await askedAnew(history));
  expect((await asked(history)).judged).toBe(0);
});

test('given traffic of which no evidence is kept, when judges anew, and says the same', async () => {
  const leak = [
    ...objects,
    ...routes(1, 3),
    ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 25]] }),
  ];
  const history = carriedOut().wait(10).plan(leak).wait(10).acknowledge(['hv-1', 'hv-2']).wait(10);
  await keep(history);
  for (const [traffic, isKept] of [
    [undefined, true],
    ['tcp/22', true],
    ['tcp/20-22', true],
    ['udp', true],
    ['tcp/24', false],
  ] as const) {
    const of = { target: 'c', traffic };
    const { report, judged } = await asked(history, of);
    expect(report).toEqual(await askedAnew(history, of));
    expect(judged, traffic).toBe(isKept ? 0 : history.batches.length);
  }
});

/** The ledger as it was up to an entry. */
function before(history: History, last: number): History {
  const early = new History();
  early.batches.push(...history.batches.filter((batch) => batch.last <= last));
  return early;
}
