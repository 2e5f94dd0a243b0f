import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Actor } from '../../../events/entry.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import type { HostOfShard } from '../../../projections/directory/directory.ts';
import type { AppendResult, Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { record } from './record.ts';

/** `open`: a person begins to change a host by hand. `close`: that is over. */
export type BypassIntent = 'open' | 'close';

export interface SetBypassRequest {
  readonly ledger: Ledger;
  readonly actor: Actor;
  readonly host: HostOfShard;
  readonly reason?: string | undefined;
  readonly idempotencyKey: string;
}

/**
 * Records that a person changes a host by hand, beside the ledger, or does so no longer. A repeated intent records nothing, nor does
 * one about a host that left the shard meanwhile.
 */
export function setBypass(
  { host, ...request }: SetBypassRequest,
  intent: BypassIntent,
  from: Projected<Estate>,
): Promise<{ recorded: AppendResult | undefined; estate: Projected<Estate> }> {
  return record(
    request,
    ({ state }) => ({
      events: intent === 'open' ? openNow(state, host) : closeNow(state, host),
      subjects: [`overlay/${host.shard}`, `host/${host.host}`],
    }),
    from,
  );
}

function openNow({ intended: { directory }, applied }: Estate, { host, shard }: HostOfShard): DomainEvent[] {
  const { bypasses } = appliedShard(applied, shard);
  if (directory.hosts.get(host)?.shard !== shard || bypasses.open.has(host)) return [];
  return [{ type: 'BypassOpened', data: { shard, host, bypass: bypasses.next } }];
}

function closeNow({ applied }: Estate, { host, shard }: HostOfShard): DomainEvent[] {
  const bypass = appliedShard(applied, shard).bypasses.open.get(host);
  return bypass === undefined ? [] : [{ type: 'BypassClosed', data: { shard, host, bypass } }];
}
