import { readEnvelope } from '../../../events/codec/decode.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { ownersOf } from '../../tasks/history-filter.ts';
import { requireOwner } from '../../tasks/history.ts';

/** The tenants and externals that a ledger tells of, retired ones included. */
export class Owners {
  readonly #ledger: LedgerReader;
  readonly #known = new Set<string>();
  #seen = -1;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ledger: LedgerReader) {
    this.#ledger = ledger;
  }

  /** Throws UsageError for a name that the ledger does not know: no events must mean that nothing happened. */
  async require(name: string): Promise<void> {
    if (this.#known.has(name)) return;
    const looked = this.#last.then(() => this.#catchUp());
    this.#last = looked.catch(() => undefined);
    await looked;
    requireOwner(name, this.#known);
  }

  async #catchUp(): Promise<void> {
    for await (const entry of this.#ledger.read({ after: this.#seen })) {
      for (const owner of ownersOf(readEnvelope(entry))) this.#known.add(owner);
      this.#seen = entry.seq;
    }
  }
}
