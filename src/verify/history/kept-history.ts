import { join } from 'node:path';
import { KeptRefused } from '../../../projections/isolation/engine/kept-json.ts';
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
import { catchUp } from './catch-up.ts';
import { HistoryBuilding } from './history-building.ts';
import { openHistory } from './history-file.ts';
import { HistoryIndex } from './history-index.ts';
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
export interface AnsweredInterval<Answer> {
  readonly interval: LedgerInterval;
  readonly answer: Answer;
  /** Every word that a host is gone, as it stood at the end of the interval. */
  readonly vouched: readonly Vouched[];
}

interface AskedOfHistory extends IntervalEnds {
  readonly lane: Lane;
  /** The ends that are asked about. */
  readonly names: AskedNames;
  readonly clock: AskersClock;
  readonly history: KeptHistory;
}

/** Asks an index about an interval. */
type AskIndex<Answer> = (index: HistoryIndex, interval: LedgerInterval) => Answer | Promise<Answer>;

/**
 * What an index says of an interval; undefined where there is none of this ledger. One that does not reach so far is brought up to now
 * first. Every entry is hashed before that, so that the answer is of what the ledger holds. Throws IntervalReversed, NoSuchInstant, UnknownEnd,
 * VerifierDisagrees, what `ask` throws, and the errors of reading a ledger.
 */
export async function fromHistory<Answer>(
  ledger: LedgerReader,
  asked: AskedOfHistory,
  ask: AskIndex<Answer>,
): Promise<AnsweredInterval<Answer> | undefined> {
  const atHead = (): Promise<AnsweredInterval<Answer> | undefined> =>
    orNone(pathOf(asked), (index) => answerAtHead(index, ledger, { ...asked, ask }));
  const answer = await atHead();
  if (answer !== undefined) return answer;
  const isAtHead = await orNone(pathOf(asked), (index) => broughtUp(index, ledger, asked));
  return isAtHead === true ? atHead() : undefined;
}

/** What an index gives; undefined where there is none that can be used. */
async function orNone<Answer>(
  path: string,
  ask: (index: HistoryIndex) => Promise<Answer>,
): Promise<Answer | undefined> {
  const index = indexAt(path);
  try {
    return index && (await ask(index));
  } catch (error) {
    if (isUnusable(error)) return undefined;
    throw error;
  } finally {
    index?.close();
  }
}

/** Brings an index of this ledger that is behind up to now. */
async function broughtUp(index: HistoryIndex, ledger: LedgerReader, asked: AskedOfHistory): Promise<boolean> {
  if (!isOf(index, ledger, asked)) return false;
  try {
    return await catchUp(index, ledger, { path: pathOf(asked), now: asked.clock.now() });
  } catch (error) {
    // Whoever reads the entries from the first one on tells what is wrong with them.
    if (error instanceof LedgerDamaged || error instanceof KeptRefused) return false;
    throw error;
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

/** The file of a lane's index. */
export function pathOf({ lane, history }: { readonly lane: Lane; readonly history: KeptHistory }): string {
  return join(history.folder, `${lane}.sqlite`);
}

/** The index at a path; undefined where there is none that can be used. */
export function indexAt(path: string): HistoryIndex | undefined {
  try {
    const opened = openHistory(path);
    return opened && new HistoryIndex(opened);
  } catch (error) {
    if (isUnusable(error)) return undefined;
    throw error;
  }
}

/** Whether an index is of a ledger, a lane, and the code that judges. */
export function isOf(
  { meta }: HistoryIndex,
  ledger: Pick<LedgerReader, 'id'>,
  { lane, history }: Pick<AskedOfHistory, 'lane' | 'history'>,
): boolean {
  return meta.ledger === ledger.id && meta.lane === lane && meta.engine === history.engine;
}

/** The answer of an index that is at the head of this ledger, if every entry is as it was then. */
async function answerAtHead<Answer>(
  index: HistoryIndex,
  ledger: LedgerReader,
  { ask, ...asked }: AskedOfHistory & { readonly ask: AskIndex<Answer> },
): Promise<AnsweredInterval<Answer> | undefined> {
  const { size, root } = await ledger.head();
  const { head } = index.meta;
  if (!isOf(index, ledger, asked) || head.size !== size || head.root !== root) return undefined;
  try {
    await requireRootOfHead(ledger);
  } catch (error) {
    if (error instanceof LedgerDamaged) return undefined;
    throw error;
  }
  const interval = intervalIn(index, asked, asked.clock);
  if (interval === undefined) return undefined;
  const { names } = asked;
  const during = { from: interval.from.seq, to: interval.to.seq };
  if (names.some((name) => name !== undefined && !index.isNamed(name, during))) {
    await requireNames(ledger, interval, names);
    return undefined;
  }
  return { interval, answer: await ask(index, interval), vouched: index.vouchedAt(interval.to.seq) };
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
export function isUnusable(error: unknown): boolean {
  if (error instanceof IndexDamaged || sqliteCode(error) !== undefined) return true;
  if (!(error instanceof Error)) return false;
  // Of the file system; or an integer that no column of an index has.
  return 'syscall' in error || ('code' in error && error.code === 'ERR_OUT_OF_RANGE');
}
