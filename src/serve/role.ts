import type { Condition } from '../ledger/port.ts';
import type { Logger } from '../runtime/log.ts';
import type { FollowedEntries } from './recent-arrivals.ts';

/**
 * Something that a service does for as long as it runs.
 *
 * - It ends soon after its signal aborts, with what it has in hand finished; whoever supervises it waits some seconds at most.
 * - It throws whatever keeps it from going on. It is started again then, from what is durable; after a fault of the category
 *   `integrity` it is not, since a person has to look.
 * - It waits by the clock that it was made with, and for nothing else but those whom it asks.
 */
export interface ServeRole {
  /** `clock`, `applier/SHARD`, `publisher`, `forwarder/SINK`, `http`: as roles are spelt (src/roles/port.ts). */
  readonly name: string;
  /** Whether one process at a time may have it. */
  readonly needsLease: boolean;
  /** The entries that it has something to do for. Left out: what it says of itself counts. */
  readonly follows?: FollowedEntries;
  /** Runs until the signal aborts. */
  run(context: RoleContext): Promise<void>;
}

export interface RoleContext {
  /** Aborts at the end, when the role is to begin anew, and when its lease is lost. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Tells how far the role is, for readiness and metrics. */
  readonly tell: (progress: RoleProgress) => void;
  /** Holds until somebody else takes the role: what every append made as this role is conditioned on. Only for one that needs a lease. */
  readonly fence?: Condition;
}

/** What a role waits for, in words, and since when (UTC with milliseconds). */
export interface RoleWait {
  readonly what: string;
  readonly since: string;
}

export interface RoleProgress {
  /** The last entry that it is done with; -1 before the first. */
  readonly seq: number;
  /** How many entries it has yet to do, where it knows of more than arrived. */
  readonly behind?: number;
  /** What it waits for from here on; nothing if left out. */
  readonly waitsFor?: RoleWait | undefined;
}
