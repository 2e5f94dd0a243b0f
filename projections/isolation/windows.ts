import type { Pair } from './authorisation.ts';
import { findingKey, type Finding } from './findings.ts';
import type { Wanted } from './contacts.ts';
import { judge, type Lane } from './lanes.ts';
import { limitsRunningOut, timeBounds } from './revocation.ts';
import { IsolationState, type FoldedBatch } from './state.ts';

/** The event, or the clock alone, since when something has been so. */
export type Opening =
  | { readonly seq: number; readonly id: string; readonly type: string; readonly time: string }
  | { readonly seq: null; readonly id: null; readonly type: 'TimeBound'; readonly time: string };

/**
 * Finds since when findings have been so without a break, by judging their pairs again at every instant at which the
 * answer can change: batch ends, time bounds, and the instants at which a revocation limit runs out.
 */
export class WindowSearch {
  readonly #lane: Lane;
  readonly #state = new IsolationState();
  readonly #wanted: Wanted;
  readonly #openings = new Map<string, Opening>();
  /** The last instant looked at. */
  #passed = '';
  /** Instants to come at which what is pending may be late. */
  #expiries: readonly string[] = [];

  constructor(findings: readonly Finding[], lane: Lane) {
    this.#lane = lane;
    this.#wanted = pairsOf(findings);
  }

  /** Takes the next batch. */
  follow(batch: FoldedBatch): void {
    this.#passTime(batch.recordedAt, { including: false });
    this.#state.follow(batch);
    const [last] = batch.entries.slice(-1);
    if (last === undefined) return;
    const { seq, id, type, recordedAt } = last;
    this.#look(recordedAt, { seq, id, type, time: recordedAt });
  }

  /** Since when each finding has been so, by findingKey, looking up to an instant at or after the last batch. */
  openingsAt(instant: string): ReadonlyMap<string, Opening> {
    this.#passTime(instant, { including: true });
    return this.#openings;
  }

  #passTime(until: string, { including }: { readonly including: boolean }): void {
    for (;;) {
      const after = this.#passed;
      const bounds = timeBounds(this.#state.documents.policies.values(), { after, until });
      const next = least([...bounds, ...this.#expiries].filter((instant) => instant > after));
      if (next === undefined || next > until || (next === until && !including)) return;
      this.#look(next, { seq: null, id: null, type: 'TimeBound', time: next });
    }
  }

  #look(instant: string, opening: Opening): void {
    this.#passed = instant;
    const found = judge(this.#lane, { state: this.#state, instant, wanted: this.#wanted });
    const keys = new Set(found.map(findingKey));
    for (const key of this.#openings.keys()) if (!keys.has(key)) this.#openings.delete(key);
    for (const key of keys) if (!this.#openings.has(key)) this.#openings.set(key, opening);
    const pending = found.some(({ kind }) => kind === 'pending-revocation');
    this.#expiries = pending ? limitsRunningOut(this.#state, instant) : [];
  }
}

function pairsOf(findings: readonly Finding[]): Wanted {
  const ends = new Set(findings.flatMap(({ from, to }) => [from, to]));
  const pairs = new Set(findings.map(({ from, to }) => `${from} ${to}`));
  return { end: (end) => ends.has(end), pair: ({ from, to }: Pair) => pairs.has(`${from} ${to}`) };
}

function least(instants: readonly string[]): string | undefined {
  return instants.reduce<string | undefined>(
    (lowest, instant) => (lowest === undefined || instant < lowest ? instant : lowest),
    undefined,
  );
}
