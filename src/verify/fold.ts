import type { Moment } from '../../projections/isolation/history/interval-judge.ts';
import type { Recorded } from '../../projections/isolation/judging/recorded.ts';
import { IsolationState, type FoldedBatch } from '../../projections/isolation/state.ts';
import { replay, type Batch } from '../ledger/replay.ts';
import type { Ledger } from '../ledger/port.ts';
import type { WallClock } from '../runtime/clock.ts';
import { NoSuchInstant } from './faults.ts';

/** An instant of a ledger: now, the end of the batch that holds an entry, or a time (UTC with milliseconds). */
export type At =
  | { readonly kind: 'now' }
  | { readonly kind: 'seq'; readonly seq: number }
  | { readonly kind: 'time'; readonly instant: string };

export type { Moment };

export interface Folded {
  readonly state: IsolationState;
  readonly moment: Moment;
  /** The time of which the whole ledger can tell, whatever instant is asked about. */
  readonly recorded: Recorded;
}

/**
 * The state at an instant. A time means the last batch recorded at or before it; now is the head, judged at the
 * clock's time but never before what was recorded. `also` is given the same batches. Throws NoSuchInstant for an entry
 * that is not there, and whatever `replay` throws.
 */
export async function foldAt(
  ledger: Ledger,
  at: At,
  clock: WallClock,
  also?: (batch: FoldedBatch) => void,
): Promise<Folded> {
  const state = new IsolationState();
  const times = new RecordedTimes();
  await replay(ledger, {
    onBatch: (batch) => {
      times.take(batch);
      if (isAfter(at, batch)) return;
      state.follow(batch);
      also?.(batch);
    },
  });
  const now = clock.now();
  const time = instantOf(at, state, { now: () => now });
  return { state, moment: { seq: state.seq, time }, recorded: times.recordedBy(now) };
}

/** Notes when batches were recorded, from the ledger's first one to its last. */
export class RecordedTimes {
  #since: string | undefined;
  #last = '';

  take({ recordedAt }: Pick<Batch, 'recordedAt'>): void {
    this.#since ??= recordedAt;
    this.#last = recordedAt;
  }

  recordedBy(now: string): Recorded {
    return { since: this.#since, until: now > this.#last ? now : this.#last };
  }
}

/** Gives the batches up to an instant, in order. */
export async function replayUntil(
  ledger: Ledger,
  at: At,
  onBatch: (batch: FoldedBatch) => void,
): Promise<void> {
  await replay(ledger, {
    onBatch: (batch) => {
      if (!isAfter(at, batch)) onBatch(batch);
    },
  });
}

/** Whether a batch came after an instant, and so does not count there. */
export function isAfter(at: At, batch: Pick<Batch, 'first' | 'recordedAt'>): boolean {
  switch (at.kind) {
    case 'seq':
      return batch.first > at.seq;
    case 'time':
      return batch.recordedAt > at.instant;
    case 'now':
      return false;
  }
}

/** The time of an instant, given the last batch that counts there. Throws NoSuchInstant. */
export function instantOf(
  at: At,
  last: Pick<IsolationState, 'seq' | 'recordedAt'>,
  clock: WallClock,
): string {
  switch (at.kind) {
    case 'seq':
      if (last.seq < at.seq) throw new NoSuchInstant({ seq: at.seq, head: last.seq });
      return last.recordedAt;
    case 'time':
      return at.instant;
    case 'now': {
      const now = clock.now();
      return now > last.recordedAt ? now : last.recordedAt;
    }
  }
}
