import { expect } from 'vitest';
import type { Engine, Stop } from '../../../projections/isolation/engine/engine.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';

const ends = ['a/s', 'a/t', 'b/s', 'b/t', 'c/s', 'x', 'y'];
const pairs = ends.flatMap((from) => ends.map((to) => ({ from, to })));

/** An engine, what it tells, and all that it handed out so far. */
export class FollowedEngine {
  readonly engine: Engine;
  readonly kept: Map<string, string>;
  #stops: unknown[] = [];

  constructor(make: (look: (stop: Stop) => void) => Engine, kept: Iterable<readonly [string, string]> = []) {
    this.kept = new Map(kept);
    this.engine = make((stop) => {
      this.#stops.push(this.#stopAsTold(stop));
    });
  }

  /** All that may be asked of it, and its stops since this was asked last. */
  told(): { readonly stops: readonly unknown[]; readonly [asked: string]: unknown } {
    const stops = this.#stops;
    this.#stops = [];
    const { engine } = this;
    return {
      stops,
      next: engine.next,
      gaps: engine.gaps(),
      findings: Array.from(engine.records, ({ findings }) => findings).flat(),
      passing: pairs.filter(({ from }) => from === 'a/s').map((pair) => this.#passing(pair)),
      reached: pairs.filter((pair) => engine.reaches(pair)),
    };
  }

  /** Asks what is to be kept. Nothing is handed out that was handed out before. */
  keep(): void {
    for (const [key, text] of this.engine.takeKept()) {
      if (text === (this.kept.get(key) ?? null)) expect.fail(`${key} is handed out again`);
      if (text === null) this.kept.delete(key);
      else this.kept.set(key, text);
    }
  }

  #stopAsTold({ instant, cause, judged, changed }: Stop): unknown {
    const concerned = [...judged];
    return {
      instant,
      cause,
      judged: concerned,
      changed: changed.map(({ from, to, findings }) => ({ from, to, findings })),
      passing: concerned.slice(0, 5).map((pair) => this.#passing(pair)),
    };
  }

  #passing(pair: Pair): unknown {
    return this.engine.passing(pair).map(({ consentsTo, evidenceOf, ...passing }) => ({
      ...passing,
      consents: consentsTo(passing.traffic),
      evidence: evidenceOf(passing.traffic),
    }));
  }
}
