import type { Entry } from '../../../events/entry.ts';
import type { Membership } from '../documents/departures.ts';
import type { FoundSets } from './found-sets.ts';
import { driftOf, type Gap } from './gap.ts';
import type { DriftDetected, DriftNews } from './sights.ts';

/**
 * Hosts that were found not to hold the set that they acknowledged to a shard, until that is put right. Until then it
 * is not known what they hold; but where hosts are judged by what they were found to hold, it is, if that could be read.
 */
export class Drifts {
  /** By host, the shards whose sets it was found not to hold, each with the digest of what it holds instead, where that is known. */
  readonly #open = new Map<string, Map<string, string | undefined>>();
  readonly #sets: FoundSets | undefined;

  constructor(sets?: FoundSets) {
    this.#sets = sets;
  }

  /** Takes an entry of a batch. Its first one about a host tells all that the batch says of the host. */
  detect(entry: DriftDetected, batch: readonly Entry[]): DriftNews {
    const { host, shard } = entry.data;
    const parts = batch
      .filter((one) => one.type === 'DriftDetected')
      .filter(({ data }) => data.host === host && data.shard === shard);
    const open = this.#shardsOf(host);
    if (open.has(shard) && parts[0] !== entry) return { isNew: false, isTold: false };
    const [isOpen, before] = [open.has(shard), open.get(shard)];
    const holds = this.#sets?.take(
      entry,
      parts.map(({ data }) => data),
    );
    this.#open.set(host, open.set(shard, holds));
    return { isNew: !isOpen || (before !== undefined && before !== holds), isTold: holds !== undefined };
  }

  end({ host, shard }: Membership): void {
    this.keep(host, (open) => open !== shard);
  }

  /** Ends a host's drift from the sets of all shards but those that are kept. */
  keep(host: string, isKept: (shard: string) => boolean): void {
    const kept = new Map([...this.#shardsOf(host)].filter(([shard]) => isKept(shard)));
    if (kept.size > 0) this.#open.set(host, kept);
    else this.#open.delete(host);
    this.#sets?.keep(host, isKept);
  }

  /** The hosts with an open drift of which it is not known what they hold, each once. */
  gaps(): Gap[] {
    const doubted = [...this.#open].filter(([, shards]) => [...shards.values()].includes(undefined));
    return doubted.map(([host]) => driftOf(host));
  }

  #shardsOf(host: string): Map<string, string | undefined> {
    return this.#open.get(host) ?? new Map<string, string | undefined>();
  }
}
