import type { Entry } from '../../events/codec/decode.ts';
import type { Ledger } from '../ledger/port.ts';
import { replay, start, type Cursor } from '../ledger/replay.ts';

/** A fold over a ledger's events, and how its state is written down. `fold` changes the state that it is given. */
export interface Projection<State> {
  readonly name: string;
  /** Raised whenever fold or the written form changes: state that another version kept is rebuilt. */
  readonly version: number;
  initial(): State;
  fold(state: State, entry: Entry): void;
  save(state: State): unknown;
  /** Undefined where the value is no saved state. */
  load(saved: unknown): State | undefined;
}

/** A projection's state, with the place in the ledger that it stands for: seq and Merkle root. */
export interface Projected<State> {
  readonly state: State;
  readonly cursor: Cursor;
  /** When the last batch of it was recorded; undefined before the first. */
  readonly recordedAt: string | undefined;
}

export function unfolded<State>(projection: Projection<State>): Projected<State> {
  return { state: projection.initial(), cursor: start, recordedAt: undefined };
}

/**
 * Folds everything up to the ledger's head, from what was folded before (its state is changed in place). Throws what
 * replay throws: LedgerForked where the ledger no longer continues what was folded before, UnreadableEntry, and so on.
 */
export async function project<State>(
  ledger: Ledger,
  projection: Projection<State>,
  from: Projected<State>,
): Promise<Projected<State>> {
  let { recordedAt } = from;
  const cursor = await replay(ledger, {
    from: from.cursor,
    onBatch: (batch) => {
      for (const entry of batch.entries) projection.fold(from.state, entry);
      recordedAt = batch.recordedAt;
    },
  });
  return { state: from.state, cursor, recordedAt };
}
