import { Engine, type Stop } from '../../../projections/isolation/engine/engine.ts';
import { foldedFor } from '../../../projections/isolation/judging/lanes.ts';
import { IsolationState, type FoldedBatch } from '../../../projections/isolation/state.ts';
import { rootOf, type Cursor } from '../../ledger/replay.ts';
import type { HistoryIndex } from './history-index.ts';
import { IndexDamaged } from './rows.ts';

/** Folds the entries that are in an index, and judges none of them: an engine goes on after the last one. */
export class Resuming {
  readonly index: HistoryIndex;
  readonly state: IsolationState;
  #isConfirmed = false;

  constructor(index: HistoryIndex) {
    this.index = index;
    this.state = new IsolationState(foldedFor(index.meta.lane));
  }

  /**
   * Takes the next batch. False for one that came after the index, and is to be judged. Throws IndexDamaged where that is from before a time
   * that was judged: then what followed from time alone is void.
   */
  fold(batch: FoldedBatch): boolean {
    const { cursor, byClock } = this.index.meta;
    if (batch.last < cursor.size) {
      this.state.follow(batch);
      return true;
    }
    if (byClock !== null && batch.recordedAt <= byClock)
      throw new IndexDamaged('an entry is from before a time that was judged');
    return false;
  }

  /** Takes each place of the reader: the entries up to the place of the index must be those that it is of. */
  confirm(settled: Cursor): void {
    const { cursor } = this.index.meta;
    if (settled.size === cursor.size) this.#isConfirmed = rootOf(settled) === rootOf(cursor);
  }

  /** The engine, once all entries of the index are folded. Throws IndexDamaged if they are others, and KeptRefused. */
  engine(look: (stop: Stop) => void): Engine {
    if (!this.#isConfirmed) throw new IndexDamaged('it is of other entries');
    const { index, state } = this;
    return Engine.resumed(index.meta.lane, look, { state, kept: index.kept() });
  }
}
