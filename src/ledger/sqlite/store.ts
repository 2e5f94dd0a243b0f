import { existsSync } from 'node:fs';
import { flawOfPath } from '../../runtime/credentials.ts';
import { requireOwnFolder } from '../../runtime/own-folder.ts';
import { companionsOf, isOutOfSight } from '../../runtime/sqlite-files.ts';
import { filesOfState, placesIn } from '../derived.ts';
import { LedgerGone } from '../faults.ts';
import type {
  Backup,
  HowToOpen,
  LedgerStore,
  Original,
  PlacedCopy,
  PlaceExamination,
  StoredLedger,
} from '../store.ts';
import { backUpLedger } from './backup.ts';
import { holdsNothing, logOfLost, setCompanionsAside } from './companions.ts';
import type { AppendMeans } from './copy.ts';
import { openToExamine } from './examine.ts';
import { openSqliteLedger } from './ledger.ts';
import { requireLedgerName } from './ledger-name.ts';
import { noFileOfLedger } from './no-ledger.ts';
import { removePartialFiles } from './partial-file.ts';
import { derivedBeside, linksFrom, realFile, requireOneFolder } from './real-file.ts';
import { restoreLedger } from './restore.ts';
import { requireTwoFiles } from './two-files.ts';

const scheme = 'sqlite:';

/** Ledgers in files on this machine, `sqlite:PATH`. State that follows from a ledger lies in `PATH.d`. */
export function sqliteStore(means: AppendMeans): LedgerStore {
  return {
    kind: 'file',
    form: 'sqlite:PATH, as in sqlite:./.isoledger/ledger.db',
    names: (url) => pathOf(url) !== '',
    shown: (url) => url,
    derivedAt: (url) => derivedBeside(realFile(pathOf(url))),
    exists: (url) => Promise.try(() => exists(fileToUse(url))),
    open: (url, how) => Promise.try(() => open({ path: fileToUse(url), named: pathOf(url) }, how, means)),
    examine: (url) => Promise.try(() => examine(fileNamedBy(url), means)),
    restore: (url, backup) => Promise.try(() => restore(fileToUse(url), backup, means)),
    requireTwoPlaces: ({ from, to }) =>
      Promise.try(() => {
        requireTwoFiles(pathOf(from), pathOf(to));
      }),
    isFurtherName: () => Promise.resolve(false),
  };
}

/** The path in a URL. Empty if the URL names no file. */
function pathOf(url: string): string {
  if (!url.startsWith(scheme) || isOfServer.test(url)) return '';
  const path = url.slice(scheme.length);
  return flawOfPath(path) === undefined ? path : '';
}

/** User, password or port of a server behind our scheme: a path with a password in it would be shown everywhere. */
const isOfServer = /^sqlite:(?:esdb(?:\+discover)?:|(?:[a-z][a-z0-9+.-]*:)?\/\/(?!\/)(?:.*@|[^/]*:))/is;

/** The file that a URL leads to. Throws NoLedgerName, also where a link of such a name leads to another file. */
function fileNamedBy(url: string): string {
  const [named, real] = [pathOf(url), realFile(pathOf(url))];
  for (const path of [named, real]) requireLedgerName(path);
  return real;
}

/** As fileNamedBy, for use as a ledger. Throws LedgerGone too, if one was lost whose name is a link to nothing now. */
function fileToUse(url: string): string {
  const path = fileNamedBy(url);
  if (!holdsNothing(path)) return path;
  for (const link of linksFrom(pathOf(url))) {
    const left = leftOf(link);
    if (left !== undefined)
      throw new LedgerGone(
        `${link} is a link to ${path}, where no ledger is, and ${left} holds what followed from a ledger that was at ${link} itself: remove the link and restore the ledger (isoledger ledger restore FILE), or move ${left} away to begin a new one`,
      );
  }
  return path;
}

async function open(
  { path, named }: { path: string; named: string },
  how: HowToOpen,
  means: AppendMeans,
): Promise<StoredLedger> {
  const { create, copyOf, asksOnly } = how;
  if (!create) requireNothingLeft(path);
  requireOneFolder(path, { asksOnly: asksOnly === true });
  if (asksOnly !== true) requireOwnFolder({ folder: derivedBeside(path), file: path });
  const setAside = create ? await makeWay(path, copyOf, means) : [];
  if (asksOnly !== true) removePartialFiles(path);
  return {
    ledger: openSqliteLedger({ path, named, create, asksOnly, idOfNew: copyOf?.id, ...means }),
    derived: derivedBeside(path),
    file: path,
    setAside,
    backUp: (to, onProgress) =>
      backUpLedger({ ...means, from: path, to, onProgress, accept: () => Promise.resolve() }),
  };
}

/** Before a ledger is made. Throws LedgerGone, PlaceTaken, StoreUnavailable, and the errors of `accept`. */
async function makeWay(
  path: string,
  copyOf: Original | undefined,
  { clock }: AppendMeans,
): Promise<readonly string[]> {
  if (!holdsNothing(path)) return [];
  if (copyOf === undefined) {
    requireNothingLeft(path);
    return [];
  }
  await copyOf.accept(derivedBeside(path));
  return setCompanionsAside(path, { at: clock.now() });
}

/** Throws StoreUnavailable where nobody can tell: an estate must not be taken for a new one. */
function exists(path: string): boolean {
  if (isOutOfSight(path)) throw noFileOfLedger(path, '');
  if (!existsSync(path)) requireNothingLeft(path);
  return existsSync(path);
}

/** Throws LedgerGone if a ledger was lost from this path: it is to be looked for, and a new one would pass for it. */
function requireNothingLeft(path: string): void {
  if (!holdsNothing(path)) return;
  const left = leftOf(path);
  if (left === undefined) return;
  throw new LedgerGone(
    `the ledger ${path} is gone, but ${left} holds what followed from it: restore the ledger (isoledger ledger restore FILE), or move ${left} away to begin a new one`,
  );
}

/** What followed from a ledger at a path, where that is gone; undefined if there is nothing. */
function leftOf(path: string): string | undefined {
  const derived = derivedBeside(path);
  const { statePath, overlay } = placesIn(derived);
  const places = [...Object.values(filesOfState(statePath)), overlay];
  return places.some((place) => existsSync(place)) ? derived : logOfLost(path);
}

function examine(path: string, means: AppendMeans): PlaceExamination {
  return {
    where: path,
    // One that cannot be seen may be there: opening it tells why not.
    isThere: existsSync(path) || isOutOfSight(path),
    file: path,
    derived: derivedBeside(path),
    companions: companionsOf(path),
    retentions: undefined,
    open: () =>
      Promise.try(() => {
        requireOneFolder(path, { asksOnly: false });
        return openToExamine(path, means);
      }),
  };
}

function restore(
  path: string,
  { file, onProgress, accept }: Backup,
  means: AppendMeans,
): Promise<PlacedCopy> {
  return restoreLedger({
    ...means,
    ...{ from: file, to: path, onProgress },
    accept: (ledger) => accept({ ledger, derived: derivedBeside(path) }),
  });
}
