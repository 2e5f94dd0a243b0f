import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Actor } from '../../../events/entry.ts';
import { formerHostKey, isGone, type HostOfShard } from '../../../projections/directory/directory.ts';
import type { AppendResult, Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { record } from './record.ts';

/** `gone`: what the host was is off for good, or never was. `back`: it is there after all, or another one is in its place. */
export type GoneIntent = 'gone' | 'back';

export interface SayGoneRequest {
  readonly ledger: Ledger;
  readonly actor: Actor;
  readonly host: HostOfShard;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/**
 * Records a person's word that a host is gone, or is not. A host that is not gone any longer has its document recorded anew: from
 * then on it is driven. A repeated intent records nothing, nor does one about a host that was emptied or taken away meanwhile.
 */
export function sayGone(
  { host, ...request }: SayGoneRequest,
  intent: GoneIntent,
  from: Projected<Estate>,
): Promise<{ recorded: AppendResult | undefined; estate: Projected<Estate> }> {
  return record(
    request,
    ({ state }) => ({
      events: intent === 'gone' ? goneNow(state, host) : backNow(state, host),
      subjects: [`host/${host.host}`],
    }),
    from,
  );
}

function goneNow({ intended: { directory } }: Estate, { host, shard }: HostOfShard): DomainEvent[] {
  const isThere =
    directory.hosts.get(host)?.shard === shard || directory.formerHosts.has(formerHostKey({ host, shard }));
  if (!isThere || isGone(directory, { host, shard })) return [];
  return [{ type: 'HostGone', data: { host, shard } }];
}

function backNow({ intended: { directory } }: Estate, at: HostOfShard): DomainEvent[] {
  const document = directory.hosts.get(at.host);
  if (document?.shard !== at.shard || !isGone(directory, at)) return [];
  return [{ type: 'HostChanged', data: document }];
}
