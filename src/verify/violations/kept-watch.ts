import { KeptRefused } from '../../../projections/isolation/engine/kept-json.ts';
import { clockAhead } from '../../ledger/clocks.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { Fault } from '../../runtime/errors.ts';
import { turnsBy } from '../../runtime/next-turn.ts';
import type { HistoryIndex } from '../history/history-index.ts';
import { HistoryKeeping } from '../history/history-keeping.ts';
import { indexAt, isOf, isUnusable, pathOf, type KeptHistory } from '../history/kept-history.ts';
import { Resuming } from '../history/resuming.ts';
import { keptStops } from './kept-stops.ts';
import {
  isToJudgeLater,
  LiveWatch,
  type Recording,
  type ViolationWatch,
  type WatchedBy,
  type WatchHeld,
} from './violation-watch.ts';

/**
 * A watch that begins with what is kept of the applied lane, where that is of this ledger, this code, and a time that the clock allows: the
 * entries of it are folded, and not judged again. Otherwise it begins with the first entry. What it comes to is kept.
 */
export class KeptWatch implements ViolationWatch {
  readonly #history: KeptHistory;
  #watch: LiveWatch | undefined;
  #index: HistoryIndex | undefined;

  constructor(history: KeptHistory) {
    this.#history = history;
  }

  get judged(): ViolationWatch['judged'] {
    return this.#watch?.judged ?? { seq: -1, time: '' };
  }

  get next(): string | undefined {
    return this.#watch?.next;
  }

  due(): Recording | undefined {
    return this.#watch?.due();
  }

  async catchUp(ledger: LedgerReader, by: WatchedBy): Promise<WatchHeld | undefined> {
    try {
      this.#watch ??= await this.#resuming(ledger, by);
      if (this.#watch !== undefined) return await this.#watch.catchUp(ledger, by);
    } catch (error) {
      if (!(error instanceof KeptRefused) && (error instanceof Fault || !isUnusable(error))) throw error;
      this.drop();
    }
    this.#watch = new LiveWatch({ keeping: () => this.#keeping(ledger) });
    return this.#watch.catchUp(ledger, by);
  }

  keep(): void {
    this.#watch?.keep();
  }

  close(): void {
    this.#watch?.close();
  }

  drop(): void {
    this.#watch?.drop();
    this.#index?.close();
  }

  /** Undefined where nothing is kept that it can begin with. */
  async #resuming(ledger: LedgerReader, { clock }: WatchedBy): Promise<LiveWatch | undefined> {
    const index = indexAt(this.#path);
    if (index === undefined) return undefined;
    this.#index = index;
    const { last, byClock } = index.meta;
    const now = clock.now();
    const isAhead =
      clockAhead({ ...last, now }) !== undefined || (byClock !== null && isToJudgeLater(byClock, now));
    if (isAhead || !isOf(index, ledger, { lane: 'applied', history: this.#history })) {
      index.close();
      return undefined;
    }
    const resuming = new Resuming(index);
    return new LiveWatch({
      kept: { resuming, stops: await keptStops(index, turnsBy(clock)) },
      keeping: () => this.#keeping(ledger, resuming),
    });
  }

  #keeping({ id: ledger }: LedgerReader, former?: Resuming): HistoryKeeping {
    return new HistoryKeeping(this.#path, { ledger, lane: 'applied', engine: this.#history.engine }, former);
  }

  get #path(): string {
    return pathOf({ lane: 'applied', history: this.#history });
  }
}
