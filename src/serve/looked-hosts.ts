/** Which hosts of a shard were read whole, since all of them were to be, and since somebody else may have changed them. */
export class LookedHosts {
  /** By host, when it was seen whole, and right. */
  readonly seen = new Map<string, string>();
  /** Hosts that were found otherwise. While a person changes one by hand, that is left. */
  readonly #otherwise = new Set<string>();

  found(drifted: Iterable<{ readonly host: string }>): void {
    for (const { host } of drifted) this.#otherwise.add(host);
  }

  forget(hosts: Iterable<string>): void {
    for (const host of hosts) {
      this.seen.delete(host);
      this.#otherwise.delete(host);
    }
  }

  forgetAll(): void {
    this.seen.clear();
    this.#otherwise.clear();
  }

  /** Whether one of the hosts is to be read whole. `byHand`: hosts that persons change by hand. */
  isAnyUnseen(hosts: Iterable<string>, byHand: { has(host: string): boolean }): boolean {
    return [...hosts].some(
      (host) => !this.seen.has(host) && !(byHand.has(host) && this.#otherwise.has(host)),
    );
  }
}
