import { Engine } from '../../../projections/isolation/engine/engine.ts';
import { foldedFor } from '../../../projections/isolation/judging/lanes.ts';
import { IsolationState, type FoldedBatch } from '../../../projections/isolation/state.ts';
import { clockAhead } from '../../ledger/clocks.ts';
import { judgedAt } from '../../ledger/instants.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { replay, rootOf, type Cursor } from '../../ledger/replay.ts';
import { HistoryBuilding } from './history-building.ts';
import type { HistoryIndex } from './history-index.ts';
import { IndexDamaged } from './rows.ts';

/**
 * Brings an index up to the head of its ledger, and up to now: entries that are in it are folded, and only what came since is judged. True if
 * the new one is there. Throws IndexDamaged where it cannot go on: the ledger is another one, or an entry came from before a time that was
 * judged; KeptRefused, VerifierDisagrees, and the errors of reading a ledger.
 */
export async function catchUp(
  index: HistoryIndex,
  ledger: LedgerReader,
  { path, now }: { readonly path: string; readonly now: string },
): Promise<boolean> {
  using catching = new CatchingUp(index, path);
  const head = await ledger.head();
  if (head.size < index.meta.head.size) return false;
  const cursor = await replay(ledger, {
    onBatch: (batch) => {
      catching.follow(batch);
    },
    onSettled: (settled) => {
      catching.confirm(settled);
    },
  });
  return catching.finish({ head, cursor, now });
}

class CatchingUp {
  readonly #index: HistoryIndex;
  readonly #path: string;
  readonly #state: IsolationState;
  #going: { readonly engine: Engine; readonly building: HistoryBuilding } | undefined;
  #isConfirmed = false;

  constructor(index: HistoryIndex, path: string) {
    this.#index = index;
    this.#path = path;
    this.#state = new IsolationState(foldedFor(index.meta.lane));
  }

  follow(batch: FoldedBatch): void {
    const { meta } = this.#index;
    if (batch.last < meta.cursor.size) {
      this.#state.follow(batch);
      return;
    }
    const { byClock } = meta;
    if (byClock !== null && batch.recordedAt <= byClock)
      throw new IndexDamaged('an entry is from before a time that was judged');
    const { engine, building } = this.#goOn();
    engine.follow(batch);
    building.follow(batch, this.#state);
  }

  /** The entries up to the place of the index must be those that it is of. */
  confirm(settled: Cursor): void {
    const { cursor } = this.#index.meta;
    if (settled.size === cursor.size) this.#isConfirmed = rootOf(settled) === rootOf(cursor);
  }

  finish({
    head,
    cursor,
    now,
  }: {
    head: { size: number; root: string };
    cursor: Cursor;
    now: string;
  }): boolean {
    const { recordedAt } = this.#state;
    if (clockAhead({ recordedAt, now }) !== undefined) return false;
    const { engine, building } = this.#goOn();
    const passed = judgedAt(now, recordedAt);
    engine.passTime(passed, { including: true });
    return building.finish({ head, cursor, passed, engine });
  }

  [Symbol.dispose](): void {
    this.#going?.building.drop();
  }

  #goOn(): { readonly engine: Engine; readonly building: HistoryBuilding } {
    if (this.#going !== undefined) return this.#going;
    if (!this.#isConfirmed) throw new IndexDamaged('it is of other entries');
    const { ledger, lane, engine: code } = this.#index.meta;
    const state = this.#state;
    const building = new HistoryBuilding(
      this.#path,
      { ledger, lane, engine: code },
      { index: this.#index, state },
    );
    const engine: Engine = Engine.resumed(
      lane,
      (stop) => {
        building.look(stop, engine);
      },
      { state, kept: this.#index.kept() },
    );
    this.#going = { engine, building };
    return this.#going;
  }
}
