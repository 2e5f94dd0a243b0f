import type { Entry } from '../../../events/entry.ts';
import type { Membership } from '../documents/departures.ts';
import { ByHand } from './by-hand.ts';
import { Drifts } from './drifts.ts';
import { FoundSets } from './found-sets.ts';
import type { Gap } from './gap.ts';
import type { HostPlans } from './host-plans.ts';
import { Sights, type FoundDrift } from './sights.ts';

/** An entry that tells what was seen at a host, or may be there by hand. */
type EntryOfLook = Extract<
  Entry,
  {
    readonly type: 'DriftDetected' | 'DriftCorrected' | 'BypassOpened' | 'BypassClosed' | 'BypassSettled';
  }
>;

/** A set that a host was seen to hold, whole. */
export interface SetSeen extends Membership {
  readonly plan: number;
  readonly digest: string;
}

/** What an entry is taken with: its batch; whether a host was to hold that set; and whether it is in use in its shard. */
interface LookIn {
  readonly batch: readonly Entry[];
  readonly isRight: (seen: SetSeen) => boolean;
  readonly isInUse: (host: Membership) => boolean;
}

/** What was found at hosts beside what they acknowledged, or may be there, and when the whole of them was seen last. */
export class Looks {
  readonly #drifts: Drifts;
  readonly #sights = new Sights();
  readonly #byHand = new ByHand();
  readonly #observed: boolean;

  /** `observed`: hosts are judged by what they were found to hold, too, and so by what a person may have given them by hand. */
  constructor(plans: HostPlans, { observed }: { readonly observed: boolean }) {
    this.#drifts = new Drifts(observed ? new FoundSets(plans) : undefined);
    this.#observed = observed;
  }

  /** The drifts found so far, and the time for which each may have been there unseen. */
  get found(): readonly FoundDrift[] {
    return this.#sights.found;
  }

  /** A host that comes to a shard. */
  come(host: Membership, entry: Entry): void {
    this.#sights.come(host, entry);
  }

  /** An acknowledgement that counts. */
  hear(acknowledged: Extract<Entry, { readonly type: 'ChangeApplied' }>): void {
    this.#sights.hear(acknowledged);
  }

  /** Takes an entry of a batch. What says that a host is right counts only if that can be relied on. */
  take(entry: EntryOfLook, { batch, isRight, isInUse }: LookIn): void {
    switch (entry.type) {
      case 'DriftDetected':
        this.#sights.find(entry, this.#drifts.detect(entry, batch));
        break;
      case 'DriftCorrected':
        if (!isRight(entry.data)) return;
        this.#drifts.end(entry.data);
        this.#sights.hear(entry);
        break;
      case 'BypassOpened':
        this.#byHand.open(entry);
        break;
      case 'BypassClosed':
        this.#byHand.close(entry);
        break;
      case 'BypassSettled':
        if (!isInUse(entry.data) || !this.#byHand.isSettledBy(entry) || !isRight(entry.data)) return;
        this.#byHand.end(entry.data);
        this.#sights.hear(entry);
    }
  }

  /** The host was retired: nobody changes it by hand any more. One that is gone holds nothing that was left there. */
  leave(at: Membership, { isGone }: { readonly isGone: boolean }): void {
    if (isGone) this.#byHand.end(at);
    else this.#byHand.leave(at);
  }

  /** The host holds nothing of that shard any more. */
  end(at: Membership): void {
    this.#drifts.end(at);
    this.#byHand.end(at);
    this.#sights.keep(at.host, (shard) => shard !== at.shard);
  }

  /** The host holds nothing any more of other shards than those that are kept. */
  keep(host: string, isKept: (shard: string) => boolean): void {
    this.#drifts.keep(host, isKept);
    this.#byHand.keep(host, isKept);
    this.#sights.keep(host, isKept);
  }

  gaps(): Gap[] {
    return [...this.#drifts.gaps(), ...(this.#observed ? this.#byHand.gaps() : [])];
  }
}
