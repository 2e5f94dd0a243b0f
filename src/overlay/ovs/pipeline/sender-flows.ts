import type { BindingObject } from '../../../../events/overlay-objects.ts';
import type { Flow } from './flow.ts';
import { field, hex, matchOf, type Prefix } from './spelling.ts';
import { isToHere } from './static-flows.ts';
import { backTo, goTo, tables } from './tables.ts';
import type { Vantage } from './vantage.ts';

/** An endpoint's own address beats every prefix. */
const endpointPriority = 400;

/** A prefix beats each shorter one: each has two priorities, for its owner and for everyone else. */
const prefixPriority = 100;

/** What an external sends to a port of this host: whether its receiver finds it at the address that it sends from. */
export function askedForSender(vni: number): Flow {
  return {
    table: tables.external,
    priority: 100,
    match: `reg0=${hex(vni)},${isToHere}`,
    actions: goTo(tables.sender),
  };
}

/** No external may send to a network from the address of an endpoint that the network finds. */
export function endpointSenderFlows(
  vantage: Vantage,
  { vni, prefix }: { vni: number; prefix: Prefix },
): Flow[] {
  if (!mayHearExternals(vantage, vni)) return [];
  return [senderFlow({ receiver: vni, prefix, priority: endpointPriority })];
}

/** From a prefix that a network finds its owner alone may send to it. */
export function externalSenderFlows(
  vantage: Vantage,
  { vni, prefix, owner }: { vni: number; prefix: Prefix; owner: BindingObject | undefined },
): Flow[] {
  if (!mayHearExternals(vantage, vni)) return [];
  const priority = prefixPriority + 2 * prefix.length;
  const others = senderFlow({ receiver: vni, prefix, priority });
  return owner === undefined
    ? [others]
    : [others, senderFlow({ receiver: vni, prefix, priority: priority + 1, sender: owner.vni })];
}

/** Whether an external may send to some port of a network here: there is a route both ways. */
function mayHearExternals(vantage: Vantage, vni: number): boolean {
  return vantage.model.externalsFrom.has(vni) && vantage.isLocal(vni);
}

/** What comes from a prefix goes on if it is the sender's; without a sender it is refused. */
function senderFlow({
  receiver,
  prefix,
  priority,
  sender,
}: {
  receiver: number;
  prefix: Prefix;
  priority: number;
  sender?: number;
}): Flow {
  const [family, address] = prefix.family === 4 ? ['ip', 'nw_src'] : ['ipv6', 'ipv6_src'];
  const from = sender === undefined ? '' : `reg0=${hex(sender)}`;
  return {
    table: tables.sender,
    priority,
    match: matchOf(family, from, `reg1=${hex(receiver)}`, field(address, prefix.text)),
    actions: backTo(sender === undefined ? tables.dropped : tables.track),
  };
}
