import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { LinkInTheWay, makeFolders } from './durable-file.ts';
import { Fault } from './errors.ts';
import { reasonOf } from './system-reason.ts';

/** The folder for what follows from a ledger. */
export interface OwnFolder {
  readonly folder: string;
  /** The ledger's own file, if it is one: whoever owns that may own the folder. */
  readonly file: string | undefined;
}

/** A folder in which another account can put what it likes in place of what is written there. */
class FolderOfOthers extends Fault {
  readonly code = 'FolderOfOthers';
  readonly category = 'unreachable';
}

/** A path at which there can be no folder, or a disk that does not tell. */
class FolderOutOfReach extends Fault {
  readonly code = 'FolderOutOfReach';
  readonly category = 'unreachable';
}

/**
 * Throws FolderOfOthers or LinkInTheWay if another account decides what is in the folder, or in one of those in it, down
 * to those of shards and roles. They have to belong to this account, to root, or to the owner of the ledger. Throws FolderOutOfReach where nobody can tell.
 */
export function requireOwnFolder(place: OwnFolder): void {
  const [fault] = faultsOf(place);
  if (fault !== undefined) throw fault;
}

/** As requireOwnFolder; where the folder is missing, it is made if it can be, so that nobody else can. */
export function makeOwnFolder(place: OwnFolder): void {
  requireOwnFolder(place);
  if (isMade(place)) requireOwnFolder(place);
}

/** False for one that is there, and for one that cannot be made: whatever needs it says why. */
function isMade({ folder, file }: OwnFolder): boolean {
  try {
    return makeFolders(folder, { isOwn: true, as: file }) !== undefined;
  } catch {
    return false;
  }
}

/** What is wrong with the folder and those in it, the outermost first; nothing with what is not there. */
export function faultsOf({ folder, file }: OwnFolder): Fault[] {
  const found = statusOf(folder);
  if (found === undefined) return [];
  if (found.isSymbolicLink()) return [new LinkInTheWay(folder)];
  const owners = [process.geteuid?.(), 0, file && statusOf(file)?.uid];
  return [folder, ...foldersBelow(folder, 2)].flatMap((path) => {
    const status = statusOf(path);
    if (status === undefined) return [];
    const { uid, mode } = status;
    if (!owners.includes(uid)) return [new FolderOfOthers(ownedWords(path, uid))];
    return (mode & 0o002) === 0 ? [] : [new FolderOfOthers(openWords(path))];
  });
}

/**
 * Undefined for what has gone meanwhile, and for what is in a folder that this account may not enter: it writes nothing there
 * either, and whoever needs something from there says why it has none.
 */
function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isNotToBeSeen(error)) return undefined;
    throw new FolderOutOfReach(
      `${path} cannot be looked at (${reasonOf(error)}): see whether its path is right`,
      {
        cause: error,
      },
    );
  }
}

function isNotToBeSeen(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'ENOENT');
}

function ownedWords(path: string, uid: number): string {
  return `${path} belongs to another account (number ${String(uid)}), which can change what is kept there: see who made it, and move it away`;
}

function openWords(path: string): string {
  return `${path} can be written by every account, so that any can change what is kept there: see what is in it, and close it (chmod o-w)`;
}

/** Without links: nothing is written through one. None in a folder that cannot be read. */
function foldersBelow(folder: string, levels: number): string[] {
  if (levels === 0) return [];
  return foldersIn(folder).flatMap((path) => [path, ...foldersBelow(path, levels - 1)]);
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}
