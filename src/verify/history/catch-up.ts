import type { Engine } from '../../../projections/isolation/engine/engine.ts';
import type { FoldedBatch } from '../../../projections/isolation/state.ts';
import { clockAhead } from '../../ledger/clocks.ts';
import { judgedAt } from '../../ledger/instants.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { replay, type Cursor } from '../../ledger/replay.ts';
import { HistoryBuilding } from './history-building.ts';
import type { HistoryIndex } from './history-index.ts';
import { Resuming } from './resuming.ts';

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
  readonly #resuming: Resuming;
  readonly #path: string;
  #going: { readonly engine: Engine; readonly building: HistoryBuilding } | undefined;

  constructor(index: HistoryIndex, path: string) {
    this.#resuming = new Resuming(index);
    this.#path = path;
  }

  follow(batch: FoldedBatch): void {
    if (this.#resuming.fold(batch)) return;
    const { engine, building } = this.#goOn();
    engine.follow(batch);
    building.follow(batch, engine.state);
  }

  confirm(settled: Cursor): void {
    this.#resuming.confirm(settled);
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
    const { recordedAt } = this.#resuming.state;
    if (clockAhead({ recordedAt, now }) !== undefined) return false;
    const { engine, building } = this.#goOn();
    const passed = judgedAt(now, recordedAt);
    engine.passTime(passed, { including: true });
    return building.finish({ head, cursor, passed, engine }) !== undefined;
  }

  [Symbol.dispose](): void {
    this.#going?.building.drop();
  }

  #goOn(): { readonly engine: Engine; readonly building: HistoryBuilding } {
    if (this.#going !== undefined) return this.#going;
    const { index, state } = this.#resuming;
    const engine: Engine = this.#resuming.engine((stop) => this.#going?.building.look(stop, engine));
    const building = new HistoryBuilding(this.#path, index.meta, { index, state });
    this.#going = { engine, building };
    return this.#going;
  }
}
