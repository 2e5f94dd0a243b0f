import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { filesOfState, placesIn } from '../derived.ts';
import { NoLedgerName, StoreUnavailable } from '../faults.ts';
import { flawOfEncoding } from '../../runtime/given-text.ts';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { reasonOf } from '../../runtime/system-reason.ts';

/** The names that files beside a ledger get, and what a ledger of such a name would come to. */
const taken: readonly (readonly [ending: RegExp, why: string])[] = [
  [/-wal$/i, 'SQLite takes it for the log of LEDGER, and deletes it'],
  [/-shm$/i, 'SQLite takes it for the index of the log of LEDGER, and deletes it'],
  [/-journal$/i, 'SQLite takes it for the journal of LEDGER, and deletes it'],
  [/\.d$/i, 'what follows from LEDGER needs that name for its folder'],
  [/\.partial-\d+$/, 'isoledger takes it for a copy to LEDGER that was broken off, and removes it'],
];

/**
 * Throws NoLedgerName for a name that a file beside another ledger has, or gets: it would be taken for that, and lost,
 * at the latest when a ledger of that name comes. Throws it, or StoreUnavailable, where there can be no file at all.
 */
export function requireLedgerName(path: string): void {
  requirePathOfFile(path);
  requireNoDerivedFolder(path);
  const name = basename(path);
  for (const [ending, why] of taken) {
    const base = name.replace(ending, '');
    if (base === name) continue;
    throw new NoLedgerName(
      `${path} can be no ledger's name: ${why.replace('LEDGER', () => (base === '' ? 'another ledger' : base))}; name another file (a ledger that is there: rename it)`,
    );
  }
}

/** SQLite passes over a slash at the end: it made a file where nothing else looks. The longest name beside the file has to fit as well. */
function requirePathOfFile(path: string): void {
  if (path.endsWith('/'))
    throw new NoLedgerName(
      `${path} can be no ledger's name: it ends in a slash, as that of a folder, and a ledger is a file`,
    );
  try {
    lstatSync(`${path}-journal`, { throwIfNoEntry: false });
    statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && noPlace.includes(cause.code))) return;
    throw new StoreUnavailable(
      `there can be no ledger at ${path} (${reasonOf(cause)}): see whether the path is right`,
      { cause },
    );
  }
}

const noPlace: readonly unknown[] = ['ELOOP', 'ENAMETOOLONG', 'ENOTDIR'];

/**
 * Throws NoLedgerName for a path in a folder for what follows from a ledger: a file there would take the place of one that is kept,
 * or be taken for it, and goes when that folder is given up.
 */
function requireNoDerivedFolder(path: string): void {
  const above = foldersAbove(resolve(path));
  const nearest = above.find((folder) => existsSync(folder));
  const real =
    nearest === undefined ? [] : [realFolder(nearest, path)].flatMap((one) => [one, ...foldersAbove(one)]);
  const derived = [...above, ...real].find(isDerivedFolder);
  if (derived === undefined) return;
  throw new NoLedgerName(
    `${path} lies in ${derived}, where what follows from a ledger is kept: name a file in another folder`,
  );
}

/** A link may lead to a folder whose name is not UTF-8: it reads as another one, so that what lies beside the ledger would lie elsewhere. */
function realFolder(folder: string, path: string): string {
  const real = realpathSync.native(folder);
  const flaw = flawOfEncoding(real);
  if (flaw === undefined) return real;
  throw new NoLedgerName(`there can be no ledger at ${path}: the folder that ${folder} leads to ${flaw}`);
}

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...foldersAbove(above)];
}

function isDerivedFolder(folder: string): boolean {
  const { statePath, overlay, locks } = placesIn(folder);
  if (Object.values(filesOfState(statePath)).some((kept) => existsSync(kept))) return true;
  const hasFile = folder.endsWith('.d') && foundAt(folder.slice(0, -'.d'.length))?.isFile() === true;
  return hasFile && [dirname(statePath), overlay, locks].some((part) => existsSync(part));
}
