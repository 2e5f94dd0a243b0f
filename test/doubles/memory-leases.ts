import { RolesUnavailable } from '../../src/roles/faults.ts';
import type { LeaseStore, StoredLease } from '../../src/roles/nats/lease-store.ts';

/** What a write comes to beside its being done. */
type Mishap = 'none' | 'not-done' | 'answer-lost';

/** Where leases are kept, in memory: it can be away, and lose answers. */
export class MemoryLeases implements LeaseStore {
  readonly #stored = new Map<string, StoredLease>();
  #revision = 0;
  /** What happens to the writes to come, the next one first; nothing to those after. */
  readonly mishaps: Mishap[] = [];
  isAway = false;
  now = new Date('2026-03-01T12:00:00.000Z');

  get(key: string): Promise<StoredLease | undefined> {
    return this.#answer(() => this.#stored.get(key));
  }

  put(key: string, text: string, after: number): Promise<number | undefined> {
    const mishap = this.mishaps.shift() ?? 'none';
    return this.#answer(() => {
      if (mishap === 'not-done') throw new RolesUnavailable('away');
      if ((this.#stored.get(key)?.revision ?? 0) !== after) return undefined;
      this.#revision += 1;
      this.#stored.set(key, { text, revision: this.#revision, writtenAt: this.now });
      if (mishap === 'answer-lost') throw new RolesUnavailable('lost');
      return this.#revision;
    });
  }

  keys(): Promise<string[]> {
    return this.#answer(() => [...this.#stored.keys()]);
  }

  #answer<T>(answer: () => T): Promise<T> {
    if (this.isAway) return Promise.reject(new RolesUnavailable('away'));
    return Promise.try(answer);
  }
}
