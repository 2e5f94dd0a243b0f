import { decodeEntry, readEnvelope } from '../../../events/codec/decode.ts';
import type { LedgerReader } from '../../ledger/port.ts';

/**
 * Hears of bypasses that are opened while a round is under way: the round rests on the entries from before. It reads each entry once, and
 * only when it is asked.
 */
export class HandWatch {
  readonly #ledger: Pick<LedgerReader, 'read'>;
  readonly #shard: string;
  /** The last entry that was looked at. */
  #after: number;
  readonly #open = new Set<string>();

  constructor(of: {
    readonly ledger: Pick<LedgerReader, 'read'>;
    readonly shard: string;
    readonly after: number;
  }) {
    this.#ledger = of.ledger;
    this.#shard = of.shard;
    this.#after = of.after;
  }

  /** Whether a bypass was opened at a host since, and is open still. Throws what reading a ledger throws. */
  async isOpenedAt(host: string): Promise<boolean> {
    for await (const stored of this.#ledger.read({ after: this.#after })) {
      // Several hosts are driven side by side, and may ask at once.
      if (stored.seq <= this.#after) continue;
      this.#after = stored.seq;
      const { type } = readEnvelope(stored);
      if (type !== 'BypassOpened' && type !== 'BypassClosed') continue;
      const entry = decodeEntry(stored);
      if (entry.type === 'BypassOpened' && entry.data.shard === this.#shard) this.#open.add(entry.data.host);
      if (entry.type === 'BypassClosed' && entry.data.shard === this.#shard)
        this.#open.delete(entry.data.host);
    }
    return this.#open.has(host);
  }
}
