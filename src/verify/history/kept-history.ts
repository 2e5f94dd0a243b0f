import { join } from 'node:path';
import type { IntervalAnswer, IntervalQuestion } from '../../../projections/isolation/history/interval.ts';
import type { Vouched } from '../../../projections/isolation/hosts/vouches.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { IsolationState } from '../../../projections/isolation/state.ts';
import { requireRootOfHead } from '../../ledger/checked-entries.ts';
import { LedgerDamaged } from '../../ledger/faults.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { sqliteCode } from '../../runtime/sqlite-result.ts';
import type { AskersClock } from '../fold.ts';
import { followInterval } from '../follow-interval.ts';
import type { IntervalEnds, LedgerInterval } from '../interval.ts';
import { HistoryBuilding } from './history-building.ts';
import { openHistory } from './history-file.ts';
import { HistoryIndex } from './history-index.ts';
import { HistoryWalk } from './history-walk.ts';
import { intervalIn } from './indexed-interval.ts';
import { IndexDamaged } from './rows.ts';
import type { AskedNames } from './wanted-pairs.ts';

/** Where it is kept what engines came to over a ledger. */
export interface KeptHistory {
  readonly folder: string;
  /** The digest of the code that judges: what another one came to is not used. */
  readonly engine: string;
}

/** An interval, and what was so in it. */
export interface AnsweredInterval {
  readonly interval: LedgerInterval;
  readonly answer: IntervalAnswer;
  /** Every word that a host is gone, as it stood at the end of the interval. */
  readonly vouched: readonly Vouched[];
}

interface AskedOfHistory extends Pick<IntervalQuestion, 'lane' | 'wanted' | 'reach'>, IntervalEnds {
  readonly names: AskedNames;
  readonly clock: AskersClock;
  readonly history: KeptHistory;
}

/**
 * What an index says of an interval; undefined where there is none of this ledger as it is, or where it does not reach so far. Every entry
 * is hashed before that, so that the answer is of what the ledger holds. Throws IntervalReversed, NoSuchInstant, UnknownEnd, and the errors of reading a
 * ledger.
 */
export async function fromHistory(
  ledger: LedgerReader,
  asked: AskedOfHistory,
): Promise<AnsweredInterval | undefined> {
  const index = indexAt(pathOf(asked));
  if (index === undefined) return undefined;
  try {
    if (!(await isOf(index, ledger, asked))) return undefined;
    return await answerBy(index, ledger, asked);
  } catch (error) {
    if (isUnusable(error)) return undefined;
    throw error;
  } finally {
    index.close();
  }
}

/** What is to be kept of an engine that follows a ledger up to now; undefined where nothing is. */
export function buildingOf(
  ledger: Pick<LedgerReader, 'id'>,
  of: { readonly lane: Lane; readonly interval: LedgerInterval; readonly history: KeptHistory },
): HistoryBuilding | undefined {
  const { lane, interval, history } = of;
  if (interval.end !== 'everything') return undefined;
  return new HistoryBuilding(pathOf(of), { ledger: ledger.id, lane, engine: history.engine });
}

function pathOf({ lane, history }: { readonly lane: Lane; readonly history: KeptHistory }): string {
  return join(history.folder, `${lane}.sqlite`);
}

function indexAt(path: string): HistoryIndex | undefined {
  try {
    const opened = openHistory(path);
    return opened && new HistoryIndex(opened);
  } catch (error) {
    if (isUnusable(error)) return undefined;
    throw error;
  }
}

/** Whether an index is of this ledger, at its head, and every entry is as it was then. */
async function isOf(
  { meta }: HistoryIndex,
  ledger: LedgerReader,
  { lane, history }: AskedOfHistory,
): Promise<boolean> {
  const { size, root } = await ledger.head();
  if (meta.ledger !== ledger.id || meta.lane !== lane || meta.engine !== history.engine) return false;
  if (meta.head.size !== size || meta.head.root !== root) return false;
  try {
    await requireRootOfHead(ledger);
    return true;
  } catch (error) {
    // Whoever reads the entries one by one tells what is wrong with them.
    if (error instanceof LedgerDamaged) return false;
    throw error;
  }
}

async function answerBy(
  index: HistoryIndex,
  ledger: LedgerReader,
  { clock, names, from, to, ...about }: AskedOfHistory,
): Promise<AnsweredInterval | undefined> {
  const interval = intervalIn(index, { from, to }, clock);
  if (interval === undefined) return undefined;
  const during = { from: interval.from.seq, to: interval.to.seq };
  if (names.some((name) => name !== undefined && !index.isNamed(name, during))) {
    await requireNames(ledger, interval, names);
    return undefined;
  }
  const { lane, wanted, reach } = about;
  const asked = { lane, wanted, reach, names, interval, known: interval.known };
  const answer = new HistoryWalk(index, asked).answer();
  return { interval, answer, vouched: index.vouchedAt(interval.to.seq) };
}

/** Throws UnknownEnd, with what there is to say about the name. */
async function requireNames(
  ledger: LedgerReader,
  interval: LedgerInterval,
  names: AskedNames,
): Promise<void> {
  const state = new IsolationState();
  const follower = {
    state,
    follow: (batch: Parameters<IsolationState['follow']>[0]) => {
      state.follow(batch);
    },
    answer: () => undefined,
  };
  await followInterval(ledger, follower, { interval, names });
}

/** An index that cannot be read, or is not what was written: it is as if there were none. */
function isUnusable(error: unknown): boolean {
  if (error instanceof IndexDamaged || sqliteCode(error) !== undefined) return true;
  return error instanceof Error && 'syscall' in error;
}
