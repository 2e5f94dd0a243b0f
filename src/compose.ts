import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostname } from 'node:os';
import type { Shard } from '../events/estate.ts';
import { LedgerDamaged } from './ledger/faults.ts';
import type { Ledger } from './ledger/port.ts';
import { openSqliteLedger } from './ledger/sqlite/ledger.ts';
import { holdRole } from './ledger/sqlite/role-lock.ts';
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
}

/** Opens the ledger of a URL (`sqlite:PATH`). Throws BadConfig for another URL, and what opening throws. */
export function open(url: string, { create }: { create: boolean }): Opened {
  const path = sqlitePath(url);
  const statePath = join(`${path}.d`, 'state', 'estate.json');
  if (create && isEmpty(path) && existsSync(statePath)) {
    throw new LedgerDamaged(
      `${path} holds nothing, but ${path}.d holds what followed from a ledger there: restore the ledger, or move ${path}.d away`,
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
  };
}

function isEmpty(path: string): boolean {
  return !existsSync(path) || statSync(path).size === 0;
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
