import type { BindingObject, OverlayObject } from '../../../events/overlay-objects.ts';
import { oneOfEachStretch, sameFamily } from './addresses.ts';
import { common, isNothing, type Traffic } from './traffic.ts';
import { owns, View } from './view.ts';

/** What a host holds for one shard. A host that was taken over by another shard may hold something for both. */
export interface Holder {
  readonly shard: string;
  readonly host: string;
  readonly objects: readonly OverlayObject[];
}

/** Packets from one port to another that the overlay lets arrive. Ports are spelt `host interface`. */
export interface Arrival {
  readonly from: string;
  readonly to: string;
  /** Every source address that port security and the receiver's host let it have, of the destination's family. */
  readonly sources: readonly string[];
  readonly dst: string;
  readonly traffic: Traffic;
  /** Who sits there as far as the two hosts know, each for its own port. */
  readonly source: string;
  readonly target: string;
}

/** The real tunnel address of each host. */
export type Tunnels = ReadonlyMap<string, string>;

const views = new WeakMap<readonly OverlayObject[], View>();

function viewOf({ objects }: Holder): View {
  const view = views.get(objects) ?? new View(objects);
  views.set(objects, view);
  return view;
}

/**
 * Everything that gets from the ports of one holder to the ports of others, for the addresses given: packet by packet,
 * but for protocols and ports.
 */
export function* arrivals(
  source: Holder,
  {
    holders,
    tunnels,
    addresses,
  }: { holders: readonly Holder[]; tunnels: Tunnels; addresses: readonly string[] },
): Generator<Arrival> {
  for (const sender of viewOf(source).portsOf(source.host)) {
    const own = addresses.filter((address) => owns(sender, address));
    for (const dst of addresses) {
      const sources = own.filter((address) => sameFamily(address, dst));
      if (sources.length === 0) continue;
      for (const delivery of deliveries(source, { sender, dst, holders, tunnels })) {
        const ends = { from: portOf(sender), source: viewOf(source).nameOf(sender.vni) };
        const { isBelieved, ...arrived } = delivery;
        const believed = sources.filter(isBelieved);
        if (believed.length > 0 && !isNothing(arrived.traffic))
          yield { ...ends, sources: believed, dst, ...arrived };
      }
    }
  }
}

/**
 * One representative of everything that anybody could be sent to or send from, as holders and those who are `told` beside them
 * tell addresses apart: no two of one stretch behave differently.
 */
export function addressesIn(holders: readonly Holder[], told: readonly string[] = []): string[] {
  return oneOfEachStretch([...holders.flatMap((holder) => viewOf(holder).addresses()), ...told]);
}

interface Hop {
  readonly sender: BindingObject;
  readonly dst: string;
  readonly holders: readonly Holder[];
  readonly tunnels: Tunnels;
}

interface Delivery extends Pick<Arrival, 'to' | 'target' | 'traffic'> {
  readonly isBelieved: (source: string) => boolean;
}

function* deliveries(source: Holder, hop: Hop): Generator<Delivery> {
  const { sender, dst } = hop;
  for (const target of viewOf(source).lookUp(sender.vni, dst)) {
    const sent = viewOf(source).passes('egress', sender.vni, target.vni);
    if (isNothing(sent)) continue;
    for (const receiver of target.host === source.host ? [source] : acrossTunnel(source, target.host, hop)) {
      for (const final of viewOf(receiver).lookUp(sender.vni, dst)) {
        if (final.host !== receiver.host) continue;
        const taken = viewOf(receiver).passes('ingress', sender.vni, final.vni);
        const target = viewOf(receiver).nameOf(final.vni);
        const isBelieved = (address: string): boolean =>
          viewOf(receiver).believes(address, { from: sender.vni, to: final.vni });
        yield { to: portOf(final), target, traffic: common(sent, taken), isBelieved };
      }
    }
  }
}

/** Whoever really has the tunnel address that packets for a host are sent to, and knows the sender as a carrier. */
function acrossTunnel(source: Holder, towards: string, { sender, holders, tunnels }: Hop): Holder[] {
  const addresses = viewOf(source).tunnelsOf(towards);
  const own = tunnels.get(source.host) ?? '';
  return holders.filter(
    (holder) => addresses.includes(tunnels.get(holder.host) ?? '') && viewOf(holder).takesIn(sender.vni, own),
  );
}

function portOf({ host, interface: port }: BindingObject): string {
  return `${host} ${port}`;
}
