import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostname } from 'node:os';
import type { Shard } from '../events/estate.ts';
import { LedgerDamaged, LedgerForked } from './ledger/faults.ts';
import { copyEntries, type CopyProgress } from './ledger/copy.ts';
import { retentionsAt, type Retention } from './ledger/eventstoredb/examine.ts';
import { ledgerIdOf, openEventStoreLedger } from './ledger/eventstoredb/ledger.ts';
import { isFurtherName, requireTwoStreams } from './ledger/eventstoredb/two-streams.ts';
import { withoutSecrets } from './ledger/eventstoredb/ledger-url.ts';
import type { CopyTarget, Ledger } from './ledger/port.ts';
import { backUpLedger, fillNewFile } from './ledger/sqlite/backup.ts';
import { requireTwoFiles } from './ledger/sqlite/two-files.ts';
import { companionsOf } from './ledger/sqlite/companions.ts';
import { openToExamine } from './ledger/sqlite/examine.ts';
import { openSqliteLedger } from './ledger/sqlite/ledger.ts';
import { restoreLedger, type Restored } from './ledger/sqlite/restore.ts';
import { embeddedDriver } from './overlay/embedded/driver.ts';
import { embeddedProbe } from './overlay/embedded/probe.ts';
import type { OverlayDriver } from './overlay/port.ts';
import { localRoles } from './roles/local/roles.ts';
import type { RoleHolder, Roles } from './roles/port.ts';
import { BadConfig } from './runtime/config.ts';
import { systemClock, type Clock } from './runtime/clock.ts';
import type { Workspace } from './tasks/workspace.ts';
import { randomIds } from './runtime/ids.ts';

/** A workspace before anybody has said where it logs. */
export type Opened = Omit<Workspace, 'log'>;

/** Opens the ledger of a URL (`sqlite:PATH`, `esdb://...`). Throws BadConfig for another URL, and what opening throws. */
export async function open(url: string, { create }: { create: boolean }): Promise<Opened> {
  const place = placeOf(url);
  return place.kind === 'sqlite' ? openFile(place.path, { create }) : openServer(place.url, { create });
}

function openFile(path: string, { create }: { create: boolean }): Opened {
  const derived = `${path}.d`;
  const statePath = statePathIn(derived);
  if (create && isEmpty(path) && existsSync(statePath)) {
    throw new LedgerDamaged(
      `${path} holds nothing, but ${path}.d holds what followed from a ledger there: restore the ledger (isoledger ledger restore FILE), or move ${path}.d away`,
    );
  }
  const ledger = openSqliteLedger({ path, create, ...means });
  const backUp: Opened['backUp'] = (to, onProgress) =>
    backUpLedger({ ...means, from: path, to, onProgress, accept: () => Promise.resolve() });
  return opened({ ledger, derived, backUp });
}

async function openServer(url: string, { create }: { create: boolean }): Promise<Opened> {
  const ledger = await openEventStoreLedger({ url, create, ...means });
  const backUp: Opened['backUp'] = (to, onProgress) =>
    fillNewFile({ ...means, to, ledger: ledger.id }, (target) =>
      copyEntries({ from: ledger, to: target }, (progress) => {
        onProgress({ step: 'copying', ...progress });
      }),
    );
  return opened({ ledger, derived: derivedFrom(ledger), backUp });
}

/** What follows from a ledger on a server lies below the folder that a command is given in. */
function derivedFrom({ id }: Pick<Ledger, 'id'>): string {
  return join('.isoledger', id);
}

/** A ledger with all that is derived from it, which lies in one folder. */
function opened(of: { ledger: CopyTarget; derived: string; backUp: Opened['backUp'] }): Opened {
  const { ledger, derived, backUp } = of;
  const folder = join(derived, 'overlay');
  return {
    ledger,
    clock: systemClock,
    statePath: statePathIn(derived),
    probe: embeddedProbe({ folder, ledger: ledger.id }),
    newId: () => randomIds(systemClock.now()),
    driverFor: ({ shard }) => embeddedDriver({ folder, ledger: ledger.id, shard }),
    holdRole: (role) => rolesIn(derived).hold(role),
    backUp,
  };
}

