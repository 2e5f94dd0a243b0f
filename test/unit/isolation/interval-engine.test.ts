import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IntervalEngine } from '../../../projections/isolation/history/interval-engine.ts';
import { IntervalScan } from '../../../projections/isolation/history/interval-scan.ts';
import type { IntervalAnswer, IntervalQuestion } from '../../../projections/isolation/history/interval.ts';
import type { Cause } from '../../../projections/isolation/history/timeline.ts';
import { WindowSearch } from '../../../projections/isolation/history/window-search.ts';
import { allPairs, only } from '../../../projections/isolation/judging/contacts.ts';
import { findingKey } from '../../../projections/isolation/judging/findings.ts';
import { edgesOf } from '../../../projections/isolation/judging/recorded.ts';
import { intervalOf } from '../../../src/verify/interval.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { Dice } from './random-estate.ts';
import { seesawTale } from './seesaw.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

async function randomQuestion(history: History, dice: Dice): Promise<IntervalQuestion> {
  const lane = dice.pick('applied', 'observed', 'observed', 'intended');
  const instantIn = (): Instant => {
    const batch = history.batches[Math.floor(dice.below(history.batches.length))];
    if (batch !== undefined && dice.chance(0.4)) return { kind: 'seq', seq: batch.last };
    return { kind: 'time', instant: after(Math.floor(dice.below(100)), batch?.recordedAt) };
  };
  const to: Instant | undefined = dice.chance(0.4) ? undefined : instantIn();
  const clock = new ManualClock(after(dice.below(20), history.now));
  const interval = await intervalOf(ledgerOf(history), { lane, to }, clock).then(async (whole) => {
    const from = instantIn();
    const time = from.kind === 'time' ? from.instant : '';
    if (time >= whole.to.time || (from.kind === 'seq' && from.seq > whole.to.seq)) return whole;
    return intervalOf(ledgerOf(history), { lane, from, to }, clock);
  });
  const pair = { from: dice.pick('a/s', 'b/s', 'x'), to: dice.pick('a/s', 'a/t', 'b/s', 'c/s', 'y') };
  const there = only([pair]);
  const isOne = dice.chance(0.4);
  return {
    lane,
    interval,
    known: interval.known,
    wanted: isOne ? there : allPairs,
    reach: isOne ? { there, back: only([{ from: pair.to, to: pair.from }]) } : undefined,
  };
}

function answerOf(
  judge: IntervalEngine | IntervalScan,
  history: History,
  question: IntervalQuestion,
): IntervalAnswer {
  for (const batch of history.batches) if (batch.last <= question.interval.to.seq) judge.follow(batch);
  // Whoever keeps what it came to takes it from the engine itself.
  if (judge instanceof IntervalEngine) expect(judge.engine.state).toBe(judge.state);
  return judge.answer();
}

/** Adds the causes of what had begun before, as the search for them comes to them. */
function withOpenings(
  { windows, ...answer }: IntervalAnswer,
  history: History,
  question: IntervalQuestion,
): IntervalAnswer {
  const searched = ({ item, openedBy: { toldAt } }: IntervalAnswer['windows'][number]): Cause | undefined => {
    const search = new WindowSearch([item], question.lane);
    for (const batch of history.batches) if (batch.last <= toldAt.seq) search.follow(batch);
    return search.openingsAt(toldAt.time).get(findingKey(item));
  };
  return {
    windows: windows.map((window) => ({
      ...window,
      openedBy: { ...window.openedBy, cause: window.openedBy.cause ?? searched(window) },
    })),
    ...answer,
  };
}

async function expectAsScanned(history: History, dice: Dice): Promise<void> {
  const question = await randomQuestion(history, dice);
  const scanned = answerOf(new IntervalScan(question), history, question);
  expect(
    answerOf(new IntervalEngine(question), history, question),
    JSON.stringify(question.interval),
  ).toEqual(withOpenings(scanned, history, question));
  expect(edgesOf(question.known).length).toBeGreaterThan(0);
}

test('given random histories and intervals, the engine tells the windows, gaps and reach that judging everything tells', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      await expectAsScanned(randomTale(dice, Math.floor(dice.below(6))).history, dice);
    }),
    { numRuns: 25 * scale },
  );
});

test('given grants that come and go, the engine tells the windows that judging everything tells', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed);
      await expectAsScanned(seesawTale(dice, dice.chance(0.5) ? new Dice(-seed) : undefined).history, dice);
    }),
    { numRuns: 25 * scale },
  );
});
