import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Actor } from '../../../events/entry.ts';
import { tenantOf } from '../../../events/names.ts';
import { grantsOf } from '../../../projections/intended/grants.ts';
import type { AppendResult, Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import { passTime } from './pass-time.ts';
import { record } from './record.ts';

export interface SetQuarantineRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly tenant: string;
  readonly reason?: string | undefined;
  readonly idempotencyKey: string;
}

export interface Quarantined {
  /** The place of the event; undefined if the tenant was as asked already, or is gone. */
  readonly recorded: AppendResult | undefined;
  /** The shards whose hosts have to know. */
  readonly shards: readonly string[];
  readonly estate: Projected<Estate>;
}

/**
 * Records that a tenant is cut off from everyone (`quarantine`), or no longer (`release`). A repeated intent records
 * nothing. An intent about a tenant that was retired meanwhile records nothing either: a later tenant of that name is
 * another one.
 */
export async function setQuarantine(
  request: SetQuarantineRequest,
  intent: 'quarantine' | 'release',
  from: Projected<Estate>,
): Promise<Quarantined> {
  const { ledger, actor, tenant, reason, idempotencyKey } = request;
  const passed = await passTime(request, from);
  const { recorded, estate } = await record(
    { ledger, actor, reason, idempotencyKey, subjects: [`tenant/${tenant}`] },
    ({ state }) => ({ events: eventsFor(state, { intent, tenant }) }),
    passed,
  );
  return { recorded, shards: shardsConcerned(estate, tenant), estate };
}

function eventsFor(
  { intended }: Estate,
  { intent, tenant }: { intent: 'quarantine' | 'release'; tenant: string },
): DomainEvent[] {
  const is = intended.quarantined.has(tenant);
  if (!intended.directory.tenants.has(tenant) || is === (intent === 'quarantine')) return [];
  return [{ type: is ? 'TenantReleased' : 'TenantQuarantined', data: { tenant } }];
}

/** The tenant's own shard, the shards of its peers, and those that still hold one of its networks. */
function shardsConcerned({ state, recordedAt = '' }: Projected<Estate>, tenant: string): string[] {
  const { intended, applied } = state;
  const shards = new Set<string>();
  for (const { from, to } of grantsOf(intended, { at: recordedAt }, new Set([tenant]))) {
    for (const end of [from, to]) shards.add(intended.vnis.get(end)?.shard ?? '');
  }
  shards.add(intended.directory.placements.get(tenant) ?? '');
  for (const [shard, { objects }] of applied.shards) {
    const isThere = objects
      .values()
      .some((object) => object.kind === 'network' && tenantOf(object.segment) === tenant);
    if (isThere) shards.add(shard);
  }
  shards.delete('');
  return [...shards].sort();
}
