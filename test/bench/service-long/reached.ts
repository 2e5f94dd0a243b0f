/** How far somebody has come in numbers that only grow, and when: entries of a ledger, or plans of a shard. */
export class Reached {
  readonly #steps: ReachedStep[] = [];
  #last = -1;

  /** Everything up to a number is there now. */
  upTo(number: number): void {
    if (number <= this.#last) return;
    this.#last = number;
    this.#steps.push({ number, atMs: Date.now() });
  }

  get last(): number {
    return this.#last;
  }

  /** In the order in which they were made. */
  get steps(): readonly ReachedStep[] {
    return this.#steps;
  }
}

/** Everything up to the number was there at that time, in milliseconds since 1970. */
export interface ReachedStep {
  readonly number: number;
  readonly atMs: number;
}

/** An entry, and when it was recorded, in milliseconds since 1970. */
export interface RecordedEntry {
  readonly seq: number;
  readonly recordedMs: number;
}

/** How long it took until entries were reached, and how many were not. */
export interface Delays {
  /** In milliseconds. Of an entry that was not reached, for how long that was so. */
  readonly ms: readonly number[];
  readonly missing: number;
}

/** From when each entry was recorded until the first step that reaches it. Both are in order; `endMs` is when it was no longer looked. */
export function delaysUntil(
  entries: readonly RecordedEntry[],
  { steps, endMs }: { steps: readonly ReachedStep[]; endMs: number },
): Delays {
  let next = 0;
  let missing = 0;
  const ms = entries.map(({ seq, recordedMs }) => {
    while ((steps[next]?.number ?? seq) < seq) next += 1;
    const step = steps[next];
    if (step === undefined) missing += 1;
    return (step?.atMs ?? endMs) - recordedMs;
  });
  return { ms, missing };
}
