import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine, findingsFor } from '../../../projections/isolation/engine/engine.ts';
import { digestOfKept } from '../../../projections/isolation/engine/kept.ts';
import type { IsJudged } from '../../../projections/isolation/engine/step.ts';
import { PortHolders } from '../../../projections/isolation/history/port-holders.ts';
import { only, type Wanted } from '../../../projections/isolation/judging/contacts.ts';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { expectEqual } from '../../support/expect-equal.ts';
import { FollowedEngine } from './followed-engine.ts';
import { after, start, type History } from './history.ts';
import { Dice } from './random-estate.ts';
import { seesawTale } from './seesaw.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

interface Cuts {
  readonly lane: Lane;
  readonly dice: Dice;
  readonly isJudged?: IsJudged | undefined;
}

/**
 * Follows a history with one engine that is asked now and then what is to be kept, with others that go on from there, and with one that
 * is never asked before the end. At every batch, and at seconds between, all of them must tell the same.
 */
function expectToGoOn(history: History, { lane, dice, isJudged }: Cuts): void {
  const [whole, unasked] = [0, 1].map(() => new FollowedEngine((look) => new Engine(lane, look, isJudged)));
  if (whole === undefined || unasked === undefined) return;
  const resumed: FollowedEngine[] = [];
  const cut = (index: number): void => {
    const from = dice.pick(whole, ...resumed);
    from.keep();
    // In whatever order they are read.
    const kept = [...from.kept].reverse();
    const state = history.stateAfter(index, undefined, lane);
    const one = new FollowedEngine((look) => Engine.resumed(lane, look, { state, kept, isJudged }), kept);
    expectEqual(one.told(), whole.told());
    resumed.push(one);
    if (resumed.length > 3) resumed.shift();
  };
  const compare = (index: number): void => {
    const expected = whole.told();
    for (const other of [unasked, ...resumed]) expectEqual(other.told(), expected);
    if (dice.chance(0.2)) whole.keep();
    if (dice.chance(0.2)) cut(index);
  };
  inStep(history, {
    engines: () => [whole, unasked, ...resumed].map(({ engine }) => engine),
    onBatch: compare,
    onSecond: (index) => {
      if (dice.chance(0.3)) compare(index);
    },
  });
  for (const one of [whole, unasked, ...resumed]) one.keep();
  for (const { kept } of [unasked, ...resumed]) {
    expect(new Map([...kept].sort())).toEqual(new Map([...whole.kept].sort()));
    expect(digestOfKept(kept)).toBe(digestOfKept(whole.kept));
  }
}

interface InStep {
  readonly engines: () => readonly Engine[];
  /** Hear of each batch, and of each whole second between, by the index of the last batch. */
  readonly onBatch: (index: number) => void;
  readonly onSecond: (index: number) => void;
}

function inStep(history: History, { engines, onBatch, onSecond }: InStep): void {
  let time = start;
  const passTime = (until: string, index: number): void => {
    for (; time < until; time = after(1, time)) {
      for (const engine of engines()) engine.passTime(time, { including: true });
      onSecond(index);
    }
  };
  for (const [index, batch] of history.batches.entries()) {
    passTime(batch.recordedAt, index - 1);
    for (const engine of engines()) engine.follow(batch);
    onBatch(index);
    time = after(1, batch.recordedAt);
  }
  passTime(after(70, history.now), history.batches.length - 1);
}

/** A question about one pair, and the pairs that it has judged. */
function askedAbout(history: History, dice: Dice): { readonly wanted: Wanted; readonly isJudged: IsJudged } {
  const holders = new PortHolders();
  for (const batch of history.batches) holders.follow(batch);
  const pair = { from: dice.pick('a/s', 'b/s', 'x'), to: dice.pick('a/s', 'b/s', 'b/t', 'c/s') };
  const wanted = only([pair]);
  return { wanted, isJudged: holders.pairsWith(wanted) };
}

test.for(lanes)(
  'given random histories, cut anywhere, an engine goes on in the %s lane as if it had never stopped',
  (lane) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
        const { history } = randomTale(dice, 2 + Math.floor(dice.below(8)));
        const isJudged = dice.chance(0.2) ? askedAbout(history, dice).isJudged : undefined;
        expectToGoOn(history, { lane, dice, isJudged });
      }),
      { numRuns: 15 * scale },
    );
  },
);

test('given grants that come and go, an engine goes on as if it had never stopped', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed);
      expectToGoOn(seesawTale(dice).history, { lane: 'applied', dice });
    }),
    { numRuns: 25 * scale },
  );
});

test('given what was kept of all pairs, an engine that judges some goes on with these as one that judges all', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed);
      const { history } = dice.chance(0.5) ? seesawTale(dice) : randomTale(dice, 4);
      const { wanted, isJudged } = askedAbout(history, dice);
      const whole = new FollowedEngine((look) => new Engine('applied', look));
      const engines = [whole.engine];
      // Of the other pairs it knows what they have to do with this one: theirs with third ones are none of it.
      const tell = (engine: Engine): unknown =>
        Array.from(engine.records, (record) => findingsFor(record, wanted.pair)).flat();
      const compare = (): void => {
        const [expected, ...told] = engines.map(tell);
        for (const one of told) expectEqual(one, expected);
      };
      inStep(history, {
        engines: () => engines,
        onBatch: (index) => {
          compare();
          if (!dice.chance(0.2)) return;
          whole.keep();
          const from = { state: history.stateAfter(index), kept: whole.kept, isJudged };
          engines.push(Engine.resumed('applied', () => undefined, from));
        },
        onSecond: compare,
      });
    }),
    { numRuns: 10 * scale, examples: [[-2_147_483_643]] },
  );
});
