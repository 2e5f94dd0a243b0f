import { decodeEntry } from '../../../events/codec/decode.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { loadEstate, type Workspace } from '../../tasks/workspace.ts';

/** What a ledger says at a moment. */
export interface FactsOfLedger {
  /** How many entries there are. */
  readonly size: number;
  readonly estate: Projected<Estate>;
  /** How often each role was taken. */
  readonly terms: ReadonlyMap<string, number>;
}

/** How long a ledger may take to answer, in milliseconds: whoever asks for metrics does not wait for ever. */
const answerMsMax = 3_000;

/** What is asked of a ledger again and again. Only the entries since are read. */
export class LedgerFacts {
  readonly #workspace: Workspace;
  readonly #onSize: (size: number) => void;
  readonly #terms = new Map<string, number>();
  #seen = -1;
  #estate: Projected<Estate> | undefined;
  #reading: Promise<FactsOfLedger | undefined> | undefined;

  /** `onSize` hears how many entries there are, whenever that was looked at. */
  constructor(workspace: Workspace, { onSize }: { readonly onSize: (size: number) => void }) {
    this.#workspace = workspace;
    this.#onSize = onSize;
  }

  /** Undefined where the ledger cannot be read, or does not answer in time. */
  async now(): Promise<FactsOfLedger | undefined> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    const over = new AbortController();
    const late = this.#workspace.clock.sleep(answerMsMax, over.signal).then(() => undefined);
    const facts = await Promise.race([this.#reading, late]);
    over.abort();
    return facts;
  }

  async #read(): Promise<FactsOfLedger | undefined> {
    const { ledger, log } = this.#workspace;
    try {
      this.#estate =
        this.#estate === undefined ? await loadEstate(this.#workspace) : await this.#estate.catchUp(ledger);
      const { size } = await ledger.head();
      await this.#readTerms(size - 1);
      this.#onSize(size);
      return { size, estate: this.#estate, terms: this.#terms };
    } catch (error) {
      log.warn({ err: error }, 'the ledger cannot be read for metrics');
      this.#estate = undefined;
      return undefined;
    }
  }

  async #readTerms(to: number): Promise<void> {
    const { ledger } = this.#workspace;
    for await (const stored of ledger.read({ after: this.#seen, to, filter: { subjects: ['role'] } })) {
      const entry = decodeEntry(stored);
      if (entry.type === 'RoleTaken') this.#terms.set(entry.data.role, entry.data.term);
    }
    this.#seen = to;
  }
}
