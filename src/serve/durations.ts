/** The bounds by which durations are told apart, in seconds. */
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** How many durations there were, their sum, and how many were at most as long as each bound. */
export interface DurationCounts {
  readonly buckets: readonly { readonly atMost: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

/** Durations by what they are of, counted and not kept: memory stays as it is, however many come. */
export class Durations {
  readonly #of = new Map<string, { readonly counts: number[]; count: number; sum: number }>();

  note(name: string, seconds: number): void {
    const known = this.#of.get(name) ?? { counts: bounds.map(() => 0), count: 0, sum: 0 };
    this.#of.set(name, known);
    known.count += 1;
    known.sum += seconds;
    for (const [index, atMost] of bounds.entries())
      if (seconds <= atMost) known.counts[index] = (known.counts[index] ?? 0) + 1;
  }

  all(): ReadonlyMap<string, DurationCounts> {
    return new Map(Array.from(this.#of.keys(), (name) => [name, this.countsOf(name)]));
  }

  /** Those of one name; nothing but zeros before the first. */
  countsOf(name: string): DurationCounts {
    const { counts = [], count = 0, sum = 0 } = this.#of.get(name) ?? {};
    return { buckets: bounds.map((atMost, index) => ({ atMost, count: counts[index] ?? 0 })), count, sum };
  }
}
