import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lanes } from '../../../projections/isolation/judging/lanes.ts';
import { diff } from '../../../src/verify/diff/diff.ts';
import { diffByHistory } from '../../../src/verify/diff/diff-by-history.ts';
import type { Difference } from '../../../src/verify/diff/difference.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, start, type History } from '../isolation/history.ts';
import { ledgerOf } from '../isolation/ledger-of.ts';
import { Dice } from '../isolation/random-estate.ts';
import { seesawTale } from '../isolation/seesaw.ts';
import { randomTale } from '../isolation/tales.ts';
import { buildHistory } from './history-of.ts';
import { slowCauses } from './slow-causes.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

/** An entry, or a time from the first entry on, at the end of a batch or between whole seconds. */
function randomInstant(history: History, dice: Dice): Instant {
  const [first = { last: 0 }, ...others] = history.batches;
  if (dice.chance(0.5)) return { kind: 'seq', seq: dice.pick(first, ...others).last };
  const span = (Date.parse(history.now) - Date.parse(start)) / 1000;
  return { kind: 'time', instant: after(Math.floor(dice.below(span) * 2) / 2) };
}

test('given random histories and instants, the causes are those that looking at everything after every step finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed);
      const tale = dice.chance(0.5) ? randomTale(dice, 1 + Math.floor(dice.below(5))) : seesawTale(dice);
      const { history } = tale;
      const [lane, ...others] = lanes;

      const asked = {
        from: randomInstant(history, dice),
        to: randomInstant(history, dice),
        lane: dice.pick(lane, ...others),
        clock: new ManualClock(history.now),
      };
      const answer = await diff(ledgerOf(history), asked);
      expect(causesOf(answer)).toEqual(expectedOf(answer, history));
    }),
    { numRuns: 80 * scale },
  );
});

test('given random histories and instants, the answer by what is kept is the one by folding the ledger, and reads entries of causes alone', async () => {
  const folder = temporaryFolder();
  let [asked, reread] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed);
      const tale = dice.chance(0.5) ? randomTale(dice, 1 + Math.floor(dice.below(5))) : seesawTale(dice);
      const { history } = tale;
      const now = after(Math.floor(dice.below(60)), history.now);
      const kept = { folder: join(folder, String(seed)), engine: 'the engine' };
      for (const lane of lanes)
        await buildHistory(ledgerOf(history), { path: join(kept.folder, `${lane}.sqlite`), lane, now });
      for (let count = 0; count < 4; count += 1) {
        const [lane, ...others] = lanes;
        const question = {
          from: randomInstant(history, dice),
          to: dice.chance(0.3) ? ({ kind: 'now' } as const) : randomInstant(history, dice),
          lane: dice.pick(lane, ...others),
          clock: new ManualClock(after(Math.floor(dice.below(20)), now)),
        };
        const expected = await diff(ledgerOf(history), question);
        const answer = await diff(ledgerOf(history), { ...question, history: kept });
        expect(answer).toEqual(expected);
        const byIndex = await diffByHistory(ledgerOf(history), { ...question, history: kept });
        asked += 1;
        if (byIndex === undefined) reread += 1;
      }
    }),
    { numRuns: 24 * scale },
  );
  // Where time brought something since, the index cannot say.
  expect(reread).toBeLessThan(asked / 2);
});

/** Of the pairs that differ: of others no cause is told. */
function expectedOf({ from, to, lane, gained, lost }: Difference, history: History): unknown[] {
  const pairs = new Set([...gained, ...lost].map((row) => `${row.from} ${row.to}`));
  const isAsked = (row: { from: string; to: string }): boolean => pairs.has(`${row.from} ${row.to}`);
  const isInOrder = from.seq === to.seq ? from.time <= to.time : from.seq < to.seq;
  const ends = isInOrder ? { from, to } : { from: to, to: from };
  return slowCauses(history.batches, { ...ends, lane }).flatMap(({ gained: came, lost: went, ...cause }) => {
    const rows = [came.filter(isAsked), went.filter(isAsked)];
    return rows.flat().length === 0 ? [] : [{ ...cause, rows }];
  });
}

function causesOf({ batches }: Difference): unknown[] {
  return batches.map((cause) => ({
    time: cause.time,
    last: cause.kind === 'batch' ? cause.last : undefined,
    lane: cause.lane,
    rules: cause.kind === 'batch' ? 0 : cause.rules.length,
    rows: [cause.gained, cause.lost],
  }));
}
