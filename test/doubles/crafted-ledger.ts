import type { StoredEntry } from '../../events/entry.ts';
import { StoreUnavailable } from '../../src/ledger/faults.ts';
import { leafHash } from '../../src/ledger/merkle/hash.ts';
import type { AppendResult, Head, Ledger, ReadRange, SubscriptionItem } from '../../src/ledger/port.ts';
import { plainRoot } from './plain-root.ts';

/** A ledger that holds just the bytes it was given, sound or not. Nothing can be appended. */
export class CraftedLedger implements Ledger {
  readonly id = '00000000-0000-7000-8000-000000000000';
  readonly capabilities = { writeBytesMax: undefined, durability: 'memory' } as const;
  readonly entries: readonly Uint8Array[];
  readonly #hidden = new Set<number>();
  #claimed: Head;
  #readable = Infinity;

  constructor(entries: readonly Uint8Array[]) {
    this.entries = entries;
    this.#claimed = { size: entries.length, root: plainRoot(entries.map(leafHash)) };
  }

  /** Loses an entry, while the head still counts it. */
  hide(seq: number): void {
    this.#hidden.add(seq);
  }

  /** States another head than that of its entries. */
  claim(head: Head): void {
    this.#claimed = head;
  }

  /** The next read fails after so many entries. */
  failNextReadAfter(entries: number): void {
    this.#readable = entries;
  }

  append(): Promise<AppendResult> {
    return Promise.reject(new Error('nothing can be appended to a crafted ledger'));
  }

  async *read({ after = -1, to = Infinity }: ReadRange = {}): AsyncGenerator<StoredEntry, void, undefined> {
    let readable = this.#readable;
    this.#readable = Infinity;
    for (const [seq, bytes] of this.entries.entries()) {
      if (seq <= after || seq > to || this.#hidden.has(seq)) continue;
      if (readable === 0) throw new StoreUnavailable('the store cannot be read');
      readable -= 1;
      yield await Promise.resolve({ seq, bytes });
    }
  }

  subscribe(): AsyncIterable<SubscriptionItem> {
    throw new Error('nothing will ever come to a crafted ledger');
  }

  head(): Promise<Head> {
    return Promise.resolve(this.#claimed);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
