import { KeptRefused } from '../../../projections/isolation/engine/kept-json.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { openHistory } from './history-file.ts';
import { HistoryIndex } from './history-index.ts';
import { IndexOfAnotherVersion } from './rows.ts';
import { isOf, isUnusable, pathOf, type KeptHistory } from './kept-history.ts';

/**
 * What was found of the index of a lane.
 * - `sound`: all of it is what was written, up to the entry before `size`.
 * - `unused`: it is of another ledger, of another version, or of an engine that judges otherwise: questions are answered without it.
 * - `damaged`: it was cut or edited, or cannot be read; `why` in words.
 */
export type ExaminedHistory =
  | { readonly kind: 'sound'; readonly size: number }
  | { readonly kind: 'unused' }
  | { readonly kind: 'damaged'; readonly why: string };

/** Reads the whole index of a lane; undefined where there is none. */
export function examineHistory(
  ledger: Pick<LedgerReader, 'id'>,
  of: { readonly lane: Lane; readonly history: KeptHistory },
): ExaminedHistory | undefined {
  let index: HistoryIndex | undefined;
  try {
    const opened = openHistory(pathOf(of));
    if (opened === undefined) return undefined;
    index = new HistoryIndex(opened);
    if (!isOf(index, ledger, of)) return { kind: 'unused' };
    index.requireWhole();
    return { kind: 'sound', size: index.meta.head.size };
  } catch (error) {
    if (error instanceof IndexOfAnotherVersion) return { kind: 'unused' };
    const isDamaged = error instanceof KeptRefused || isUnusable(error);
    if (!isDamaged || !(error instanceof Error)) throw error;
    return { kind: 'damaged', why: error.message };
  } finally {
    index?.close();
  }
}