/** The roles on a ledger, taken in the name of this process. */
function rolesIn(derived: string): Roles {
  const holder = (): RoleHolder => ({ pid: process.pid, host: hostname(), since: systemClock.now() });
  return localRoles({ folder: `${derived}/locks`, holder });
}

/** What every adapter takes beside its place. */
const means = { clock: systemClock, ids: randomIds };

/** Where the estate's projected state is kept. */
function statePathIn(derived: string): string {
  return join(derived, 'state', 'estate.json');
}

/**
 * Puts a backup at the place that a URL names. `accept` is asked about the copy, and about what was kept beside that
 * place, and throws to refuse it: then nothing is there as before. Throws what restoreLedger throws; BadConfig.
 */
export async function restore(
  url: string,
  of: {
    file: string;
    accept: (opened: Pick<Opened, 'ledger' | 'statePath'>) => Promise<void>;
    onProgress: (progress: CopyProgress) => void;
  },
): Promise<Restored> {
  const place = placeOf(url);
  if (place.kind === 'server') {
    throw new BadConfig(
      `${withoutSecrets(url)} is a server: isoledger ledger copy sqlite:${of.file} ${withoutSecrets(url)} brings a backup there`,
    );
  }
  const to = place.path;
  return restoreLedger({
    ...means,
    ...{ from: of.file, to, onProgress: of.onProgress },
    accept: (ledger) => of.accept({ ledger, statePath: statePathIn(`${to}.d`) }),
  });
}

/** A ledger, and the one that is to become its copy. */
export interface Pair {
  readonly from: Ledger;
  readonly to: CopyTarget;
  /** Whether the URL of the second one became a further name of a stream that its server held already. */
  readonly isAlias: boolean;
}

/**
 * Opens two ledgers, of which the second is to become a copy of the first: it is made where there is none, and then has
 * the same id. Throws BadConfig, NothingToCopy where both are one ledger in one place, and what opening throws.
 */
export async function openPair(urls: { from: string; to: string }): Promise<Pair> {
  const [source, target] = [placeOf(urls.from), placeOf(urls.to)];
  const from = await openLedger(source, { create: false });
  try {
    await requireTwoPlaces(from, { source, target });
    const isAlias = target.kind === 'server' && (await isFurtherName(target.url, from));
    return { from, to: await openLedger(target, { create: true, idOfNew: from.id }), isAlias };
  } catch (error) {
    await from.close();
    throw error;
  }
}

/** What seems a copy, and is the original by another name, would be lost along with it. */
async function requireTwoPlaces(
  ledger: Ledger,
  { source, target }: { source: Place; target: Place },
): Promise<void> {
  if (source.kind === 'sqlite' && target.kind === 'sqlite') requireTwoFiles(source.path, target.path);
  if (source.kind === 'server' && target.kind === 'server')
    await requireTwoStreams({ from: source.url, to: target.url }, ledger);
}

function openLedger(
  place: Place,
  how: { create: boolean; idOfNew?: string },
): CopyTarget | Promise<CopyTarget> {
  return place.kind === 'sqlite'
    ? openSqliteLedger({ path: place.path, ...means, ...how })
    : openEventStoreLedger({ url: place.url, ...means, ...how });
}

function isEmpty(path: string): boolean {
  return !existsSync(path) || statSync(path).size === 0;
}

/** A ledger that is open to be looked at, and checks of what reading its entries does not show: none of one on a server. */
export interface Examined {
  readonly ledger: Ledger;
  /** Throws LedgerDamaged where what guards the entries is not as it should be. */
  requireDefinitions(): void;
  /** Throws LedgerDamaged where something beside the entries contradicts them. */
  requireConsistent(): void;
  /** Whether somebody began to write while the ledger was taken to be at rest: what was found may be wrong then. */
  wasDisturbed(): boolean;
}

