import type { FoldedBatch, IsolationState } from '../../projections/isolation/state.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Cursor } from '../ledger/replay.ts';
import { NamesSought } from './ends.ts';
import { replayUntil } from './fold.ts';
import type { LedgerInterval } from './interval.ts';

/** Somebody who finds out what was so in an interval. */
interface IntervalFollower<Answer> {
  /** The state after the last batch. */
  readonly state: IsolationState;
  /** Takes the next batch, from the ledger's first one up to the one that the interval ends with. */
  follow(batch: FoldedBatch): void;
  /** To be asked once, after the last batch. */
  answer(): Answer;
}

interface IntervalToFollow {
  readonly interval: LedgerInterval;
  /** The ends that are asked about. */
  readonly names: readonly (string | undefined)[];
  /** Called once for each batch, with the number of entries looked at so far, and of all entries to look at. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  /** Called once it was answered, with the place after the last batch of the ledger. */
  readonly onEnd?: (cursor: Cursor) => void;
}

/**
 * What somebody answers who follows a ledger up to the end of an interval. Throws UnknownEnd for a name that nobody has at any instant
 * of it, what the follower throws, and the errors of reading a ledger.
 */
export async function followInterval<Answer>(
  ledger: LedgerReader,
  follower: IntervalFollower<Answer>,
  { interval, names, onProgress, onEnd }: IntervalToFollow,
): Promise<Answer> {
  const { from, to } = interval;
  const sought = new NamesSought(names);
  const cursor = await replayUntil(ledger, { kind: 'seq', seq: to.seq }, (batch) => {
    if (batch.last > from.seq) sought.lookIn(follower.state);
    follower.follow(batch);
    onProgress?.(batch.last + 1, to.seq + 1);
  });
  sought.lookIn(follower.state);
  await sought.requireFound(ledger, interval);
  const answer = follower.answer();
  onEnd?.(cursor);
  return answer;
}
