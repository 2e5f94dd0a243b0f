import { IsolationState, type FoldedBatch } from '../../projections/isolation/state.ts';
import { replay } from '../ledger/replay.ts';
import type { Ledger } from '../ledger/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { NoSuchInstant } from './faults.ts';

/** An instant of a ledger: now, the end of the batch that holds an entry, or a time (UTC with milliseconds). */
export type At =
  | { readonly kind: 'now' }
  | { readonly kind: 'seq'; readonly seq: number }
  | { readonly kind: 'time'; readonly instant: string };

/** The instant judged: the last entry of the last batch that counts (-1 if there is none), and the time. */
export interface Moment {
  readonly seq: number;
  readonly time: string;
}

export interface Folded {
  readonly state: IsolationState;
  readonly moment: Moment;
}

/**
 * The state at an instant. A time means the last batch recorded at or before it; now is the head, judged at the
 * clock's time but never before what was recorded. `also` is given the same batches. Throws NoSuchInstant for an entry
 * that is not there, and whatever `replay` throws.
 */
export async function foldAt(
  ledger: Ledger,
  at: At,
  clock: Clock,
  also?: (batch: FoldedBatch) => void,
): Promise<Folded> {
  const state = new IsolationState();
  await replayUntil(ledger, at, (batch) => {
    state.follow(batch);
    also?.(batch);
  });
  return { state, moment: { seq: state.seq, time: timeOf(at, state, clock) } };
}

/** Gives the batches up to an instant, in order. */
export async function replayUntil(
  ledger: Ledger,
  at: At,
  onBatch: (batch: FoldedBatch) => void,
): Promise<void> {
  await replay(ledger, {
    onBatch: (batch) => {
      if (at.kind === 'seq' && batch.first > at.seq) return;
      if (at.kind === 'time' && batch.recordedAt > at.instant) return;
      onBatch(batch);
    },
  });
}

function timeOf(at: At, state: IsolationState, clock: Clock): string {
  switch (at.kind) {
    case 'seq':
      if (state.seq < at.seq) throw new NoSuchInstant({ seq: at.seq, head: state.seq });
      return state.recordedAt;
    case 'time':
      return at.instant;
    case 'now': {
      const now = clock.now();
      return now > state.recordedAt ? now : state.recordedAt;
    }
  }
}
