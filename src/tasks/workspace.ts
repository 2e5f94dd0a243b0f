import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Actor } from '../../events/entry.ts';
import { filesOfState } from '../ledger/derived.ts';
import { LedgerForked } from '../ledger/faults.ts';
import type { Ledger, LedgerReader } from '../ledger/port.ts';
import { confirm, type Cursor } from '../ledger/replay.ts';
import type { StoredLedger } from '../ledger/store.ts';
import type { DriverFor, ProbeFor } from '../overlay/port.ts';
import { keptEstate } from '../apply/plan/kept-estate.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { keep, keptStanding, readKept, readKeptCursor, type Kept } from '../projector/kept-state.ts';
import { unfolded, type Projected } from '../projector/projection.ts';
import { noteSeen, readSeen } from '../projector/seen.ts';
import type { Roles } from '../roles/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { requireNoLink } from '../runtime/durable-file.ts';
import { Fault } from '../runtime/errors.ts';
import { removeBrokenOff, removeLeftOvers } from '../runtime/left-overs.ts';
import { reasonOf } from '../runtime/system-reason.ts';
import { noFileAt, type NoFile } from '../runtime/sqlite-files.ts';
import type { Logger } from '../runtime/log.ts';
import type { HostFolder } from './hosts-not-here.ts';

/** An open ledger with everything that a task may need beside it. Tasks never learn which adapters serve it. */
export interface Workspace extends HostFolder {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Where the estate's projected state is kept. */
  readonly statePath: string;
  /** Throws where another account decides what is in the folder for what follows from the ledger. */
  readonly requireOwnFolder: () => void;
  readonly probeFor: ProbeFor;
  readonly newId: () => string;
  /** The names of the overlay drivers that there are: Shard documents name one. */
  readonly drivers: readonly string[];
  readonly driverFor: DriverFor;
  readonly holdRole: Roles['hold'];
  /** Copies the ledger, as it is at this moment, to a file that is not there yet. */
  readonly backUp: StoredLedger['backUp'];
  readonly log: Logger;
  /** Tells a person what somebody did to files of this program. Where nobody listens, it is logged. */
  readonly warn?: ((words: string) => void) | undefined;
}

/** A ledger, and where it is kept how far commands saw it. */
type LedgerSeen = { readonly ledger: LedgerReader } & Pick<Workspace, 'statePath'>;

/**
 * Entries that earlier commands have seen must still be there. A ledger that was rewritten, or is an older copy, is refused
 * before anything is answered or written. Only the entries since the oldest such place are read, unless `whole`: what
 * rests on the state of that place needs no more. Returns the places that were seen, in order. Where the ledger leads through the note of
 * what was seen, and not through the place of a kept state for which no entry vouches, it is that file that was edited: it does not count.
 * Throws LedgerForked, ForeignState, and what reading a ledger throws.
 */
export async function confirmSeen(
  { ledger, statePath }: LedgerSeen,
  { whole }: { whole: boolean },
): Promise<readonly Cursor[]> {
  const places = seenPlaces({ ledger, statePath });
  try {
    await confirm(ledger, places, { whole });
    return places;
  } catch (fault) {
    const seen = readSeen({ path: filesOfState(statePath).seenPath, ledger: ledger.id });
    if (!(fault instanceof LedgerForked) || seen === undefined || places.length === 1) throw fault;
    if ((await keptStanding(ledger, statePath, keptEstate))?.kind !== 'unvouched') throw fault;
    await confirm(ledger, [seen], { whole });
    return [seen];
  }
}

/**
 * The last entry must be as it was recorded before something is said by its time: whoever edits that could else pass for a wrong clock.
 * confirmSeen reads it, but where nothing came since the oldest place that was seen, or none was. Throws as confirmSeen.
 */
export async function confirmLast(place: LedgerSeen): Promise<void> {
  const { size } = await place.ledger.head();
  if (seenPlaces(place).some((seen) => seen.size < size)) return;
  await confirmSeen(place, { whole: true });
}

/** The places up to which commands saw a ledger, the last one last. Throws ForeignState. */
function seenPlaces({ ledger, statePath }: LedgerSeen): readonly Cursor[] {
  const seen = readSeen({ path: filesOfState(statePath).seenPath, ledger: ledger.id });
  const kept = readKeptCursor({ path: statePath, ledger: ledger.id });
  return [seen ?? [], kept ?? []].flat().sort((one, other) => one.size - other.size);
}

/** To be said of what stands in the place of kept state, and is no file. */
export function notKeptStateWords({ path, kind }: NoFile): string {
  return `${path} is ${kind}, and no kept state: somebody put it there; it is not used, and what the entries say is`;
}

/** Why what stands in the place of the kept state is not used, in words; undefined where it is, and where there is none to use. */
function unusedWords(statePath: string, kept: Kept<unknown> | undefined): string | undefined {
  const other = noFileAt(statePath, { followLinks: false });
  if (other !== undefined) return notKeptStateWords(other);
  if (kept?.kind === 'foreign') return foreignStateWords(statePath, kept.ledger);
  return kept?.kind === 'unvouched'
    ? `${statePath} is not a kept state that this ledger vouches for: somebody edited it; it is not used, and what the entries say is`
    : undefined;
}

