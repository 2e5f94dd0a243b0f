import { decodeEntry } from '../../../events/codec/decode.ts';
import { violationKey, violationKinds, type ViolationKind } from '../../../events/verification.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { loadEstate, type Workspace } from '../../tasks/workspace.ts';
import { estateMetrics } from './estate-metrics.ts';
import type { Metric } from './exposition.ts';

/** What a ledger says at a moment. */
export interface FactsOfLedger {
  /** How many entries there are. */
  readonly size: number;
  /** When the last entry was recorded that takes effect; undefined before the first. */
  readonly recordedAt: string | undefined;
  readonly ofEstate: readonly Metric[];
  /** How often each role was taken. */
  readonly terms: ReadonlyMap<string, number>;
  /** The violations that are recorded and not over, by what they are against. */
  readonly violations: ReadonlyMap<ViolationKind, number>;
}

/** How long a ledger may take to answer, in milliseconds: the first time, and where something is known of it already. */
const answerMsMax = { first: 3_000, again: 1_000 };

/** What is asked of a ledger again and again. Only the entries since are read. */
export class LedgerFacts {
  readonly #workspace: Workspace;
  readonly #terms = new Map<string, number>();
  readonly #violations = new Map<string, ViolationKind>();
  #seen = -1;
  #estate: Projected<Estate> | undefined;
  #known: FactsOfLedger | undefined;
  #reading: Promise<FactsOfLedger | undefined> | undefined;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** What was read last, however long ago; undefined where nothing was. */
  get known(): FactsOfLedger | undefined {
    return this.#known;
  }

  /** Undefined where the ledger cannot be read, or does not answer in time. */
  async now(): Promise<FactsOfLedger | undefined> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    const over = new AbortController();
    const withinMs = this.#known === undefined ? answerMsMax.first : answerMsMax.again;
    const late = this.#workspace.clock.sleep(withinMs, over.signal).then(() => undefined);
    const facts = await Promise.race([this.#reading, late]);
    over.abort();
    return facts;
  }

  async #read(): Promise<FactsOfLedger | undefined> {
    const { ledger, log } = this.#workspace;
    try {
      const estate =
        this.#estate === undefined ? await loadEstate(this.#workspace) : await this.#estate.catchUp(ledger);
      this.#estate = estate;
      const { size } = await ledger.head();
      await this.#readRecords(size - 1);
      const { recordedAt, state } = estate;
      const facts = { terms: this.#terms, violations: countsOf(this.#violations.values()) };
      this.#known = { size, recordedAt, ofEstate: estateMetrics(state), ...facts };
      return this.#known;
    } catch (error) {
      log.warn({ err: error }, 'the ledger cannot be read for metrics');
      this.#estate = undefined;
      return undefined;
    }
  }

  async #readRecords(to: number): Promise<void> {
    const { ledger } = this.#workspace;
    const filter = { subjects: ['role', 'verify'] };
    for await (const stored of ledger.read({ after: this.#seen, to, filter })) {
      const { type, data } = decodeEntry(stored);
      if (type === 'RoleTaken') this.#terms.set(data.role, data.term);
      else if (type === 'IsolationViolated') this.#violations.set(violationKey(data), data.kind);
      else if (type === 'IsolationRestored') this.#violations.delete(violationKey(data));
    }
    this.#seen = to;
  }
}

function countsOf(open: Iterable<ViolationKind>): ReadonlyMap<ViolationKind, number> {
  const counts = new Map(violationKinds.map((kind) => [kind, 0]));
  for (const kind of open) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
