import { hostname } from 'node:os';
import { localRoles } from '../roles/local/roles.ts';
import type { Roles } from '../roles/port.ts';
import { systemClock } from '../runtime/clock.ts';

/** The roles on a ledger, taken in the name of this process. `locks` is the folder for their locks. */
export function rolesIn(locks: string): Roles {
  const holder = (): { pid: number; host: string; since: string } => ({
    ...{ pid: process.pid, host: hostname(), since: systemClock.now() },
  });
  return localRoles({ folder: locks, holder });
}