/** To be said of a kept state of another ledger. */
export function foreignStateWords(statePath: string, ledger: string): string {
  return `${statePath} is the kept state of ledger ${ledger}: somebody put it there; it is not used, and what the entries say is`;
}

/** Tells of a kept state that is not used, where what is asked needs none. Throws what reading a ledger throws. */
export async function warnOfUnused({
  ledger,
  statePath,
  log,
  warn = log.warn.bind(log),
}: Pick<Workspace, 'ledger' | 'statePath' | 'log' | 'warn'>): Promise<void> {
  const words = unusedWords(statePath, await keptStanding(ledger, statePath, keptEstate));
  if (words !== undefined) warn(words);
}

/** The estate as the ledger has it now: from what was kept of it, or from the first entry. Throws what Projected.catchUp throws. */
export async function loadEstate(workspace: Workspace): Promise<Projected<Estate>> {
  const { ledger, statePath, log } = workspace;
  const { warn = log.warn.bind(log) } = workspace;
  const kept = await readKept(ledger, statePath, keptEstate);
  const unused = unusedWords(statePath, kept);
  if (unused !== undefined) warn(unused);
  const from = kept.kind === 'kept' ? kept.projected : unfolded(keptEstate);
  log.debug({ from: from.cursor.size }, 'projecting the estate');
  const estate = await from.catchUp(ledger);
  // The first to look at a ledger says how far, also one who records nothing. Who may only read cannot. A note that cannot be
  // used stays until a command goes on from the ledger as it is: each answer until then says that it was not compared.
  const isFirst = seenPlaces(workspace).length === 0 && !existsSync(filesOfState(statePath).seenPath);
  if (isFirst) tryTo(workspace, 'debug', noteIt(workspace, estate));
  return estate;
}

/**
 * Notes how far the ledger was seen: entries up to here must be there whenever a command comes. keepEstate does so too, and
 * warns where it cannot be.
 */
export function noteProgress(workspace: Workspace, estate: Projected<Estate>): void {
  tryTo(workspace, 'debug', noteIt(workspace, estate));
}

function noteIt(
  { ledger, statePath, requireOwnFolder }: Workspace,
  { cursor }: Projected<Estate>,
): () => void {
  return () => {
    requireOwnFolder();
    noteSeen({ path: filesOfState(statePath).seenPath, ledger: ledger.id }, cursor);
  };
}

/**
 * Keeps the estate for the next command, if enough has come since it was kept last, and how far it was seen. It can be
 * rebuilt at any time, so that failing to is worth a warning only. Throws what Projected.catchUp throws.
 */
export async function keepEstate(
  workspace: Workspace,
  estate: Projected<Estate>,
  actor: Actor,
): Promise<void> {
  const { ledger, statePath, requireOwnFolder } = workspace;
  if (estate.isWorthKeeping) {
    try {
      await keep({ ledger, path: statePath, actor }, keptEstate, estate);
    } catch (error) {
      warnOfUnkept(workspace, error);
    }
    await estate.catchUp(ledger);
  }
  tryTo(workspace, 'warn', noteIt(workspace, estate));
  tryTo(workspace, 'debug', () => {
    requireOwnFolder();
    requireNoLink(dirname(statePath), { within: dirname(statePath) });
    for (const path of Object.values(filesOfState(statePath))) {
      removeLeftOvers(path, { mark: '.', ending: writtenBeside });
      // An earlier version wrote there.
      removeBrokenOff(dirname(path), basename(path));
    }
  });
}

/** What follows the number of the process in the name of a file that is to take the place of one of the state's. */
const writtenBeside = /^(\.\d+|\.documents)?$/;

const notKept = 'the projected state could not be kept; the next command rebuilds it';

function tryTo(workspace: Workspace, level: 'debug' | 'warn', deed: () => void): void {
  const { statePath, log } = workspace;
  try {
    deed();
  } catch (error) {
    if (level === 'warn') warnOfUnkept(workspace, error);
    else log.debug({ err: error, path: statePath }, notKept);
  }
}

/** A person is told in a sentence of what somebody can mend. */
export function warnOfUnkept(
  { statePath, log, warn = log.warn.bind(log) }: Pick<Workspace, 'statePath' | 'log' | 'warn'>,
  error: unknown,
): void {
  const words = error instanceof Fault ? error.message : refusalWords(error, dirname(statePath));
  if (words === undefined) log.warn({ err: error, path: statePath }, notKept);
  else warn(`what follows from the ledger is not kept for the next command: ${words}`);
}

/** What the system refuses to this account or disk, in words; undefined for another error. The file that it names is one beside. */
function refusalWords(error: unknown, folder: string): string | undefined {
  return error instanceof Error && 'syscall' in error
    ? `nothing can be written in ${folder} (${reasonOf(error)})`
    : undefined;
}
