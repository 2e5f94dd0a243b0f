import { randomInt } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { KeptChange } from '../../../projections/isolation/engine/kept.ts';
import { giveToOwnerOfFolder, makeFolders, requireNoLink } from '../../runtime/durable-file.ts';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { digestOfText, listsSchema, type ListReader } from './digested-lists.ts';
import { metaIn, sealed, type HistoryMeta } from './history-meta.ts';
import { ListWriter } from './list-writer.ts';
import { requireOwnFile } from './own-file.ts';
import { IndexDamaged, textIn } from './rows.ts';

const schema = `${listsSchema}
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE TABLE kept (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;`;

/** An index that is open for reading. */
export interface OpenHistory {
  readonly database: DatabaseSync;
  readonly meta: HistoryMeta;
}

/**
 * Opens an index for reading. It is replaced as a whole, so that nobody writes to the file that is open. Undefined where there is none.
 * Throws IndexDamaged, and the errors of SQLite and of the operating system.
 */
export function openHistory(path: string): OpenHistory | undefined {
  const found = foundAt(path, { followLinks: false });
  if (found === undefined) return undefined;
  if (!found.isFile()) throw new IndexDamaged('it is no file');
  requireOwnFile(path);
  const url = pathToFileURL(resolve(path));
  // Nobody writes to it: then SQLite neither looks for companion files, which anybody might put there, nor makes any.
  url.searchParams.set('immutable', '1');
  const database = new DatabaseSync(url, { readOnly: true });
  try {
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    return { database, meta: metaOf(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** An index that another one goes on from. */
interface FormerHistory {
  readonly meta: HistoryMeta;
  readonly lists: ListReader;
}

function metaOf(database: DatabaseSync): HistoryMeta {
  const row = database.prepare('SELECT body, digest FROM meta WHERE one = 1').get() ?? {};
  return metaIn({ body: textIn(row, 'body'), digest: textIn(row, 'digest') });
}

/**
 * An index that is being written, beside the one whose place it takes: a crash leaves the former one. It says nothing that the ledger
 * does not, so it is not brought to the disk; what loss of power leaves of it is found by its digests.
 */
export class NewHistory {
  readonly lists: ListWriter;
  readonly #path: string;
  readonly #beside: string;
  readonly #database: DatabaseSync;

  /**
   * Goes on from what is at the path, if it is given. Throws LinkInTheWay, IndexDamaged if something else is there by now, and the errors
   * of SQLite and of the operating system, where nothing can be written.
   */
  constructor(path: string, former?: FormerHistory) {
    this.#path = path;
    // Processes of one number may share a folder, each in a container of its own.
    this.#beside = `${path}.${String(process.pid)}.${String(randomInt(2 ** 47))}`;
    const folder = dirname(path);
    requireNoLink(folder, { within: dirname(folder) });
    makeFolders(folder, { isOwn: true });
    removeLeftOvers(path);
    makeFile(this.#beside);
    if (former !== undefined) copyFileSync(path, this.#beside, constants.COPYFILE_FICLONE);
    this.#database = new DatabaseSync(resolve(this.#beside));
    try {
      this.#database.exec(
        'PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE',
      );
      this.#database.exec(former === undefined ? `BEGIN; ${schema}` : 'BEGIN');
      if (former !== undefined) this.#requireSame(former);
      this.lists = new ListWriter(this.#database, former?.lists);
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  /** Takes the place of the former index, and gives what it says of itself. Throws the errors of SQLite and of the operating system. */
  finish(of: Omit<HistoryMeta, 'formatVersion' | 'root' | 'kept'>, kept: Iterable<KeptChange>): HistoryMeta {
    this.#keep(kept);
    const head = this.#database.prepare("SELECT text FROM kept WHERE key = 'engine'").get() ?? {};
    const { body, digest } = sealed({
      ...of,
      root: this.lists.finish(),
      kept: digestOfText(textIn(head, 'text')),
    });
    this.#database
      .prepare('INSERT OR REPLACE INTO meta (one, body, digest) VALUES (1, ?, ?)')
      .run(body, digest);
    this.#database.exec('COMMIT');
    this.#database.close();
    renameSync(this.#beside, this.#path);
    return metaIn({ body, digest });
  }

  #keep(kept: Iterable<KeptChange>): void {
    const put = this.#database.prepare('INSERT OR REPLACE INTO kept (key, text) VALUES (?, ?)');
    const drop = this.#database.prepare('DELETE FROM kept WHERE key = ?');
    for (const [key, text] of kept) {
      if (text === null) drop.run(key);
      else put.run(key, text);
    }
  }

  /** Others may have replaced the file meanwhile. */
  #requireSame({ meta }: FormerHistory): void {
    if (!isDeepStrictEqual(metaOf(this.#database), meta)) throw new IndexDamaged('it was replaced meanwhile');
  }

  /** Leaves the former index as it is. */
  drop(): void {
    if (this.#database.isOpen) this.#database.close();
    rmSync(this.#beside, { force: true });
  }
}

/** A new file, which no link leads to, with the rights of all that is kept beside a ledger. */
function makeFile(path: string): void {
  rmSync(path, { force: true });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(path, flags, 0o640);
  try {
    giveToOwnerOfFolder(dirname(path), descriptor);
    if (!fstatSync(descriptor).isFile()) throw new Error(`${path} is no file`);
  } finally {
    closeSync(descriptor);
  }
}

/** Whoever was killed while it wrote an index left a file, named by its process. */
function removeLeftOvers(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    const [, pid] = new RegExp(`^${RegExp.escape(basename(path))}\\.(\\d+)\\.\\d+$`).exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
