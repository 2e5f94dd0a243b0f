import { constants, userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Actor } from '../../events/entry.ts';
import { ledgerExists, ledgerUrlForms, shownUrl, storeAt, storeOf } from '../compose/ledgers.ts';
import { open, type Opened } from '../compose/workspace.ts';
import { configFrom, givenIn, type Config } from '../runtime/config.ts';
import { createLog } from '../runtime/log.ts';
import type { Cursor } from '../ledger/replay.ts';
import { confirmKept, notCompared } from '../tasks/kept-check.ts';
import { confirmClock } from '../tasks/confirm-clock.ts';
import type { ConfigText } from '../tasks/config-file.ts';
import type { ServiceConfig } from '../tasks/service-config.ts';
import { unknownPlace, type LedgerPlace } from '../tasks/advice/ledger-place.ts';
import { confirmSeen, type Workspace } from '../tasks/workspace.ts';
import { Fault, UsageError } from '../runtime/errors.ts';
import { flawOfPath } from '../runtime/credentials.ts';
import { readGivenText } from '../runtime/given-file.ts';
import { flawOfEncoding, flawOfWorkingDirectory } from '../runtime/given-text.ts';
import { tooManyFiles } from '../runtime/open-files.ts';
import { say, type Shown } from '../words/shown.ts';
import type { Io } from './io.ts';
import { urlMeantBy, warnOfPasswords } from './ledger-reference.ts';
import { tellingOfWaits } from './tell-of-waiting.ts';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly ledger?: string;
  readonly config?: string;
  /** Reads and hashes every entry first, and not only those since the state that was kept. */
  readonly full?: boolean;
}

/** The option of every command that writes. */
export interface ClockOption {
  readonly acceptClock?: string;
}

/** What the options of a command that writes, or drives hosts, tell its session. */
export interface WritingOptions extends ClockOption {
  /** How long it waits, as it was given. */
  readonly timeout?: string;
}

/** The workspace of a command, and where its words go. */
export interface Session extends Workspace, Pick<Opened, 'stateOfRole'> {
  readonly io: Io;
  /** The places that earlier commands have seen, in order: what leads to the root of the ledger leads through them. */
  readonly confirmed: readonly Cursor[];
}

/**
 * What a command does to the ledger. `ask`: it writes nothing, and runs where nothing can be written. `create`: it
 * writes, and makes a ledger where there is none.
 */
export type Deed = 'ask' | 'write' | 'create';

/** Opens the ledger that options, environment and configuration name, runs the work, and closes it. */
export async function withSession<Result>(
  { io, options, deed }: { io: Io; options: GlobalOptions & WritingOptions; deed: Deed },
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const given = await givenConfig(options);
  warnOfPasswords(io, [given.ledger]);
  const config = meant(given);
  const opened = await namingPlace(config, () =>
    open(config.ledger, { create: deed === 'create', asksOnly: deed === 'ask' }, config),
  );
  try {
    const confirmed = await confirmSeen(opened, { whole: options.full === true });
    // Who is to change something and has every entry read gets what is kept compared with them, too: a verdict tells of it itself.
    if (options.full === true && deed !== 'ask') await confirmKept(opened);
    const unseen = notCompared(opened);
    if (unseen !== undefined) io.err(say`isoledger: ${unseen}\n`);
    if (deed !== 'ask') await confirmClock(opened, { acceptedDay: options.acceptClock });
    const { clock, holdRole: hold } = opened;
    const { timeout } = options;
    return await work({
      ...opened,
      holdRole: timeout === undefined ? hold : tellingOfWaits(hold, { io, clock, timeout }),
      confirmed,
      io: { ...io, notCompared: unseen },
      log: createLog(config.logLevel),
      warn: (words) => {
        io.err(say`isoledger: ${words}\n`);
      },
    });
  } finally {
    await opened.ledger.close();
  }
}

/** What options, environment and configuration name: the ledger, and what opens the way to hosts. Throws UsageError, BadConfig. */
export function settings(options: GlobalOptions): Promise<Config> {
  return readConfig(options);
}

/** The URL of the ledger alone. Otherwise as settings. */
export async function ledgerUrl(options: GlobalOptions): Promise<string> {
  return (await readConfig(options)).ledger;
}

/** Where the ledger's own files lie. */
export async function ownPlaces(
  { statePath }: Pick<Workspace, 'statePath'>,
  options: GlobalOptions,
): Promise<{ derived: string; ledgerFile: string | undefined }> {
  const derived = dirname(dirname(statePath));
  return { derived, ledgerFile: /^sqlite:(.+)$/s.exec(await ledgerUrl(options))?.[1] };
}

/** Where the ledger is kept that options, environment and configuration name; unknownPlace where these name none. */
export async function ledgerPlace(options: GlobalOptions): Promise<LedgerPlace> {
  try {
    return storeAt(await ledgerUrl(options)) ?? unknownPlace;
  } catch {
    return unknownPlace;
  }
}

