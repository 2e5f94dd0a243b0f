import type { Entry } from '../../events/entry.ts';
import { DocumentFold, type Documents } from './documents/document-fold.ts';
import type { DocumentsBefore } from './documents/document-maps.ts';
import type { HeldBefore, HeldSets } from './hosts/host-plans.ts';
import { HostStates } from './hosts/host-states.ts';

/** The earlier one of two instants, where there are two. */
export function earlier(instant: string, other: string | undefined): string {
  return other !== undefined && other < instant ? other : instant;
}

/** The part of a batch that the fold needs. Its entries are one instant. */
export interface FoldedBatch {
  readonly entries: readonly Entry[];
  readonly last: number;
  readonly recordedAt: string;
}

/** The instant a number of seconds before another one (after it, if negative). Both are UTC with milliseconds. */
export function secondsBefore(instant: string, seconds: number): string {
  return new Date(Date.parse(instant) - seconds * 1000).toISOString();
}

/**
 * Documents that were in force from `since` (included) until `until` (excluded), when a change ended them; both are
 * undefined for the documents in force now.
 */
export interface Edition {
  readonly documents: Documents;
  readonly since: string;
  readonly until: string | undefined;
  readonly endedBy: Change | undefined;
}

/**
 * The documents that were in force and the sets that hosts may have held, from one batch that changed either to the next
 * one. Nobody remembers what change began the oldest one.
 */
export interface Situation {
  readonly documents: Documents;
  readonly hosts: HeldSets;
  readonly begunBy: Change | undefined;
}

/**
 * A batch that changed documents, or what hosts may hold: its time, the time since which the documents before it were in
 * force, and what it changed.
 */
export interface Change {
  readonly at: string;
  readonly before: string;
  readonly documents: DocumentsBefore | undefined;
  readonly held: HeldBefore | undefined;
}

/**
 * The verifier's own fold of a ledger, shared with nobody. It keeps the changes within the longest revocation limit
 * seen so far, to tell what was revoked lately. A limit that is raised later does not excuse a revocation that was
 * late under the limit of its own time.
 */
export class IsolationState {
  readonly #documents = new DocumentFold();
  readonly hosts: HostStates;
  #seq = -1;
  #recordedAt = '';
  /** The time since which the documents are unchanged. */
  #since = '';
  readonly #changes: Change[] = [];
  #horizon = -Infinity;
  readonly clock: string | undefined;
  /** Whether hosts may also hold what they were found to hold. */
  readonly observed: boolean;

  /**
   * `clock` is the time of whoever asks. A ledger may be ahead of it: then limits are counted up to there, and changes are
   * kept for that. `observed`: for the observed lane.
   */
  constructor({
    clock,
    observed = false,
  }: { readonly clock?: string | undefined; readonly observed?: boolean } = {}) {
    this.clock = clock;
    this.observed = observed;
    this.hosts = new HostStates({ observed });
  }

  get documents(): Documents {
    return this.#documents;
  }

  /** The last entry folded, -1 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** The time of the last batch. Before the first batch it is the empty text, which sorts before every instant. */
  get recordedAt(): string {
    return this.#recordedAt;
  }

  /**
   * Changes at this time (milliseconds since 1970) or before are given up: no answer looks back that far, by any limit of its
   * own time.
   */
  get horizon(): number {
    return this.#horizon;
  }

  /** Takes the next batch, whole. Returns what it changed, if anything. */
  follow({ entries, last, recordedAt }: FoldedBatch): Change | undefined {
    const documents = this.#documents.follow(entries);
    const held = this.hosts.follow(entries, this.#changes);
    const change = { at: recordedAt, before: this.#since, documents, held };
    const isChange = documents !== undefined || held !== undefined;
    if (isChange) this.#changes.push(change);
    if (documents !== undefined) this.#since = recordedAt;
    this.#seq = last;
    this.#recordedAt = recordedAt;
    const counted = earlier(recordedAt, this.clock);
    this.#horizon = Math.max(this.#horizon, Date.parse(counted) - this.#documents.limitSecondsMax * 1000);
    while (Date.parse(this.#changes[0]?.at ?? recordedAt) <= this.#horizon) this.#changes.shift();
    return isChange ? change : undefined;
  }

  /**
   * The editions in force at some instant after `after`, the newest first. The documents of an edition are valid
   * until the next edition is asked for.
   */
  *editionsAfter(after: string): Generator<Edition> {
    yield { documents: this.#documents, since: this.#since, until: undefined, endedBy: undefined };
    const recent = this.#changes.flatMap((change) =>
      change.at > after && change.documents !== undefined ? [{ change, before: change.documents }] : [],
    );
    if (recent.length === 0) return;
    const documents = new DocumentFold(this.#documents);
    for (const { change, before } of recent.reverse()) {
      documents.takeBack(before);
      yield { documents, since: change.before, until: change.at, endedBy: change };
    }
  }

  /**
   * The situations after changes since `since` (included), and the one before, the newest first. Each is valid until the
   * next one is asked for.
   */
  *situationsSince(since: string): Generator<Situation> {
    const documents = new DocumentFold(this.#documents);
    const hosts = this.hosts.past();
    for (const change of this.#changes.filter(({ at }) => at >= since).reverse()) {
      yield { documents, hosts, begunBy: change };
      if (change.documents !== undefined) documents.takeBack(change.documents);
      if (change.held !== undefined) hosts.takeBack(change.held);
    }
    yield { documents, hosts, begunBy: undefined };
  }
}
