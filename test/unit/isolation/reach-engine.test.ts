import fc from 'fast-check';
import { expect, test } from 'vitest';
import { everything } from '../../../projections/isolation/header-sets/traffic.ts';
import { PortHolders } from '../../../projections/isolation/history/port-holders.ts';
import { allPairs, only } from '../../../projections/isolation/judging/contacts.ts';
import { tenantOf } from '../../../events/names.ts';
import { parseTraffic } from '../../../src/verify/explain/asked.ts';
import { intervalOf } from '../../../src/verify/interval.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import type { Passed, PassedQuestion } from '../../../src/verify/when/passed.ts';
import { ReachEngine } from '../../../src/verify/when/reach-engine.ts';
import { ReachWalk } from '../../../src/verify/when/reach-walk.ts';
import { when } from '../../../src/verify/when/when.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { endpoint, endpoints } from './documents.ts';
import { after, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { Dice } from './random-estate.ts';
import { seesawTale } from './seesaw.ts';
import { carriedOut } from './small-estate.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

/** Sometimes two ends, sometimes two tenants with all their segments, sometimes everybody. */
function randomPairs(dice: Dice): PassedQuestion['wanted'] {
  const kind = dice.pick('ends', 'ends', 'tenants', 'all');
  if (kind === 'all') return allPairs;
  if (kind === 'ends')
    return only([
      // Ports go from `a` to `c` most of all, with what was granted there.
      {
        from: dice.pick('c/s', 'c/s', 'a/s', 'b/s', 'x'),
        to: dice.pick('b/s', 'b/s', 'a/s', 'a/t', 'c/s', 'y'),
      },
    ]);
  const [source, target] = [dice.pick('a', 'b', 'c'), dice.pick('a', 'b', 'c')];
  return {
    end: (end) => [source, target].includes(tenantOf(end) ?? ''),
    pair: ({ from, to }) => tenantOf(from) === source && tenantOf(to) === target,
  };
}

async function randomQuestion(history: History, dice: Dice): Promise<PassedQuestion> {
  const lane = dice.pick('applied', 'observed', 'observed', 'intended');
  const instantIn = (): Instant => {
    const batch = history.batches[Math.floor(dice.below(history.batches.length))];
    if (batch !== undefined && dice.chance(0.4)) return { kind: 'seq', seq: batch.last };
    return { kind: 'time', instant: after(Math.floor(dice.below(100)) - 5, batch?.recordedAt) };
  };
  const clock = new ManualClock(after(dice.below(20), history.now));
  const whole = await intervalOf(ledgerOf(history), { lane }, clock);
  const [from, to] = [dice.chance(0.7) ? instantIn() : undefined, dice.chance(0.6) ? instantIn() : undefined];
  const interval = await intervalOf(ledgerOf(history), { lane, from, to }, clock).catch(() => whole);
  return {
    lane,
    interval,
    known: interval.known,
    wanted: randomPairs(dice),
    traffic: dice.chance(0.5) ? everything : parseTraffic(dice.pick('tcp/10', 'tcp/0-19', 'icmp', '253')),
  };
}

/** In the order of nothing but themselves. */
function told({ windows, gaps, reach }: Passed): unknown {
  const texts = windows.map(({ rules, ...window }) => JSON.stringify({ ...window, rules: [...rules] }));
  return { windows: texts.sort(), gaps, reach };
}

async function expectAsWalked(history: History, dice: Dice): Promise<void> {
  const question = await randomQuestion(history, dice);
  const holders = new PortHolders();
  for (const batch of history.batches) holders.follow(batch);
  const [engine, walk] = [new ReachEngine(question, holders), new ReachWalk(question)].map((judge) => {
    for (const batch of history.batches) if (batch.last <= question.interval.to.seq) judge.follow(batch);
    return judge.answer();
  });
  expect(engine && told(engine), JSON.stringify(question.interval)).toEqual(walk && told(walk));
}

test('given random histories and intervals, the engine tells the windows that looking at every instant tells', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      await expectAsWalked(randomTale(dice, Math.floor(dice.below(6))).history, dice);
    }),
    { numRuns: 30 * scale },
  );
});

test("given a port that changed hands, what its new holder has of the former one's grant is pending, and then late", async () => {
  const history = carriedOut()
    .wait(10)
    .record(
      endpoints('a', [], ['a1']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })]),
    )
    .wait(100);
  const clock = new ManualClock(history.now);
  const { windows } = await when(ledgerOf(history), { lane: 'applied', source: 'c', target: 'b', clock });
  expect(windows.map(({ standing, since, until }) => [standing, since, until])).toEqual([
    ['pending-revocation', after(10), after(70)],
    ['isolation', after(70), null],
  ]);
});

test('given grants that come and go, the engine tells the windows that looking at every instant tells', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed);
      await expectAsWalked(seesawTale(dice).history, dice);
    }),
    { numRuns: 30 * scale },
  );
});
