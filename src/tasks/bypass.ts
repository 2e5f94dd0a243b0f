import { defined } from '../../events/codec/defined.ts';
import type { Actor } from '../../events/entry.ts';
import type { BypassAtHost } from '../../events/bypass.ts';
import { appliedShard } from '../../projections/applied/applied.ts';
import type { HostOfShard } from '../../projections/directory/directory.ts';
import { passTime } from '../apply/record/pass-time.ts';
import { setBypass, type BypassIntent } from '../apply/record/bypass.ts';
import type { AppendResult, LedgerReader } from '../ledger/port.ts';
import { replay } from '../ledger/replay.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { compareNaturally } from '../runtime/natural-order.ts';
import { UsageError } from '../runtime/errors.ts';
import { originOf, type Origin } from '../verify/origins.ts';
import { requireHost, requireShard } from './named.ts';
import { keepEstate, loadEstate, type Workspace } from './workspace.ts';

export interface BypassRequest {
  readonly intent: BypassIntent;
  readonly host: HostOfShard;
  readonly actor: Actor;
  readonly reason: string | undefined;
}

/** The place of the event; undefined if there was nothing to record. */
export interface BypassDone {
  readonly recorded: AppendResult | undefined;
  /** Whether one is open at the host now. */
  readonly isOpen: boolean;
}

/**
 * Records that a person changes a host by hand, or does so no longer. Throws UsageError for an unknown shard or host, and for one that was
 * retired, and what recording throws.
 */
export async function bypass(workspace: Workspace, request: BypassRequest): Promise<BypassDone> {
  const { ledger, clock, newId } = workspace;
  const { intent, host, actor, reason } = request;
  const loaded = await loadEstate(workspace);
  requireInUse(loaded.state, host);
  const passed = await passTime({ ledger, clock, actor }, loaded);
  const of = { ledger, actor, host, reason, idempotencyKey: newId() };
  const { recorded, estate } = await setBypass(of, intent, passed);
  await keepEstate(workspace, estate, actor);
  const { bypasses } = appliedShard(estate.state.applied, host.shard);
  return { recorded, isOpen: bypasses.open.has(host.host) };
}

function requireInUse(estate: Estate, { host, shard }: HostOfShard): void {
  requireShard(estate, shard);
  requireHost(estate, { name: host, shard }, () => true);
  if (estate.intended.directory.hosts.get(host)?.shard === shard) return;
  throw new UsageError(
    `host ${host} was retired from ${shard}, which empties it: nobody changes it by hand any longer`,
  );
}

/** A host that a person changes by hand; or did, and was not seen whole since. `since`: the event that opened the bypass. */
export interface BypassStatus extends BypassAtHost {
  readonly isOpen: boolean;
  readonly since: Origin;
}

/** Every bypass that is open, or closed and not over yet, by shard and host. Throws what reading a ledger throws. */
export async function bypassList(workspace: Workspace): Promise<readonly BypassStatus[]> {
  const { state } = await loadEstate(workspace);
  return bypassesIn(workspace.ledger, state);
}

/** The same, of an estate. The ledger is read only where there are any: it alone says who opened them, and why. */
export async function bypassesIn(
  ledger: LedgerReader,
  { applied }: Pick<Estate, 'applied'>,
): Promise<readonly BypassStatus[]> {
  const known = [...applied.shards].flatMap(([shard, { bypasses }]) => [
    ...Array.from(bypasses.open, ([host, number]) => ({ shard, host, bypass: number, isOpen: true })),
    ...Array.from(bypasses.closed, ([host, number]) => ({ shard, host, bypass: number, isOpen: false })),
  ]);
  if (known.length === 0) return [];
  const opened = await openings(ledger);
  return known
    .map((one) => ({ ...one, ...defined({ since: opened.get(keyOf(one)) }) }))
    .filter((one): one is BypassStatus => 'since' in one)
    .sort((a, b) => compareNaturally(keyOf(a), keyOf(b)));
}

/** By shard, host and number, the events that opened bypasses. */
async function openings(ledger: LedgerReader): Promise<ReadonlyMap<string, Origin>> {
  const opened = new Map<string, Origin>();
  await replay(ledger, {
    onBatch: ({ entries }) => {
      for (const entry of entries)
        if (entry.type === 'BypassOpened') opened.set(keyOf(entry.data), originOf(entry));
    },
  });
  return opened;
}

function keyOf({ shard, host, bypass: number }: BypassAtHost): string {
  return `${shard} ${host} ${String(number)}`;
}
