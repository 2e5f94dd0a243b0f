import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Actor } from '../../events/entry.ts';
import { ledgerExists, open, restore, type Opened } from '../compose.ts';
import { confirm } from '../ledger/replay.ts';
import { estateProjection, type Estate } from '../projector/estate-projection.ts';
import { keep, readKept, readKeptCursor, type KeptPlace } from '../projector/kept-state.ts';
import { project, unfolded, type Projected } from '../projector/projection.ts';
import { configFrom, type Config } from '../runtime/config.ts';
import { createLog, type Logger } from '../runtime/log.ts';
import { RestoreRefused, UsageError } from './exit.ts';
import type { Io } from './io.ts';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly ledger?: string;
  readonly config?: string;
}

/** A command's surroundings: where its words go, which ledger it works on, and where faults are logged. */
export interface Session extends Opened {
  readonly io: Io;
  readonly log: Logger;
}

/** Opens the ledger that options, environment and configuration name, runs the work, and closes it. */
export async function withSession<Result>(
  { io, options, create }: { io: Io; options: GlobalOptions; create: boolean },
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(options);
  const opened = await open(config.ledger, { create });
  try {
    await confirmSeen(opened);
    return await work({ ...opened, io, log: createLog(config.logLevel) });
  } finally {
    await opened.ledger.close();
  }
}

/**
 * What earlier commands have seen must still be there: a ledger that was rewritten, or is an older copy, is refused by
 * every command, before it answers or writes anything.
 */
async function confirmSeen({ ledger, statePath }: Pick<Opened, 'ledger' | 'statePath'>): Promise<void> {
  const seen = readKeptCursor({ path: statePath, ledger: ledger.id });
  if (seen !== undefined) await confirm(ledger, seen);
}

/**
 * Puts a backup at the place that options, environment and configuration name, unless what earlier commands have seen
 * there is not in it. Throws RestoreRefused, with the fault as its cause.
 */
export async function restoreFrom(
  file: string,
  {
    options,
    onProgress,
  }: { options: GlobalOptions; onProgress: Parameters<typeof restore>[1]['onProgress'] },
): ReturnType<typeof restore> {
  const { ledger } = readConfig(options);
  try {
    return await restore(ledger, { file, accept: confirmSeen, onProgress });
  } catch (cause) {
    throw cause instanceof Error ? new RestoreRefused(file, cause) : cause;
  }
}

/** The URL of the ledger that options, environment and configuration name. Throws UsageError, BadConfig. */
export function ledgerUrl(options: GlobalOptions): string {
  return readConfig(options).ledger;
}

/** Whether the ledger that options, environment and configuration name is there already. */
export function hasLedger(options: GlobalOptions): Promise<boolean> {
  return ledgerExists(readConfig(options).ledger);
}

function readConfig({ ledger, config }: GlobalOptions): Config {
  const path = config ?? process.env['ISOLEDGER_CONFIG'];
  const file = path === undefined ? undefined : { path, text: readConfigFile(path) };
  return configFrom({ flags: { ledger }, environment: process.env, file });
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(
      `the configuration file ${path} cannot be read: see --config and ISOLEDGER_CONFIG, and its rights`,
      { cause },
    );
  }
}

/** The estate as the ledger has it now: from what was kept of it, or from the first entry. */
export async function loadEstate(session: Session): Promise<Projected<Estate>> {
  const { ledger, statePath, log } = session;
  const place: KeptPlace = { path: statePath, ledger: ledger.id };
  const kept = readKept(place, estateProjection);
  log.debug({ from: kept?.cursor.size ?? 0 }, 'projecting the estate');
  const estate = await project(ledger, estateProjection, kept ?? unfolded(estateProjection));
  // What was kept and cannot be used is replaced at once, whatever the command is about.
  if (kept === undefined && estate.cursor.size > 0) keepEstate(session, estate);
  return estate;
}

/** Keeps the estate for the next command. It can be rebuilt at any time, so that failing to is worth a warning only. */
export function keepEstate({ ledger, statePath, log }: Session, estate: Projected<Estate>): void {
  try {
    keep({ path: statePath, ledger: ledger.id }, estateProjection, estate);
  } catch (error) {
    log.warn(
      { err: error, path: statePath },
      'the projected state could not be kept; the next command rebuilds it',
    );
  }
}

/** Who acts: the name that was given, as asserted; else the account of the operating system. */
export function actorOf(as: string | undefined): Actor {
  if (as === undefined) return { name: userInfo().username, authenticated: 'os-user' };
  if (as.trim() === '')
    throw new UsageError('--as needs a name: leave it out to act as the account of the operating system');
  return { name: as, authenticated: 'asserted' };
}
