import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IntervalEngine } from '../../../projections/isolation/history/interval-engine.ts';
import type { IntervalAnswer } from '../../../projections/isolation/history/interval.ts';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { filterByName } from '../../../src/verify/ends.ts';
import { HistoryWalk, type HistoryQuestion } from '../../../src/verify/history/history-walk.ts';
import { intervalOf } from '../../../src/verify/interval.ts';
import { bothWays, wantedBy } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, type History } from '../isolation/history.ts';
import { ledgerOf } from '../isolation/ledger-of.ts';
import { Dice } from '../isolation/random-estate.ts';
import { seesawTale } from '../isolation/seesaw.ts';
import { randomTale } from '../isolation/tales.ts';
import { buildHistory, historyAt } from './history-of.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isoledger-history-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function randomNames(dice: Dice): [string | undefined, string | undefined] {
  const name = (): string => dice.pick('a', 'b', 'c', 'a/s', 'a/t', 'b/s', 'c/s', 'x', 'y');
  const kind = dice.pick('all', 'one', 'two', 'two');
  if (kind === 'all') return [undefined, undefined];
  return [name(), kind === 'one' ? undefined : name()];
}

async function randomQuestion(
  history: History,
  dice: Dice,
  { lane, now }: { lane: Lane; now: string },
): Promise<HistoryQuestion> {
  const instantIn = (): Instant => {
    const batch = history.batches[Math.floor(dice.below(history.batches.length))];
    if (batch !== undefined && dice.chance(0.4)) return { kind: 'seq', seq: batch.last };
    return { kind: 'time', instant: after(Math.floor(dice.below(60)) - 5, batch?.recordedAt) };
  };
  const clock = new ManualClock(now);
  const whole = await intervalOf(ledgerOf(history), { lane }, clock);
  const [from, to] = [dice.chance(0.7) ? instantIn() : undefined, dice.chance(0.6) ? instantIn() : undefined];
  const interval = await intervalOf(ledgerOf(history), { lane, from, to }, clock).catch(() => whole);
  const [tenant, peer] = randomNames(dice);
  const ends = { isTenant: filterByName(tenant), isPeer: filterByName(peer) };
  return {
    lane,
    interval,
    known: interval.known,
    wanted: wantedBy({ lane, tenant, peer }, ends),
    reach: tenant === undefined || peer === undefined ? undefined : bothWays(ends),
    names: [tenant, peer],
  };
}

function engineAnswer(history: History, question: HistoryQuestion): IntervalAnswer {
  const judge = new IntervalEngine(question);
  for (const batch of history.batches) if (batch.last <= question.interval.to.seq) judge.follow(batch);
  return judge.answer();
}

async function expectAsJudged(history: History, dice: Dice): Promise<void> {
  const now = after(Math.floor(dice.below(90)), history.now);
  for (const lane of lanes) {
    const path = join(folder, `${lane}.sqlite`);
    await buildHistory(ledgerOf(history), { path, lane, now });
    const index = historyAt(path);
    for (let count = 0; count < 6; count += 1) {
      const question = await randomQuestion(history, dice, { lane, now });
      if (question.interval.to.time > index.meta.passed) continue;
      expect(
        new HistoryWalk(index, question).answer(),
        JSON.stringify([lane, question.names, question.interval]),
      ).toEqual(engineAnswer(history, question));
    }
    index.close();
  }
}

test('given random histories, intervals and ends, the index answers what following the whole ledger answers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      await expectAsJudged(randomTale(dice, Math.floor(dice.below(6))).history, dice);
    }),
    { numRuns: 15 * scale },
  );
});

test('given grants that come and go, the index answers what following the whole ledger answers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed);
      await expectAsJudged(seesawTale(dice).history, dice);
    }),
    { numRuns: 15 * scale },
  );
});
