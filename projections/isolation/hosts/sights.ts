import type { Entry } from '../../../events/entry.ts';
import type { Membership } from '../documents/departures.ts';

export type DriftDetected = Extract<Entry, { readonly type: 'DriftDetected' }>;
type Assurance = Extract<Entry, { readonly type: 'ChangeApplied' | 'DriftCorrected' | 'BypassSettled' }>;

/** What a drift says that was not known. */
export interface DriftNews {
  /** True if the host may have been otherwise for a while, and nobody knew. */
  readonly isNew: boolean;
  /** True if it is known what the host holds. */
  readonly isTold: boolean;
}

/**
 * A drift that was found, and the time before it for which it may have been there: from when the whole host was last seen
 * right, by the entry that says so, to the entry that found it otherwise.
 */
export interface FoundDrift {
  readonly host: string;
  readonly seen: Sight;
  readonly found: EntryAt;
  /** What was found there, in words. */
  readonly what: string;
}

/** An entry, and its time; or the time that it tells of. */
interface EntryAt {
  readonly seq: number;
  readonly time: string;
}

/** `isDrift`: all of the host was seen, and it was not right. */
interface Sight extends EntryAt {
  readonly isDrift?: true;
}

/**
 * When whole hosts were last seen to hold what they were to hold: by an acknowledgement that is right, the correction of a
 * drift, or the end of a bypass. What rests on a mark alone saw nothing. A host that was never seen counts from the entry that registered it.
 */
export class Sights {
  /** By host, the last sight in each shard whose set it may hold. */
  readonly #last = new Map<string, Map<string, Sight>>();
  readonly #found: FoundDrift[] = [];

  /** Every drift found so far, in the order of the entries. */
  get found(): readonly FoundDrift[] {
    return this.#found;
  }

  /** A host that comes to a shard, unless it was of that shard and was not emptied since. */
  come({ host, shard }: Membership, entry: Entry): void {
    if (!this.#of(host).has(shard)) this.#see({ host, shard }, placeOf(entry));
  }

  /** An entry that says when the whole host was seen right, if it was. */
  hear({ seq, data }: Assurance): void {
    if (data.seenWhole !== null) this.#see(data, { seq, time: data.seenWhole });
  }

  #see({ host, shard }: Membership, at: Sight): void {
    this.#last.set(host, this.#of(host).set(shard, at));
  }

  /** Forgets what a host was seen to hold of other shards than those that are kept. */
  keep(host: string, isKept: (shard: string) => boolean): void {
    const sights = this.#of(host);
    for (const shard of sights.keys()) if (!isKept(shard)) sights.delete(shard);
    if (sights.size === 0) this.#last.delete(host);
  }

  /** Notes a drift, and that all of the host was seen. One of a host that was never of that shard says nothing of the time before it. */
  find(entry: DriftDetected, { isNew, isTold }: DriftNews): void {
    const { host, shard } = entry.data;
    const seen = this.#of(host).get(shard);
    if (isNew && seen !== undefined)
      this.#found.push({ host, seen, found: placeOf(entry), what: whatWords(entry.data) });
    if (isTold) this.#see(entry.data, { ...placeOf(entry), isDrift: true });
  }

  #of(host: string): Map<string, Sight> {
    return this.#last.get(host) ?? new Map<string, Sight>();
  }
}

function placeOf({ seq, recordedAt }: Entry): EntryAt {
  return { seq, time: recordedAt };
}

function whatWords({ found, problem, put, removed }: DriftDetected['data']): string {
  switch (found) {
    case 'nothing':
      return 'nothing';
    case 'unreadable':
      return problem ?? 'something that cannot be read';
    case 'foreign':
      return problem ?? "another ledger's objects";
    case 'objects':
      return put.length + removed.length === 0
        ? 'the same objects under another mark'
        : 'another set of objects';
  }
}
