import type { Membership } from '../documents/departures.ts';

/**
 * Hosts that were found not to hold the set that they acknowledged to a shard, until that is put right. Until then it
 * is not known what they hold.
 */
export class Drifts {
  /** By host, the shards whose sets it was found not to hold. */
  readonly #open = new Map<string, Set<string>>();

  /** True if it was not open already. */
  detect({ host, shard }: Membership): boolean {
    const open = this.#shardsOf(host);
    const isNew = !open.has(shard);
    this.#open.set(host, open.add(shard));
    return isNew;
  }

  end({ host, shard }: Membership): void {
    this.keep(host, (open) => open !== shard);
  }

  /** Ends a host's drift from the sets of all shards but those that are kept. */
  keep(host: string, isKept: (shard: string) => boolean): void {
    const kept = new Set([...this.#shardsOf(host)].filter(isKept));
    if (kept.size > 0) this.#open.set(host, kept);
    else this.#open.delete(host);
  }

  /** The hosts with an open drift, each once. */
  hosts(): string[] {
    return [...this.#open.keys()];
  }

  #shardsOf(host: string): Set<string> {
    return this.#open.get(host) ?? new Set();
  }
}
