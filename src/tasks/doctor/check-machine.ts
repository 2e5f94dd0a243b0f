import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { placesIn } from '../../ledger/derived.ts';
import { fail, ok, warn, type Check } from './check.ts';

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

/** Whether the ledger and all that is kept beside it can be written: each as far as it is there. */
export function checkFolders({ file, derived }: { file: string | undefined; derived: string }): Check {
  const { statePath, overlay, locks } = placesIn(derived);
  const kept = [dirname(statePath), overlay, locks];
  const own = file === undefined ? [] : [resolve(file)];
  const folders = new Set([...own.map((path) => dirname(path)), derived, ...kept].map(nearestThere));
  const noFolders = [...folders].filter((place) => !statSync(place).isDirectory());
  const refused = [...folders, ...own.filter((path) => existsSync(path))].filter(
    (place) => !isWritable(place),
  );
  const unusable = (detail: string, advice: string): Check =>
    fail('folders', detail, { advice, category: 'unreachable' });
  if (noFolders.length > 0)
    return unusable(
      `${noFolders.join(', ')} is in the way of a folder`,
      'move it away, or name another --ledger',
    );
  return refused.length > 0
    ? unusable(
        `${refused.join(', ')} cannot be written`,
        'see its owner and rights, and whether its disk is read-only',
      )
    : ok('folders', `${[...folders].join(', ')} can be written`);
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
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
  const { bavail, bsize } = statfsSync(nearestThere(file ?? derived));
  const freeBytes = bavail * bsize;
  const ledgerBytes = file === undefined ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
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
