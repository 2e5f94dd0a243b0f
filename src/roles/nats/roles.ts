import type { Clock } from '../../runtime/clock.ts';
import { RoleHeld, RolesUnavailable } from '../faults.ts';
import type { HeldRole, RoleHolder, Roles, RoleState } from '../port.ts';
import { requireRoleName } from '../role-name.ts';
import { keepLease } from './lease.ts';
import type { LeaseStore, StoredLease } from './lease-store.ts';
import { holderOf, lapsedBefore, readLease, type LeaseText } from './lease-text.ts';

export interface LeasedRolesOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  /** The process that takes a role, as of now. */
  readonly holder: () => RoleHolder;
  /** How long a role stays taken after its holder has ended without giving it back. */
  readonly ttlMs: number;
  /** Words that never come twice. */
  readonly newToken: () => string;
}

/**
 * The roles on a ledger among the processes of many machines: a lease each. A lease that another holds is taken once this process has
 * seen it stand unchanged for as long as it lasts, by this process's own clock; so these roles are kept for as long as a process
 * wants any, and asked again.
 */
export function leasedRoles(options: LeasedRolesOptions): Roles {
  const seen = new Map<string, SeenLease>();
  return {
    hold: (role) => hold(options, { role, seen }),
    states: () => states(options),
  };
}

interface SeenLease {
  readonly revision: number;
  /** The clock's reading when it was first seen. */
  readonly sinceMs: number;
}

interface SoughtRole {
  readonly role: string;
  readonly seen: Map<string, SeenLease>;
}

async function hold(options: LeasedRolesOptions, { role, seen }: SoughtRole): Promise<HeldRole> {
  requireRoleName(role);
  const { store, clock, holder, ttlMs, newToken } = options;
  const found = await store.get(role);
  requireFree(options, { role, seen }, found);
  const own = holder();
  const lapsed = lapsedBefore(found && readLease(found.text), own);
  const text: LeaseText = { v: 1, ...own, token: newToken(), ttlMs, held: true, lapsed };
  const writtenMs = clock.elapsedMs();
  const revision = await take(store, { role, text, after: found?.revision ?? 0 });
  seen.delete(role);
  return keepLease({ store, clock, key: role, text, revision, writtenMs });
}

/** Throws RoleHeld for a lease that did not run out before the eyes of this process. */
function requireFree(
  { clock, ttlMs }: LeasedRolesOptions,
  { role, seen }: SoughtRole,
  found: StoredLease | undefined,
): void {
  if (found === undefined) return;
  const lease = readLease(found.text);
  if (lease?.held === false) return;
  const nowMs = clock.elapsedMs();
  const before = seen.get(role);
  if (before?.revision !== found.revision) seen.set(role, { revision: found.revision, sinceMs: nowMs });
  else if (nowMs - before.sinceMs >= (lease?.ttlMs ?? ttlMs)) return;
  throw new RoleHeld(role, holderOf(lease));
}

/** Writes a lease: its revision. Throws RoleHeld if another was faster, RolesUnavailable. */
async function take(
  store: LeaseStore,
  { role, text, after }: { role: string; text: LeaseText; after: number },
): Promise<number> {
  let unavailable: RolesUnavailable | undefined;
  try {
    const revision = await store.put(role, JSON.stringify(text), after);
    if (revision !== undefined) return revision;
  } catch (error) {
    if (!(error instanceof RolesUnavailable)) throw error;
    unavailable = error;
  }
  // The write of ours may stand there, its answer lost; and the client may have sent it twice.
  const found = await store.get(role);
  const lease = found && readLease(found.text);
  if (found !== undefined && lease?.token === text.token) return found.revision;
  throw unavailable ?? new RoleHeld(role, holderOf(lease));
}

async function states({ store, clock, ttlMs }: LeasedRolesOptions): Promise<RoleState[]> {
  const roles = [...(await store.keys())].sort();
  const nowMs = Date.parse(clock.now());
  return Promise.all(
    roles.map(async (role) => {
      const found = await store.get(role);
      const lease = found && readLease(found.text);
      if (found === undefined || lease?.held === false) return { role, held: false, holder: undefined };
      // Machines may differ in their time. Words for people, by which nobody takes a role.
      const ageMs = nowMs - found.writtenAt.getTime();
      return { role, held: ageMs < 2 * (lease?.ttlMs ?? ttlMs), holder: holderOf(lease) };
    }),
  );
}
