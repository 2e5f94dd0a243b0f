import type { EventData } from '../../../events/catalogue.ts';
import { BucketDigests } from './bucket-digests.ts';
import type { FoundThere, HostPlans } from './host-plans.ts';
import { PlanLog } from './plans.ts';
import type { DriftDetected } from './sights.ts';

/** An entry about a drift, and with it all that its batch says of that. */
type DriftParts = readonly EventData<'DriftDetected'>[];

const empty = BucketDigests.of([]);

/**
 * What hosts were found to hold instead of what they acknowledged. A host may hold it beside all that it may hold by its
 * acknowledgement: it is about to be put right, or was already. A plan that comes changes what is there, since nothing says that the
 * host is given the whole set: so what each plan makes of it may be there too.
 */
export class FoundSets {
  readonly #plans: HostPlans;

  constructor(plans: HostPlans) {
    this.#plans = plans;
  }

  /**
   * Takes a drift, by its first entry and all of its parts. Gives the digest of what the host holds. Undefined if that is not known: it could
   * not be read, is another ledger's, does not have the digest that the drift names, or is of a shard that the host has nothing of.
   */
  take({ seq, data }: DriftDetected, parts: DriftParts): string | undefined {
    const { shard, host, found } = data;
    const isSame = (other: string): boolean => other === shard;
    // In any other case it may hold what it was found to hold before, for all that anybody knows.
    if (found === 'foreign') this.#plans.loseFound(host, isSame);
    const set = this.#setIn(data, parts);
    if (set === undefined) return undefined;
    this.#plans.loseFound(host, isSame);
    const holds = found === 'nothing' ? empty.digest() : data.digest;
    const name = `${shard} holds ${found} ${String(holds)} from plan ${String(set.log.start)}`;
    this.#plans.find({ shard, host, seq, name, ...set });
    return holds;
  }

  /** Gives up what a host was found to hold instead of the sets of all shards but those that are kept. */
  keep(host: string, isKept: (shard: string) => boolean): void {
    this.#plans.loseFound(host, (shard) => !isKept(shard));
  }

  #setIn(
    { shard, host, plan, found, digest }: EventData<'DriftDetected'>,
    parts: DriftParts,
  ): Pick<FoundThere, 'log' | 'follows'> | undefined {
    const isOne = parts.every((part) => part.found === found && part.plan === plan && part.digest === digest);
    if (!isOne || this.#plans.of(host).every((stretch) => stretch.shard !== shard)) return undefined;
    const planned = this.#plans.logOf(shard);
    const start = planned.last;
    switch (found) {
      case 'nothing':
        return {
          log: { start, make: () => new PlanLog({ plan: start, objects: [], digests: empty }) },
          follows: false,
        };
      case 'objects': {
        const log = planned.changedByHand({ plan, digest, parts });
        return log && { log, follows: true };
      }
      case 'unreadable':
      case 'foreign':
        return undefined;
    }
  }
}
