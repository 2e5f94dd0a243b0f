import type { Finding } from '../judging/findings.ts';
import { limitsRunningOut, timeBounds } from '../judging/revocation.ts';
import { IsolationState, type FoldedBatch } from '../state.ts';

/** The cause of a change: an event (the last one of its batch), or the clock alone. */
export type Cause =
  | { readonly seq: number; readonly id: string; readonly type: string; readonly time: string }
  | { readonly seq: null; readonly id: null; readonly type: 'TimeBound'; readonly time: string };

/** An instant at which an answer may change (UTC with milliseconds), and the cause if it does. */
export interface TurningPoint {
  readonly instant: string;
  readonly cause: Cause;
}

/** Judges the timeline's state at that point, and returns the findings. */
export type Look = (point: TurningPoint) => readonly Finding[];

/**
 * Folds batches, and looks at every instant at which an answer can change: batch ends, time bounds, and the instants
 * at which a revocation limit runs out. Between two such instants no answer changes.
 */
export class Timeline {
  readonly state: IsolationState;
  readonly #look: Look;
  /** Those that were not passed yet, when it was looked last, in their order. */
  #stops: readonly string[];
  /** The last instant looked at. */
  #passed = '';
  /** Instants to come at which a pending revocation may become late. */
  #expiries: readonly string[] = [];

  /**
   * `stops` are further instants at which the answer may change. `state` is the state from which batches go on, and
   * is changed.
   */
  constructor(look: Look, from: { readonly stops?: readonly string[]; readonly state: IsolationState }) {
    this.#look = look;
    this.#stops = (from.stops ?? []).toSorted();
    this.state = from.state;
  }

  /** Folds a batch without looking. */
  skip(batch: FoldedBatch): void {
    this.state.follow(batch);
  }

  /** Begins at an instant at or after the last batch, with the findings there. Only later instants are looked at. */
  begin(instant: string, found: readonly Finding[]): void {
    this.#passed = instant;
    this.#expect(found);
  }

  /** Takes the next batch. */
  follow(batch: FoldedBatch): void {
    this.#passTime(batch.recordedAt, { including: false });
    this.state.follow(batch);
    const [last] = batch.entries.slice(-1);
    if (last === undefined) return;
    const { seq, id, type, recordedAt } = last;
    this.#stop({ instant: recordedAt, cause: { seq, id, type, time: recordedAt } });
  }

  /** Lets the clock run up to an instant, included, at or after the last batch. */
  passTime(until: string): void {
    this.#passTime(until, { including: true });
  }

  #passTime(until: string, { including }: { readonly including: boolean }): void {
    const bounds = timeBounds(this.state.documents.policies.values(), { after: this.#passed, until });
    for (;;) {
      const instants = [...bounds, ...this.#expiries, ...this.#nextStop()];
      const next = least(instants.filter((instant) => instant > this.#passed));
      if (next === undefined || next > until || (next === until && !including)) return;
      this.#stop({ instant: next, cause: { seq: null, id: null, type: 'TimeBound', time: next } });
    }
  }

  /** There may be many stops: those that were passed are not looked at again. */
  #nextStop(): readonly string[] {
    const passed = this.#stops.findIndex((stop) => stop > this.#passed);
    if (passed !== 0) this.#stops = passed < 0 ? [] : this.#stops.slice(passed);
    return this.#stops.slice(0, 1);
  }

  #stop(point: TurningPoint): void {
    this.#passed = point.instant;
    this.#expect(this.#look(point));
  }

  #expect(found: readonly Finding[]): void {
    const pending = found.some(({ kind }) => kind === 'pending-revocation');
    this.#expiries = pending ? limitsRunningOut(this.state, this.#passed) : [];
  }
}

function least(instants: readonly string[]): string | undefined {
  return instants.reduce<string | undefined>(
    (lowest, instant) => (lowest === undefined || instant < lowest ? instant : lowest),
    undefined,
  );
}
