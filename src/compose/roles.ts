import { hostname } from 'node:os';
import { localRoles, type LocalRoles } from '../roles/local/roles.ts';
import type { RoleHolder } from '../roles/port.ts';
import { systemClock } from '../runtime/clock.ts';

/** This process, as of now. */
export function thisProcess(): RoleHolder {
  return { pid: process.pid, host: hostname(), since: systemClock.now() };
}

/** The roles on a ledger, taken in the name of this process. `locks` is the folder for their locks. */
export function rolesIn(locks: string): LocalRoles {
  return localRoles({ folder: locks, holder: thisProcess });
}
