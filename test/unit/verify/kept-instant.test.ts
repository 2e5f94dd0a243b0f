import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { IsolationState } from '../../../projections/isolation/state.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { connections } from '../../../src/verify/connections.ts';
import type { KeptHistory } from '../../../src/verify/history/kept-history.ts';
import { verifyAt, verifyInterval } from '../../../src/verify/verify-interval.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, type History } from '../isolation/history.ts';
import { ledgerOf } from '../isolation/ledger-of.ts';
import { Dice } from '../isolation/random-estate.ts';
import { seesawTale } from '../isolation/seesaw.ts';
import { randomTale } from '../isolation/tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

let folder = '';
let kept: KeptHistory;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isoledger-instant-'));
  kept = { folder: join(folder, 'history'), engine: 'the engine' };
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly lane: Lane;
  readonly at: Instant;
  readonly now: string;
  readonly tenant?: string | undefined;
  readonly peer?: string | undefined;
}

async function keep(history: History, { lane, now }: Pick<Asked, 'lane' | 'now'>): Promise<void> {
  await verifyInterval(ledgerOf(history), { lane, clock: new ManualClock(now), history: kept });
}

/** The answer as text, and how many batches were folded for it. */
async function asked(
  history: History,
  { now, ...of }: Asked,
): Promise<{ readonly text: string; readonly folded: number }> {
  const follow = vi.spyOn(IsolationState.prototype, 'follow');
  const question = { ...of, clock: new ManualClock(now), history: kept };
  try {
    const text = JSON.stringify(await verifyAt(ledgerOf(history), question));
    return { text, folded: follow.mock.calls.length };
  } finally {
    follow.mockRestore();
  }
}

async function askedAnew(history: History, { now, ...of }: Asked): Promise<Report> {
  return verify(ledgerOf(history), { ...of, clock: new ManualClock(now) });
}

test('given random instants, verify and connections say by what was kept what judging the state of then says, byte by byte', async () => {
  const folds: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      const tale = dice.chance(0.5) ? seesawTale(dice).history : randomTale(dice, 4).history;
      const now = after(Math.floor(dice.below(90)), tale.now);
      const lane = dice.pick<Lane>(...lanes);
      rmSync(kept.folder, { recursive: true, force: true });
      await keep(tale, { lane, now });
      const instant = (): Instant =>
        dice.pick(
          { kind: 'now' },
          { kind: 'seq', seq: Math.floor(dice.below(tale.seq + 2)) },
          { kind: 'time', instant: after(Math.floor(dice.below(120)) - 10) },
        );
      const name = (): string | undefined => dice.pick('a', 'b', 'c', 'a/s', 'x', 'nobody', undefined);
      for (let count = 0; count < 6; count += 1) {
        const of = { lane, at: instant(), from: name(), to: name() };
        const clock = new ManualClock(after(Math.floor(dice.below(40)), now));
        const listed = (history?: KeptHistory): Promise<string> =>
          connections(ledgerOf(tale), { ...of, clock, history }).then((answer) => JSON.stringify(answer));
        const answers = await Promise.allSettled([listed(kept), listed()]);
        expect(answers[0], JSON.stringify(of)).toEqual(answers[1]);
        const tenant = name();
        const question = {
          ...{ lane, now: after(Math.floor(dice.below(40)), now), at: instant() },
          ...{ tenant, peer: tenant === undefined ? undefined : name() },
        };
        const [one] = await Promise.allSettled([asked(tale, question)]);
        const [other] = await Promise.allSettled([askedAnew(tale, question)]);
        if (one.status === 'fulfilled') folds.push(one.value.folded);
        expect(one.status === 'fulfilled' ? one.value.text : one.reason, JSON.stringify(question)).toEqual(
          other.status === 'fulfilled' ? JSON.stringify(other.value) : other.reason,
        );
      }
    }),
    { numRuns: 15 * scale },
  );
  expect(folds.filter((folded) => folded === 0).length).toBeGreaterThan(folds.length / 2);
});

test('where what was kept was edited, or an entry, the state is judged anew, or the fault told', async () => {
  const { history } = seesawTale(new Dice(3));
  const of = {
    lane: 'applied',
    at: { kind: 'seq', seq: history.seq - 3 },
    now: after(90, history.now),
  } as const;
  await keep(history, of);
  expect((await asked(history, of)).folded).toBe(0);
  const database = new DatabaseSync(join(kept.folder, 'applied.sqlite'));
  database.exec("UPDATE item SET body = body || ' '");
  database.close();
  const { text, folded } = await asked(history, of);
  expect(folded).toBeGreaterThan(0);
  expect(text).toBe(JSON.stringify(await askedAnew(history, of)));
  rmSync(kept.folder, { recursive: true });
  await keep(history, of);
  const ledger = ledgerOf(history);
  const bytes = Buffer.from(ledger.entries[2] ?? []);
  bytes[bytes.length - 3] = 0x20;
  ledger.entries[2]?.set(bytes);
  const { lane, at } = of;
  await expect(
    verifyAt(ledger, { lane, at, clock: new ManualClock(of.now), history: kept }),
  ).rejects.toThrow();
});

test('whoever hears of each batch hears of each, also where none is read for the answer', async () => {
  const { history } = seesawTale(new Dice(3));
  const of = { lane: 'applied', at: { kind: 'now' } } as const;
  const now = after(90, history.now);
  await keep(history, { ...of, now });
  let heard = 0;
  const question = { ...of, clock: new ManualClock(now), history: kept };
  await verifyAt(ledgerOf(history), { ...question, onBatch: () => void (heard += 1) });
  expect(heard).toBe(history.batches.length);
});

test('connections folds nothing where what verify kept of its lane is at hand', async () => {
  const { history } = seesawTale(new Dice(3));
  const now = after(90, history.now);
  const question = { at: { kind: 'now' }, clock: new ManualClock(now), history: kept } as const;
  await keep(history, { lane: 'applied', now });
  const follow = vi.spyOn(IsolationState.prototype, 'follow');
  const { connections: rows } = await connections(ledgerOf(history), { ...question, lane: 'applied' });
  expect(rows.length).toBeGreaterThan(0);
  expect(follow).not.toHaveBeenCalled();
  await connections(ledgerOf(history), { ...question, lane: 'observed' });
  expect(follow).toHaveBeenCalledTimes(history.batches.length);
  follow.mockRestore();
});
