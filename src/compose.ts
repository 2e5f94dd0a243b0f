import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostname } from 'node:os';
import type { Shard } from '../events/estate.ts';
import { LedgerDamaged } from './ledger/faults.ts';
import type { Ledger } from './ledger/port.ts';
import { backUpLedger } from './ledger/sqlite/backup.ts';
import { companionsOf } from './ledger/sqlite/companions.ts';
import type { Copied, CopyProgress } from './ledger/sqlite/copy.ts';
import { openToExamine, type Examined } from './ledger/sqlite/examine.ts';
import { openSqliteLedger } from './ledger/sqlite/ledger.ts';
import { restoreLedger, type Restored } from './ledger/sqlite/restore.ts';
import { holdRole, rolesOf, type RoleState } from './ledger/sqlite/role-lock.ts';
import { embeddedDriver } from './overlay/embedded/driver.ts';
import { embeddedProbe } from './overlay/embedded/probe.ts';
import type { OverlayDriver, OverlayProbe } from './overlay/port.ts';
import { BadConfig } from './runtime/config.ts';
import { systemClock, type Clock } from './runtime/clock.ts';
import { randomIds } from './runtime/ids.ts';

/** A ledger that is open, and all that is derived from it: which adapter serves it is decided here and nowhere else. */
export interface Opened {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Where the estate's projected state is kept. */
  readonly statePath: string;
  readonly probe: OverlayProbe;
  readonly newId: () => string;
  readonly driverFor: (shard: Shard) => OverlayDriver;
  readonly holdRole: (role: string) => { release(): void };
  /** Copies the ledger, as it is at this moment, to a file that is not there yet. Throws what backUpLedger throws. */
  readonly backUp: (file: string, onProgress: (progress: CopyProgress) => void) => Promise<Copied>;
}

/** Opens the ledger of a URL (`sqlite:PATH`). Throws BadConfig for another URL, and what opening throws. */
export function open(url: string, { create }: { create: boolean }): Opened {
  const path = sqlitePath(url);
  const statePath = statePathOf(path);
  if (create && isEmpty(path) && existsSync(statePath)) {
    throw new LedgerDamaged(
      `${path} holds nothing, but ${path}.d holds what followed from a ledger there: restore the ledger (isoledger ledger restore FILE), or move ${path}.d away`,
    );
  }
  const ledger = openSqliteLedger({ path, create, clock: systemClock, ids: randomIds });
  const folder = join(`${path}.d`, 'overlay');
  return {
    ledger,
    clock: systemClock,
    statePath,
    probe: embeddedProbe({ folder, ledger: ledger.id }),
    newId: () => randomIds(systemClock.now()),
    driverFor: ({ shard }) => embeddedDriver({ folder, ledger: ledger.id, shard }),
    holdRole: (role) =>
      holdRole({ path, role, holder: { pid: process.pid, host: hostname(), since: systemClock.now() } }),
    backUp: (to, onProgress) =>
      backUpLedger({
        ...{ from: path, to, onProgress, clock: systemClock, ids: randomIds },
        accept: () => Promise.resolve(),
      }),
  };
}

/** Where the estate's projected state is kept, beside the ledger at a path. */
function statePathOf(path: string): string {
  return join(`${path}.d`, 'state', 'estate.json');
}

/**
 * Puts a backup at the place that a URL names. `accept` is asked about the copy, and about what was kept beside that
 * place, and throws to refuse it: then nothing is there as before. Throws what restoreLedger throws; BadConfig.
 */
export function restore(
  url: string,
  of: {
    file: string;
    accept: (opened: Pick<Opened, 'ledger' | 'statePath'>) => Promise<void>;
    onProgress: (progress: CopyProgress) => void;
  },
): Promise<Restored> {
  const to = sqlitePath(url);
  return restoreLedger({
    ...{ from: of.file, to, onProgress: of.onProgress, clock: systemClock, ids: randomIds },
    accept: (ledger) => of.accept({ ledger, statePath: statePathOf(to) }),
  });
}

function isEmpty(path: string): boolean {
  return !existsSync(path) || statSync(path).size === 0;
}

/** What doctor looks at: places, who holds which role, and the ledger itself. Nothing of it writes anything. */
export interface Examination {
  /** Where the ledger is, and the folder with all that is derived from it. */
  readonly path: string;
  readonly derived: string;
  readonly statePath: string;
  /** The files that a ledger in use has beside it. */
  readonly companions: readonly string[];
  readonly clock: Clock;
  /** Throws StoreUnavailable. */
  readonly roles: () => RoleState[];
  /** Throws StoreUnavailable, LedgerDamaged; its ledger has to be closed. */
  readonly open: () => Examined;
  readonly driverFor: (ledger: Ledger, shard: Shard) => OverlayDriver;
}

/** Looks at what a URL names, whatever state it is in. Throws BadConfig for a URL that is none. */
export function examine(url: string): Examination {
  const path = sqlitePath(url);
  const derived = `${path}.d`;
  return {
    ...{ path, derived, statePath: statePathOf(path), companions: companionsOf(path), clock: systemClock },
    roles: () => rolesOf(path),
    open: () => openToExamine(path, { clock: systemClock, ids: randomIds }),
    driverFor: ({ id }, { shard }) => embeddedDriver({ folder: join(derived, 'overlay'), ledger: id, shard }),
  };
}

/** Whether there is a ledger at a URL already. Throws BadConfig for a URL that is none. */
export function ledgerExists(url: string): boolean {
  return existsSync(sqlitePath(url));
}

function sqlitePath(url: string): string {
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : '';
  if (path !== '') return path;
  const esdb = /^esdb(\+discover)?:/.test(url);
  throw new BadConfig(
    esdb
      ? `${url}: ledgers in EventStoreDB are not built in this version; use sqlite:PATH`
      : `${url} is no ledger URL; it has the form sqlite:PATH, as in sqlite:./.isoledger/ledger.db`,
  );
}
