import type { NatsConnection } from 'nats';
import { bucketOfLeases } from '../roles/nats/lease-store.ts';
import { leasedRoles } from '../roles/nats/roles.ts';
import type { Roles } from '../roles/port.ts';
import { systemClock } from '../runtime/clock.ts';
import { randomIds } from '../runtime/ids.ts';
import { thisProcess } from './roles.ts';

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
