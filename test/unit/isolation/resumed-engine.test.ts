import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine, type Stop } from '../../../projections/isolation/engine/engine.ts';
import { digestOfKept } from '../../../projections/isolation/engine/kept.ts';
import type { IsJudged } from '../../../projections/isolation/engine/step.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { after, start, type History } from './history.ts';
import { Dice } from './random-estate.ts';
import { seesawTale } from './seesaw.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);
const lanes = ['applied', 'intended'] as const;
const ends = ['a/s', 'a/t', 'b/s', 'b/t', 'c/s', 'x', 'y'];

/** All that passes, with what it rests on. */
function passing(engine: Engine, pair: { readonly from: string; readonly to: string }): unknown {
  return engine.passing(pair).map(({ consentsTo, evidenceOf, ...told }) => ({
    ...told,
    consents: consentsTo(told.traffic),
    evidence: evidenceOf(told.traffic),
  }));
}

/** An engine, what it told at its last stops, and what it handed out so far. */
class Followed {
  readonly engine: Engine;
  readonly kept: Map<string, string>;
  #stops: unknown[] = [];

  constructor(make: (look: (stop: Stop) => void) => Engine, kept = new Map<string, string>()) {
    this.kept = kept;
    this.engine = make((stop) => {
      this.#stops.push(this.#told(stop));
    });
  }

  /** All that may be asked of it, and the stops since this was asked last. */
  told(): unknown {
    const stops = this.#stops;
    this.#stops = [];
    const { engine } = this;
    const pairs = ends.flatMap((from) => ends.map((to) => ({ from, to })));
    return {
      stops,
      next: engine.next,
      gaps: engine.gaps(),
      records: structuredClone([...engine.records]),
      reached: pairs.filter((pair) => engine.reaches(pair)),
    };
  }

  keep(): void {
    for (const [key, text] of this.engine.takeKept()) {
      expect(text, key).not.toBe(this.kept.get(key) ?? null);
      if (text === null) this.kept.delete(key);
      else this.kept.set(key, text);
    }
  }

  #told({ instant, cause, judged, changed }: Stop): unknown {
    const pairs = [...judged];
    return {
      instant,
      cause,
      judged: pairs,
      changed: structuredClone(changed),
      passing: pairs.slice(0, 5).map((pair) => passing(this.engine, pair)),
    };
  }
}

interface Cuts {
  readonly lane: Lane;
  readonly dice: Dice;
  readonly isJudged?: IsJudged | undefined;
}

/**
 * Follows a history with one engine that is asked now and then what is to be kept, and with others that go on from there and do
 * the same. At every batch, and at every second between, all of them must tell the same.
 */
function expectResumed(history: History, { lane, dice, isJudged }: Cuts): void {
  const whole = new Followed((look) => new Engine(lane, look, isJudged));
  const unasked = new Followed((look) => new Engine(lane, look, isJudged));
  const resumed: Followed[] = [];
  const cut = (index: number): void => {
    const from = dice.pick(whole, ...resumed);
    from.keep();
    const kept = new Map([...from.kept].reverse());
    const state = history.stateAfter(index);
    resumed.push(
      new Followed((look) => Engine.resumed(lane, look, { state, kept, isJudged }), new Map(kept)),
    );
    if (resumed.length > 3) resumed.shift();
  };
  const each = (act: (engine: Engine) => void): void => {
    for (const { engine } of [unasked, whole, ...resumed]) act(engine);
  };
  const compare = (index: number): void => {
    const expected = whole.told();
    for (const other of resumed) expect(other.told()).toEqual(expected);
    if (dice.chance(0.2)) whole.keep();
    if (dice.chance(0.2)) cut(index);
  };
  let time = start;
  const passTime = (until: string, index: number): void => {
    for (; time < until; time = after(1, time)) {
      each((engine) => {
        engine.passTime(time, { including: true });
      });
      if (dice.chance(0.3)) compare(index);
    }
  };
  for (const [index, batch] of history.batches.entries()) {
    passTime(batch.recordedAt, index - 1);
    each((engine) => {
      engine.follow(batch);
    });
    compare(index);
    time = after(1, batch.recordedAt);
  }
  passTime(after(70, history.now), history.batches.length - 1);
  for (const one of [unasked, whole, ...resumed]) one.keep();
  for (const { kept } of resumed) expect(new Map([...kept].sort())).toEqual(new Map([...whole.kept].sort()));
  for (const { kept } of [unasked, ...resumed]) expect(digestOfKept(kept)).toBe(digestOfKept(whole.kept));
}

test.for(lanes)(
  'given random histories, cut anywhere, an engine goes on on the %s lane as if it had never stopped',
  (lane) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
        const { history } = randomTale(dice, 2 + Math.floor(dice.below(8)));
        expectResumed(history, { lane, dice });
      }),
      { numRuns: 25 * scale },
    );
  },
);

test('given grants that come and go, an engine goes on as if it had never stopped', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed);
      expectResumed(seesawTale(dice).history, { lane: 'applied', dice });
    }),
    { numRuns: 25 * scale },
  );
});
