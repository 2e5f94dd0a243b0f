import { backup, DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { kernelFolderWords } from '../../runtime/kernel-folder.ts';
import { primaryCode, resultCode } from '../../runtime/sqlite-result.ts';
import type { Copied, CopyProgress } from '../copy.ts';
import { LedgerDamaged, StoreUnavailable } from '../faults.ts';
import type { Head, Ledger } from '../port.ts';
import type { Frontier } from '../merkle/frontier.ts';
import { replay } from '../replay.ts';
import { openForReading } from './connection.ts';
import { requireConsistent } from './contradictions.ts';
import { HeadReader } from './head.ts';
import { ledgerOver } from './ledger.ts';
import type { OpenFile } from './reading.ts';
import { deviceFailed, isFull, limitWords, openFilesWords } from './obstacle.ts';
import { asFault, faultOf } from './sqlite-error.ts';

/** Clock and ids for appends. Opening a ledger takes them, also if nothing will be appended. */
export interface AppendMeans {
  readonly clock: Clock;
  readonly ids: IdSource;
}

export interface CopyOptions extends AppendMeans {
  /** The paths of the file that is copied, and of the copy. */
  readonly from: string;
  readonly to: string;
  readonly onProgress: (progress: CopyProgress) => void;
  /** The last check of a copy before it gets its place. Throws to refuse the copy. */
  readonly accept: (ledger: Ledger) => Promise<void>;
}

/** Pages that are copied between two reports of progress: 8 MiB. */
const pagesAtOnce = 2048;
/** Entries that are checked between two reports of progress. */
const entriesAtOnce = 2048;

/** Opens the file that is to be copied, as a ledger and for reading only. Throws as openForReading does. */
export function openSource(path: string): OpenFile {
  return openForReading({ path, busyMillisecondsMax: 10_000 });
}

/**
 * Copies the present state of a ledger to a new file, page by page, while other processes append. One read
 * transaction lasts over the whole copy. Without it every commit of another process makes SQLite's backup begin anew,
 * and under steady writers it never ends. The copy has no write-ahead log: it is one file. Throws StoreUnavailable,
 * LedgerDamaged.
 */
export async function copyLedger(
  source: OpenFile,
  { from, to, onProgress }: Pick<CopyOptions, 'from' | 'to' | 'onProgress'>,
): Promise<Head> {
  try {
    let tree: Frontier;
    do {
      const { database } = source;
      database.exec('BEGIN');
      tree = new HeadReader(database).tree();
      await backup(database, to, {
        rate: pagesAtOnce,
        progress: ({ totalPages: of, remainingPages }) => {
          onProgress({ step: 'copying', done: of - remainingPages, of });
        },
      });
      database.exec('COMMIT');
      // Somebody may have begun to write to a file at rest: it is then copied beside that writer.
    } while (source.renew());
    closeLog(to);
    return { size: tree.size, root: tree.root() };
  } catch (error) {
    throw faultOfCopying(error, { from, to });
  }
}

/** Makes a ledger that nobody has open into one file, without a write-ahead log. Throws the errors of SQLite. */
export function closeLog(path: string): void {
  using copy = new DatabaseSync(path);
  copy.exec('PRAGMA journal_mode = DELETE');
}

const diskFull = 'the disk is full';

function faultOfCopying(error: unknown, { from, to }: { from: string; to: string }): unknown {
  const unavailable = (what: string): StoreUnavailable =>
    new StoreUnavailable(`${from} cannot be copied to ${to}: ${what}`, { cause: error });
  switch (primaryCode(error)) {
    case resultCode.full:
      return unavailable(diskFull);
    case resultCode.inputOutput:
      return unavailable(limitWords(to) ?? (isFull(to) ? diskFull : deviceFailed));
    case resultCode.readOnly:
    case resultCode.cannotOpen:
      return unavailable(
        kernelFolderWords(to) ??
          openFilesWords(to) ??
          (isFull(to) ? diskFull : 'see whether its folder is there, and its rights'),
      );
    default:
      return faultOf(error, from);
  }
}

/**
 * Reads a copy from end to end before anyone relies on it: tables, triggers, pages and every entry. It must end where
 * the original ends. Throws LedgerDamaged, UnreadableEntry, and the errors of `accept`.
 */
export async function verifyCopy({
  head,
  from,
  to,
  onProgress,
  accept,
  clock,
  ids,
}: CopyOptions & { head: Head }): Promise<Copied> {
  const file = openSource(to);
  try {
    const ledger = asFault(to, () => ledgerOver(file, { path: to, readOnly: true, clock, ids }));
    asFault(to, () => {
      requireConsistent(file.database, from);
    });
    await replay(ledger, {
      onBatch: ({ last, entries }) => {
        if (last % entriesAtOnce < entries.length)
          onProgress({ step: 'checking', done: last, of: head.size });
      },
    });
    requireSame(await ledger.head(), { head, from });
    await accept(ledger);
    return { ledger: ledger.id, ...head };
  } finally {
    onProgress({ step: 'checking', done: head.size, of: head.size });
    file.database.close();
  }
}

function requireSame(copied: Head, { head, from }: { head: Head; from: string }): void {
  if (copied.size === head.size && copied.root === head.root) return;
  throw new LedgerDamaged(
    `the copy of ${from} holds ${String(copied.size)} entries with root ${copied.root} instead of ${String(head.size)} with root ${head.root}: the disk does not keep what is written to it`,
  );
}