/** What doctor looks at: places, who holds which role, and the ledger itself. Nothing of it writes anything. */
export interface Examination {
  /** Where the ledger is, in words. */
  readonly where: string;
  readonly isThere: boolean;
  /** The ledger's own file, where it is one. */
  readonly file: string | undefined;
  /** The folder with all that is derived from it. */
  readonly derived: string;
  readonly statePath: string;
  /** The files that a ledger in use has beside it. */
  readonly companions: readonly string[];
  readonly clock: Clock;
  /** Throws RolesUnavailable. */
  readonly roles: Roles['states'];
  /** What lets a server give up entries, whether or not they can be read; undefined for a file. Throws StoreUnavailable. */
  readonly retentions: (() => Promise<readonly Retention[]>) | undefined;
  /** Throws StoreUnavailable, LedgerDamaged, LedgerForked; its ledger has to be closed. */
  readonly open: () => Examined | Promise<Examined>;
  readonly driverFor: (ledger: Ledger, shard: Shard) => OverlayDriver;
}

/**
 * Looks at what a URL names, whatever state it is in. Throws BadConfig for a URL that is none, StoreUnavailable where a
 * server does not answer.
 */
export async function examine(url: string): Promise<Examination> {
  const place = placeOf(url);
  if (place.kind === 'sqlite') return examineFile(place.path);
  return examineServer(place.url);
}

async function examineServer(url: string): Promise<Examination> {
  const { id, isThere } = await identify(url);
  return {
    ...examinationIn(derivedFrom({ id: id ?? '' })),
    ...{ where: withoutSecrets(url), isThere, file: undefined, companions: [] },
    retentions: () => retentionsAt(url, { id }),
    open: async () => ({
      ledger: await openEventStoreLedger({ url, create: false, ...means }),
      requireDefinitions: () => undefined,
      requireConsistent: () => undefined,
      wasDisturbed: () => false,
    }),
  };
}

/** A ledger whose server no longer says which one it is counts as there: opening it shows what is wrong. */
async function identify(url: string): Promise<{ id: string | undefined; isThere: boolean }> {
  try {
    const id = await ledgerIdOf(url);
    return { id, isThere: id !== undefined };
  } catch (error) {
    if (error instanceof LedgerForked || error instanceof LedgerDamaged)
      return { id: undefined, isThere: true };
    throw error;
  }
}

function examineFile(path: string): Examination {
  return {
    ...examinationIn(`${path}.d`),
    ...{ where: path, isThere: existsSync(path), file: path, companions: companionsOf(path) },
    retentions: undefined,
    open: () => openToExamine(path, means),
  };
}

function examinationIn(
  derived: string,
): Pick<Examination, 'derived' | 'statePath' | 'clock' | 'roles' | 'driverFor'> {
  return {
    ...{ derived, statePath: statePathIn(derived), clock: systemClock },
    roles: () => rolesIn(derived).states(),
    driverFor: ({ id }, { shard }) => embeddedDriver({ folder: join(derived, 'overlay'), ledger: id, shard }),
  };
}

/** Whether there is a ledger at a URL already. Throws BadConfig for a URL that is none, StoreUnavailable. */
export async function ledgerExists(url: string): Promise<boolean> {
  const place = placeOf(url);
  return place.kind === 'sqlite' ? existsSync(place.path) : (await ledgerIdOf(place.url)) !== undefined;
}

/** What kind of store a ledger URL names, and where what is derived from the ledger lies; undefined for one that is none. */
export function storeAt(url: string): { kind: 'file' | 'server'; derived: string } | undefined {
  const place = placeIn(url);
  if (place?.kind === 'server') return { kind: 'server', derived: derivedFrom({ id: 'ID' }) };
  return place === undefined ? undefined : { kind: 'file', derived: `${place.path}.d` };
}

/** A ledger URL as it may be shown: without user and password. */
export function shownUrl(url: string): string {
  return withoutSecrets(url);
}

type Place =
  { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'server'; readonly url: string };

function placeIn(url: string): Place | undefined {
  if (/^esdb(\+discover)?:\/\/./.test(url)) return { kind: 'server', url };
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : '';
  return path === '' ? undefined : { kind: 'sqlite', path };
}

function placeOf(url: string): Place {
  const place = placeIn(url);
  if (place !== undefined) return place;
  throw new BadConfig(
    `${withoutSecrets(url)} is no ledger URL; it has the form sqlite:PATH, as in sqlite:./.isoledger/ledger.db, or esdb://HOST:PORT`,
  );
}
