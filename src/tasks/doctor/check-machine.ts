import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { placesIn } from '../../ledger/derived.ts';
import { kernelFolderWords } from '../../runtime/kernel-folder.ts';
import { namesBelow } from '../../runtime/names-below.ts';
import { faultsOf } from '../../runtime/own-folder.ts';
import { foundAt, inTheWayWords, isOutOfSight, noFilesBeside } from '../../runtime/sqlite-files.ts';
import { asTold } from '../advice/on-finding.ts';
import type { Examination } from '../examination.ts';
import { fail, failed, ok, warn, type Check } from './check.ts';

/** The lowest version that package.json names, and that the program's own start asks for. */
const nodeMajorMin = 24;

const mebibyte = 2 ** 20;
/** Below this an apply of a large folder may fail in the middle of its work (its entries and the log, kept twice). */
const freeBytesMin = 32 * mebibyte;
/** Below this, or below twice the ledger (a backup, the log of a long run), room will soon be wanting. */
const freeBytesComfortable = 512 * mebibyte;

export function checkNode(): Check {
  const [major = 0] = process.versions.node.split('.').map(Number);
  const detail = `version ${process.versions.node}, SQLite ${process.versions['sqlite'] ?? 'unknown'}`;
  if (major >= nodeMajorMin) return ok('node', detail);
  const advice = `use Node.js ${String(nodeMajorMin)} or later`;
  return fail('node', detail, { advice, category: 'unreachable' });
}

/**
 * Whether the ledger and all that is kept beside it can be written: each as far as it is there. An account that may
 * write nothing of another one's ledger is a reader, who can ask every question.
 */
export function checkFolders(place: Pick<Examination, 'file' | 'derived' | 'companions'>): Check {
  const [ofOthers] = faultsOf({ folder: place.derived, file: place.file });
  if (ofOthers !== undefined) return failed('folders', ofOthers);
  const links = linksIn(place.derived);
  if (links.length > 0)
    return fail(
      'folders',
      `${links.join(', ')} ${links.length === 1 ? 'is a link, and nothing is written through it' : 'are links, and nothing is written through them'}`,
      {
        advice: `find out who made ${links.length === 1 ? 'it, and remove it' : 'them, and remove them'}; then isoledger sync`,
        category: 'integrity',
      },
    );
  const folders = foldersOf(place);
  const unusable = (detail: string, advice: string): Check =>
    fail('folders', detail, { advice, category: 'unreachable' });
  const noFolders = [...folders].filter((path) => foundAt(path)?.isDirectory() === false);
  if (noFolders.length > 0)
    return unusable(
      `${noFolders.join(', ')} ${noFolders.length === 1 ? 'is in the way of a folder' : 'are in the way of folders'}`,
      'move that away, or name another --ledger',
    );
  const noFiles = place.file === undefined ? [] : besideWords(place.file);
  if (noFiles.length > 0) return unusable(noFiles.join('; '), asTold);
  const needed = [...folders, ...filesOf(place)];
  const refused = needed.filter((path) => !mayDo(path, constants.W_OK));
  const closed = [...folders].filter((path) => !mayDo(path, constants.R_OK | constants.X_OK));
  if (refused.length + closed.length === 0) return ok('folders', `${[...folders].join(', ')} can be written`);
  const detail = refusalWords({ refused, closed });
  const beside = refused.filter((path) => place.companions.includes(path));
  if (place.file !== undefined && beside.length === refused.length + closed.length)
    return checkBeside(place.file, { beside, detail });
  if (refused.length < needed.length || !isOfAnother(place.file))
    return unusable(detail, 'see its owner and rights, and whether its disk is read-only');
  return isClosed(place.file)
    ? warn(
        'folders',
        `${detail} by this account, which may not read the ledger either: it can neither ask nor record anything`,
        'as another account',
      )
    : warn(
        'folders',
        `${detail} by this account: it can ask every question, and record or drive nothing`,
        'as another account, if more than questions is wanted',
      );
}

/** What keeps every command that writes from a ledger, and not those that read it at rest. */
function besideWords(file: string): string[] {
  return noFilesBeside(file).map((found) => inTheWayWords(found, file));
}

