import { isDeepStrictEqual } from 'node:util';
import type { Engine, Stop } from '../../../projections/isolation/engine/engine.ts';
import type { EngineListener } from '../../../projections/isolation/history/interval-engine.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import { HistoryBuilding, type HistoryEnd, type HistorySubject } from './history-building.ts';
import type { HistoryIndex } from './history-index.ts';
import type { HistoryMeta } from './history-meta.ts';
import { indexAt } from './kept-history.ts';
import { IndexDamaged } from './rows.ts';

/** An index, and the state that its entries come to. */
interface FoldedIndex {
  readonly index: HistoryIndex;
  readonly state: IsolationState;
}

/**
 * Keeps what an engine comes to, again and again. Each index begins as a copy of the former one, which costs the whole file: so it is
 * for who saves rarely. Where others put an index of their own in the way, or nothing can be written, nothing is kept any more.
 */
export class HistoryKeeping implements EngineListener {
  readonly #path: string;
  readonly #of: HistorySubject;
  #building: HistoryBuilding | undefined;
  #former: HistoryIndex | undefined;
  /** What is in its place, as long as the engine is where it was then. */
  #saved: HistoryMeta | undefined;

  /** Goes on from an index if one is given, and closes it in the end. */
  constructor(path: string, of: HistorySubject, former?: FoldedIndex) {
    this.#path = path;
    this.#of = of;
    this.#begin(former);
  }

  readonly look = (stop: Stop, engine: Engine): void => {
    this.#saved = undefined;
    this.#building?.look(stop, engine);
  };

  readonly follow = (batch: FoldedBatch, state: IsolationState): void => {
    this.#saved = undefined;
    this.#building?.follow(batch, state);
  };

  /** Puts an index in its place, if the engine went on since the last one. Before it goes on again, `goOn` is to be called. */
  save(end: HistoryEnd): void {
    if (this.#saved !== undefined) return;
    const saved = this.#building?.finish(end);
    this.drop();
    this.#saved = saved;
  }

  /** Makes ready for what comes after what was saved, if it was. */
  goOn(state: IsolationState): void {
    if (this.#building !== undefined || this.#saved === undefined) return;
    const index = indexAt(this.#path);
    if (index !== undefined && isDeepStrictEqual(index.meta, this.#saved)) this.#begin({ index, state });
    else index?.close();
  }

  /** Leaves what was saved as it is. */
  drop(): void {
    this.#building?.drop();
    this.#building = undefined;
    this.#former?.close();
    this.#former = undefined;
  }

  #begin(former?: FoldedIndex): void {
    this.#former = former?.index;
    this.#saved = former?.index.meta;
    try {
      this.#building = new HistoryBuilding(this.#path, this.#of, former);
    } catch (error) {
      this.drop();
      // Others were faster, and theirs stays.
      if (!(error instanceof IndexDamaged)) throw error;
    }
  }
}
