import { liesUnder } from '../ledger/conditions.ts';
import type { Arrival } from './arrivals.ts';

/** The entries that a role has something to do for: all, or those under some subjects. */
export type FollowedEntries = 'all' | readonly string[];

interface ArrivedEntry {
  readonly seq: number;
  readonly subject: string;
  readonly recordedMs: number;
}

/** How many are kept at least: memory stays as it is, however far a role is behind. */
const keptMin = 4_096;

/** The last entries that arrived, as far as it takes to say what a role has yet to do of them, and since when. */
export class RecentArrivals {
  #kept: ArrivedEntry[] = [];
  #last: number | undefined;

  /** Hears which entry is the one before the first that arrives. */
  begin(seq: number): void {
    this.#last = seq;
  }

  note({ seq, subject, recordedAt }: Pick<Arrival, 'seq' | 'subject' | 'recordedAt'>): void {
    this.#last = seq;
    this.#kept.push({ seq, subject, recordedMs: Date.parse(recordedAt) });
    if (this.#kept.length > 2 * keptMin) this.#kept = this.#kept.slice(-keptMin);
  }

  /** The last entry that arrived; undefined where nothing is followed. */
  get last(): number | undefined {
    return this.#last;
  }

  /** How many of those that are followed came after an entry: fewer than there are where some are not kept any more. */
  countAfter(seq: number, follows: FollowedEntries): number {
    return this.#kept.reduce((sum, entry) => sum + (isLeft(entry, { seq, follows }) ? 1 : 0), 0);
  }

  /**
   * When the first of those that are followed was recorded that came after an entry, in milliseconds since 1970. Undefined where
   * there is none, or where it is not kept.
   */
  firstAfter(seq: number, follows: FollowedEntries): number | undefined {
    const first = this.#kept.find((entry) => isLeft(entry, { seq, follows }));
    return follows === 'all' && first?.seq !== seq + 1 ? undefined : first?.recordedMs;
  }
}

function isLeft(
  entry: ArrivedEntry,
  { seq, follows }: { readonly seq: number; readonly follows: FollowedEntries },
): boolean {
  return entry.seq > seq && isFollowed(entry, follows);
}

/** Whether an entry is among those that are followed. */
export function isFollowed({ subject }: Pick<Arrival, 'subject'>, follows: FollowedEntries): boolean {
  return follows === 'all' || follows.some((prefix) => liesUnder(subject, prefix));
}