/** Companion files of a ledger that can be written itself: what the next writer does about them, or why it cannot. */
function checkBeside(file: string, { beside, detail }: { beside: readonly string[]; detail: string }): Check {
  if (beside.every((path) => isOwn(path)))
    return warn(
      'folders',
      `${detail}, and ${file} can: as is left where it could not be for a while`,
      `no one has to do anything: the next command that writes gives ${beside.length === 1 ? 'it' : 'them'} the rights of ${file}`,
    );
  return fail('folders', `${detail}, and ${file} can`, {
    advice: `give ${beside.length === 1 ? 'it' : 'them'} the owner and the rights of ${file} (chown and chmod, with --reference=${file})`,
    category: 'unreachable',
  });
}

/** Whether this account may change the rights of a file, and nothing but that file has them. */
function isOwn(path: string): boolean {
  const found = foundAt(path, { followLinks: false });
  return found?.isFile() === true && found.nlink === 1 && found.uid === process.geteuid?.();
}

/** What is in a closed folder cannot be told: neither what hosts hold, nor who holds roles. */
function refusalWords({
  refused,
  closed,
}: {
  refused: readonly string[];
  closed: readonly string[];
}): string {
  const others = refused.filter((path) => !closed.includes(path));
  const unwritten = others.length === 0 ? [] : [`${others.join(', ')} cannot be written`];
  const unentered = closed.length === 0 ? [] : [`${closed.join(', ')} cannot be looked into`];
  return [...unentered, ...unwritten].join(', and ');
}

/** Links where commands write: they refuse to, since a link leads to what somebody else chose. */
function linksIn(derived: string): string[] {
  const { statePath, overlay, locks } = placesIn(derived);
  const places = [dirname(statePath), overlay, locks, ...inFolder(overlay), ...inFolder(locks)];
  return places.filter((path) => foundAt(path, { followLinks: false })?.isSymbolicLink());
}

/** The folders that commands write to, as far as they are there; for one that is not, the nearest above it. */
function foldersOf({ file, derived }: Pick<Examination, 'file' | 'derived'>): Set<string> {
  const { statePath, overlay, locks } = placesIn(derived);
  const own = file === undefined ? [] : [dirname(resolve(file))];
  const kept = [derived, dirname(statePath), overlay, locks].map(nearestThere);
  const below = [overlay, locks].flatMap((folder) =>
    inFolder(folder).filter((path) => foundAt(path)?.isDirectory()),
  );
  return new Set([...own.map(nearestThere), ...kept, ...below]);
}

/** The files that commands write to in place, as far as they are there. */
function filesOf({
  file,
  derived,
  companions,
}: Pick<Examination, 'file' | 'derived' | 'companions'>): string[] {
  const { locks } = placesIn(derived);
  const lockFiles = inFolder(locks).filter((path) => path.endsWith('.lock'));
  return [...(file === undefined ? [] : [resolve(file)]), ...companions, ...lockFiles].filter(existsSync);
}

/** The paths of all that is in a folder and below it; none where that cannot be read. */
function inFolder(folder: string): string[] {
  try {
    return namesBelow(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function isClosed(file: string | undefined): boolean {
  return file !== undefined && (existsSync(file) || isOutOfSight(file)) && !mayDo(file, constants.R_OK);
}

function isOfAnother(file: string | undefined): boolean {
  return file !== undefined && foundAt(file)?.uid !== process.geteuid?.();
}

function mayDo(place: string, what: number): boolean {
  try {
    accessSync(place, what);
    return true;
  } catch {
    return false;
  }
}

/** A path itself, or what is there of the folders above it. */
function nearestThere(path: string): string {
  let place = resolve(path);
  while (!existsSync(place)) place = dirname(place);
  return place;
}

export function checkDisk({ file, derived }: { file: string | undefined; derived: string }): Check {
  const place = file ?? derived;
  const noPlace = kernelFolderWords(place, nearestThere(place));
  if (noPlace !== undefined) return fail('disk', noPlace, { advice: 'as it says', category: 'unreachable' });
  const { bavail, bsize } = statfsSync(nearestThere(place));
  const freeBytes = bavail * bsize;
  const ledgerBytes = file === undefined ? 0 : (foundAt(file)?.size ?? 0);
  const use = file === undefined ? derived : `a ledger of ${inMebibytes(ledgerBytes)}`;
  const detail = `${inMebibytes(freeBytes)} free for ${use}`;
  const advice = 'make room on the disk of the ledger';
  if (freeBytes < freeBytesMin) return fail('disk', detail, { advice, category: 'unreachable' });
  return freeBytes < Math.max(freeBytesComfortable, 2 * ledgerBytes)
    ? warn('disk', detail, advice)
    : ok('disk', detail);
}

function inMebibytes(bytes: number): string {
  return `${String(Math.ceil(bytes / mebibyte))} MiB`;
}
