import { hostname } from 'node:os';
import type { NatsConnection } from 'nats';
import { localRoles } from '../roles/local/roles.ts';
import { bucketOfLeases } from '../roles/nats/lease-store.ts';
import { leasedRoles } from '../roles/nats/roles.ts';
import type { RoleHolder, Roles } from '../roles/port.ts';
import { systemClock } from '../runtime/clock.ts';
import { randomIds } from '../runtime/ids.ts';

/** This process, as of now. */
export function thisProcess(): RoleHolder {
  return { pid: process.pid, host: hostname(), since: systemClock.now() };
}

/** The roles on a ledger, taken in the name of this process. `locks` is the folder for their locks. */
export function rolesIn(locks: string): Roles {
  return localRoles({ folder: locks, holder: thisProcess });
}

/**
 * The roles on a ledger among machines, taken in the name of this process by leases in NATS. They are kept for as long as the process
 * wants any: which leases ran out is known to whoever watched them.
 */
export function rolesByLease(of: {
  readonly connection: () => Promise<NatsConnection>;
  readonly ledgerId: string;
  /** How many servers keep each lease. */
  readonly replicas: number;
  /** How long a role stays taken after its holder has ended without giving it back. */
  readonly ttlMs: number;
}): Roles {
  const newToken = (): string => randomIds(systemClock.now());
  return leasedRoles({
    store: bucketOfLeases(of),
    clock: systemClock,
    holder: thisProcess,
    ttlMs: of.ttlMs,
    newToken,
  });
}
