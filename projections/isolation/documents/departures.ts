import type { EventData } from '../../../events/catalogue.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';

const digestOfNothing = digestOfObjects([]);

/** A host in one shard. It may also be in an old shard that has not emptied it yet. */
export interface Membership {
  readonly host: string;
  readonly shard: string;
}

/**
 * The hosts that were retired from a shard, and have not acknowledged yet that they hold nothing of it. A host that
 * is registered again in the same shard need not be emptied any more. A host that is registered in another shard must
 * be.
 */
export class Departures {
  /** By host, the shard that it is of. */
  readonly #placed = new Map<string, string>();
  /** Hosts in use of which a person said that they are gone, until a document of theirs is recorded, or they answer. */
  readonly #aside = new Set<string>();
  readonly #leaving = new Map<string, Set<string>>();

  /** True if the host was said to be gone before. */
  place({ host, shard }: Membership): boolean {
    this.#placed.set(host, shard);
    this.#forget({ host, shard });
    return this.#aside.delete(host);
  }

  /** A host that acknowledges something is there, whatever was said of it. */
  answer({ host, shard }: Membership): void {
    if (this.#placed.get(host) === shard) this.#aside.delete(host);
  }

  /** One that is gone need not be emptied. */
  retire({ host, shard }: Membership): void {
    this.#placed.delete(host);
    if (this.#aside.delete(host)) return;
    this.#leaving.set(host, this.#shardsLeft(host).add(shard));
  }

  isLeaving({ host, shard }: Membership): boolean {
    return this.#shardsLeft(host).has(shard);
  }

  /** Takes the acknowledgement that a host holds nothing. If it does not count, returns the reason in words. */
  clear({ host, shard, digest }: EventData<'HostCleared'>): string | undefined {
    if (!this.isLeaving({ host, shard })) return 'the host was not retired from that shard';
    if (digest !== digestOfNothing) return 'the digest is not that of the empty set';
    this.#forget({ host, shard });
    return undefined;
  }

  /** Takes a person's word that a host is gone. If it does not count, returns the reason in words. */
  lose({ host, shard }: Membership): string | undefined {
    if (this.isLeaving({ host, shard })) {
      this.#forget({ host, shard });
      return undefined;
    }
    if (this.#placed.get(host) !== shard) return 'the host is not of that shard';
    this.#aside.add(host);
    return undefined;
  }

  /** True if the host is in no shard, and no shard has to empty it. */
  isGone(host: string): boolean {
    return !this.#placed.has(host) && !this.#leaving.has(host);
  }

  #shardsLeft(host: string): Set<string> {
    return this.#leaving.get(host) ?? new Set();
  }

  #forget({ host, shard }: Membership): void {
    const shards = this.#shardsLeft(host);
    shards.delete(shard);
    if (shards.size === 0) this.#leaving.delete(host);
  }
}
