import { Durations, type DurationCounts } from './durations.ts';

/** Up to where isolation was judged: the last entry, and the time. */
export interface JudgedUpTo {
  readonly seq: number;
  readonly time: string;
}

/** What the verifier of this process did, for metrics. */
export class VerdictCounts {
  readonly #latencies = new Durations();
  readonly #recorded = { violated: 0, restored: 0 };
  #judged: JudgedUpTo | undefined;

  /** An entry that had arrived was judged, so many seconds after it was recorded. */
  noteLatency(seconds: number): void {
    this.#latencies.note('', seconds);
  }

  noteRecorded(what: 'violated' | 'restored'): void {
    this.#recorded[what] += 1;
  }

  /** Undefined: this process judges no longer. */
  noteJudged(judged: JudgedUpTo | undefined): void {
    this.#judged = judged;
  }

  /** Undefined where another process judges, or nobody does. */
  get judged(): JudgedUpTo | undefined {
    return this.#judged;
  }

  get recorded(): Readonly<Record<'violated' | 'restored', number>> {
    return { ...this.#recorded };
  }

  get latencies(): DurationCounts {
    return this.#latencies.countsOf('');
  }
}
