import { RolesUnavailable } from '../../../src/roles/faults.ts';
import type { StoredLease } from '../../../src/roles/nats/lease-store.ts';

/** Where the servers of a broker keep leases: a text under each key, written only by who saw the last one. */
export class LeasePlace {
  readonly #stored = new Map<string, StoredLease>();
  readonly #now: () => string;
  #revision = 0;
  isAway = false;

  constructor(now: () => string) {
    this.#now = now;
  }

  get(key: string): StoredLease | undefined {
    this.#requireThere();
    return this.#stored.get(key);
  }

  put(key: string, text: string, after: number): number | undefined {
    this.#requireThere();
    if ((this.#stored.get(key)?.revision ?? 0) !== after) return undefined;
    this.#revision += 1;
    this.#stored.set(key, { text, revision: this.#revision, writtenAt: new Date(this.#now()) });
    return this.#revision;
  }

  keys(): string[] {
    this.#requireThere();
    return [...this.#stored.keys()];
  }

  #requireThere(): void {
    if (this.isAway) throw new RolesUnavailable('no server leads');
  }
}
