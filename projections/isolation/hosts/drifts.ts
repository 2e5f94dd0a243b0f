/** A host as one shard's. */
interface Membership {
  readonly host: string;
  readonly shard: string;
}

/**
 * Hosts that were read and did not hold what they had acknowledged to a shard, until they do again: so long, what they
 * acknowledged is not what they are known to hold.
 */
export class Drifts {
  /** By host: the shards whose sets it was found not to hold. */
  readonly #open = new Map<string, Set<string>>();

  detect({ host, shard }: Membership): void {
    this.#open.set(host, this.#shardsOf(host).add(shard));
  }

  end({ host, shard }: Membership): void {
    this.keep(host, (open) => open !== shard);
  }

  /** Ends a host's drift from the sets of all other shards. */
  keep(host: string, isKept: (shard: string) => boolean): void {
    const kept = new Set([...this.#shardsOf(host)].filter(isKept));
    if (kept.size > 0) this.#open.set(host, kept);
    else this.#open.delete(host);
  }

  /** Each host once. */
  hosts(): string[] {
    return [...this.#open.keys()];
  }

  #shardsOf(host: string): Set<string> {
    return this.#open.get(host) ?? new Set();
  }
}
