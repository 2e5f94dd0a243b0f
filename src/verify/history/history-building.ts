import type { Engine, Stop } from '../../../projections/isolation/engine/engine.ts';
import type { EngineListener } from '../../../projections/isolation/history/interval-engine.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import type { Cursor } from '../../ledger/replay.ts';
import { LinkInTheWay } from '../../runtime/durable-file.ts';
import { sqliteCode } from '../../runtime/sqlite-result.ts';
import { NewHistory } from './history-file.ts';
import type { HistoryIndex } from './history-index.ts';
import type { HistoryMeta } from './history-meta.ts';
import { HistoryRecorder } from './history-recorder.ts';

/** What an index is of. */
export type HistorySubject = Pick<HistoryMeta, 'ledger' | 'lane' | 'engine'>;

/** Where an engine came to, once the last batch was followed, and the clock after that. */
export interface HistoryEnd extends Pick<HistoryMeta, 'head' | 'passed'> {
  readonly cursor: Cursor;
  readonly engine: Engine;
}

/**
 * Writes an index beside a question that an engine answers. Where it cannot be written, as for lack of rights or of room, the question is
 * answered all the same, and nothing is kept.
 */
export class HistoryBuilding implements EngineListener {
  readonly #path: string;
  readonly #of: HistorySubject;
  #written: { readonly file: NewHistory; readonly recorder: HistoryRecorder } | undefined;

  /** Goes on from an index, with the state that its entries come to, if these are given. */
  constructor(path: string, of: HistorySubject, former?: { index: HistoryIndex; state: IsolationState }) {
    const { ledger, lane, engine } = of;
    this.#path = path;
    this.#of = { ledger, lane, engine };
    this.#orGiveUp(() => {
      const file = new NewHistory(this.#path, former?.index);
      this.#written = { file, recorder: new HistoryRecorder(file.lists, of.lane, former) };
    });
  }

  readonly look = (stop: Stop, engine: Engine): void => {
    this.#orGiveUp(() => this.#written?.recorder.look(stop, engine));
  };

  readonly follow = (batch: FoldedBatch, state: IsolationState): void => {
    this.#orGiveUp(() => this.#written?.recorder.follow(batch, state));
  };

  /** Puts the index in its place, and gives what it says of itself; undefined where it is not there. */
  finish({ cursor, head, passed, engine }: HistoryEnd): HistoryMeta | undefined {
    let written: HistoryMeta | undefined;
    this.#orGiveUp(() => {
      const { file, recorder } = this.#written ?? {};
      const reached = recorder?.reached;
      if (file === undefined || reached === undefined) return;
      const { size, frontier } = cursor;
      const end = { cursor: { size, frontier: [...frontier] }, head, passed, next: engine.next ?? null };
      written = file.finish({ ...this.#of, ...end, ...reached }, engine.takeKept());
    });
    this.drop();
    return written;
  }

  /** Leaves what was there as it is. */
  drop(): void {
    this.#written?.file.drop();
    this.#written = undefined;
  }

  [Symbol.dispose](): void {
    this.drop();
  }

  #orGiveUp(deed: () => void): void {
    try {
      deed();
    } catch (error) {
      this.drop();
      if (!isOfTheSystem(error)) throw error;
    }
  }
}

/** Nothing can be written there, for whatever reason. */
function isOfTheSystem(error: unknown): boolean {
  if (error instanceof LinkInTheWay || sqliteCode(error) !== undefined) return true;
  return error instanceof Error && 'syscall' in error;
}
