import type { Actor } from '../../events/entry.ts';
import { isGone, type HostOfShard } from '../../projections/directory/directory.ts';
import { applierRole, takeRole } from '../apply/drive/sync.ts';
import { passTime } from '../apply/record/pass-time.ts';
import { sayGone, type GoneIntent } from '../apply/record/gone.ts';
import type { AppendResult } from '../ledger/port.ts';
import { RoleHeld } from '../roles/faults.ts';
import type { HeldRole } from '../roles/port.ts';
import { requireHost } from './named.ts';
import { keepEstate, loadEstate, type Workspace } from './workspace.ts';

export interface GoneRequest {
  readonly intent: GoneIntent;
  readonly name: string;
  /** Needed only where several shards have a host of that name. */
  readonly shard: string | undefined;
  readonly actor: Actor;
  readonly reason: string;
  /** How long to wait for whoever drives the shard just now. */
  readonly timeoutMs: number;
}

export interface GoneDone extends HostOfShard {
  readonly recorded: AppendResult | undefined;
  /** Whether it counts as gone now. */
  readonly isGone: boolean;
  /** Whether a document declares it. */
  readonly isDeclared: boolean;
}

/**
 * Records that a host is gone, or is there after all. Nobody drives its shard at that moment: what was under way when a person looked
 * might reach the host afterwards. Throws UsageError for an unknown host, RoleHeld, RolesUnavailable, and what recording throws.
 */
export async function gone(workspace: Workspace, request: GoneRequest): Promise<GoneDone> {
  const { ledger, clock, holdRole, newId } = workspace;
  const { intent, name, actor, reason, timeoutMs } = request;
  const loaded = await loadEstate(workspace);
  const { directory } = loaded.state.intended;
  const isMeant = (one: HostOfShard): boolean => isGone(directory, one) === (intent === 'back');
  const host = requireHost(loaded.state, request, isMeant);
  const passed = await passTime({ ledger, clock, actor }, loaded);
  const role = await roleOf({ holdRole, clock, timeoutMs }, host);
  try {
    const of = { ledger, actor, host, reason, idempotencyKey: newId() };
    const { recorded, estate } = await sayGone(of, intent, passed);
    await keepEstate(workspace, estate, actor);
    const now = estate.state.intended.directory;
    const isDeclared = now.hosts.get(name)?.shard === host.shard;
    return { ...host, recorded, isGone: isGone(now, host), isDeclared };
  } finally {
    await role.release();
  }
}

/** Throws RoleHeld where another process drives the shard all that time, RolesUnavailable. */
async function roleOf(
  means: Pick<Workspace, 'holdRole' | 'clock'> & { timeoutMs: number },
  { shard }: HostOfShard,
): Promise<HeldRole> {
  let heldBy: RoleHeld | undefined;
  const role = await takeRole(means, applierRole(shard), (by) => {
    heldBy = by;
    return Promise.resolve(false);
  });
  if (role !== undefined && 'release' in role) return role;
  throw role ?? heldBy ?? new RoleHeld(applierRole(shard), undefined);
}