/** Whether the ledger that options, environment and configuration name is there already. */
export async function hasLedger(options: GlobalOptions): Promise<boolean> {
  const config = await readConfig(options);
  return namingPlace(config, () => ledgerExists(config.ledger));
}

/** What to know about a folder that was refused where there is no ledger yet: it may be that another one was meant. */
export async function firstWords(options: GlobalOptions): Promise<Shown> {
  return say`there is no ledger at ${shownUrl(await ledgerUrl(options))} yet, so that names of documents in force are not known; is --ledger right?\n`;
}

async function readConfig(options: GlobalOptions): Promise<Config> {
  return meant(await givenConfig(options));
}

function meant(given: Config): Config {
  try {
    return { ...given, ledger: urlAt(given.ledger) };
  } catch (error) {
    throw withPlace(error, given);
  }
}

/**
 * The ledger URL that a text is or stands for. Throws UsageError, BadConfig. What stands at a place that was named is not shown where
 * it is none: it may be a password alone.
 */
export function urlAt(text: string): string {
  const url = urlMeantBy(text);
  if (url === text) storeOf(url);
  if (storeAt(url) === undefined)
    throw new UsageError(`${text}: what stands there is no ledger URL; it has the form ${ledgerUrlForms}`);
  const flaw = flawOfWorkingDirectory(/^sqlite:(.+)$/s.exec(url)?.[1] ?? '/');
  if (flaw !== undefined) throw new UsageError(flaw);
  return url;
}

/** What the configuration file says to the service alone. Throws UsageError, BadConfig. */
export async function serviceSettings(options: GlobalOptions): Promise<ServiceConfig> {
  const { readServiceConfig } = await import('../tasks/service-config.ts');
  return readServiceConfig(givenFile(options));
}

/** As given: the ledger may be a URL, or where to find one. What reads a file is loaded only where there is one. */
async function givenConfig(options: GlobalOptions): Promise<Config> {
  const given = givenFile(options);
  const file = given && (await import('../tasks/config-file.ts')).readConfigFile(given);
  return configFrom({ flags: { ledger: options.ledger }, environment: process.env, file });
}

/** Where a key of the configuration stands: `FILE:LINE`. Undefined where it is given elsewhere. */
export async function placeOfKey(
  options: GlobalOptions,
  key: readonly string[],
): Promise<string | undefined> {
  const file = givenFile(options);
  return file && (await import('../tasks/config-place.ts')).placeOfKey(file, key);
}

/** The configuration file of a command; undefined where none is named. Throws BadConfig. */
export function givenFile({ config }: GlobalOptions): ConfigText | undefined {
  const path = config ?? givenIn(process.env, { name: 'ISOLEDGER_CONFIG', allowed: 'the path of a file' });
  if (path === undefined) return undefined;
  const flaw = flawOfPath(path);
  if (flaw !== undefined) throw new UsageError(`ISOLEDGER_CONFIG: ${flaw}`);
  return { path, text: textOfConfig(path) };
}

/** A fault of opening a ledger says which file, line and key name that ledger: nobody gave it on the command line. */
async function namingPlace<Result>(config: Config, opening: () => Promise<Result>): Promise<Result> {
  try {
    return await opening();
  } catch (error) {
    throw withPlace(error, config);
  }
}

function withPlace(error: unknown, { ledgerAt }: Config): unknown {
  if (ledgerAt !== undefined && error instanceof Fault) error.message = `${ledgerAt}: ${error.message}`;
  return error;
}

function textOfConfig(path: string): string {
  const given = readGivenText(path);
  if ('text' in given) return given.text;
  throw new UsageError(
    `the configuration file ${path} cannot be read: ${given.problem}; see --config and ISOLEDGER_CONFIG`,
    { cause: given.cause },
  );
}

/** The actor: the name that was given, as asserted, with the account that gave it; else that account. */
export function actorOf(as: string | undefined): Actor {
  const account = accountName();
  return as === undefined
    ? { name: account, authenticated: 'os-user' }
    : { name: as, authenticated: 'asserted', account };
}

/** Nobody can tell in whose name something is to be recorded. */
class AccountUnknown extends Fault {
  readonly code = 'AccountUnknown';
  readonly category = 'unreachable';
}

function accountNumber(): string {
  return `uid:${process.getuid?.() ?? 'unknown'}`;
}

/**
 * The account of this process; by number where the system has no name for it that is text, as in a container. Throws AccountUnknown where
 * the system does not tell: who did something must not come to depend on that.
 */
function accountName(): string {
  try {
    const { username } = userInfo();
    return flawOfEncoding(username) === undefined ? username : accountNumber();
  } catch (cause) {
    const { ENOENT, EMFILE, ENFILE } = constants.errno;
    const errno = cause instanceof Error && 'errno' in cause ? cause.errno : undefined;
    if (errno === -ENOENT) return accountNumber();
    const why = errno === -EMFILE || errno === -ENFILE ? tooManyFiles : String(cause);
    throw new AccountUnknown(
      `the account of this process cannot be looked up: ${why}; nothing was recorded`,
      {
        cause,
      },
    );
  }
}
