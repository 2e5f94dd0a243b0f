import { defined } from '../../../../events/codec/defined.ts';
import { keyOf, type BindingObject, type QosObject } from '../../../../events/overlay-objects.ts';
import type { Delta } from '../../delta.ts';
import type { Flow } from './flow.ts';
import { having, without } from './guess.ts';
import { valueSet, type MatchFields } from './match-fields.ts';
import { cidrPrefix } from './spelling.ts';
import type { Vantage } from './vantage.ts';

/** What is found at a local port says of its binding and its rates. */
export function* guessesOfPort(
  vantage: Vantage,
  { ofport, fields, found }: { ofport: number | undefined; fields: MatchFields; found: Flow | undefined },
): Generator<Delta> {
  const binding = Array.from(vantage.model.bindings.ofHost(vantage.host)).find(
    (local) => vantage.portOf(local)?.wiring.ofport === ofport,
  );
  if (binding === undefined) return;
  const qos = vantage.model.qos(binding.endpoint);
  if (qos !== undefined) yield* guessesOfRates(qos);
  yield without(keyOf(binding));
  yield* guessesOfSource(binding, fields);
  const [mac, network] = ['eth_dst', 'reg0'].map((name) => valueSet(found?.actions ?? '', name));
  if (mac !== undefined) yield having({ ...binding, mac });
  if (network !== undefined) yield having({ ...binding, vni: Number(network) });
}

/** Rates that are gone. Those that came say nothing of how much they let through: that is with the meters. */
function* guessesOfRates(qos: QosObject): Generator<Delta> {
  const { kind, endpoint, egress, ingress } = qos;
  yield without(keyOf(qos));
  yield having({ kind, endpoint, ...defined({ egress }) });
  yield having({ kind, endpoint, ...defined({ ingress }) });
}

/** An address that a port may send with though its binding has it not, or the other way round. */
function* guessesOfSource(binding: BindingObject, fields: MatchFields): Generator<Delta> {
  const text = fields.get('nw_src') ?? fields.get('ipv6_src');
  const others = binding.ips.filter((ip) => cidrPrefix(ip)?.text !== text);
  if (text === undefined) return;
  yield having({ ...binding, ips: others.length < binding.ips.length ? others : [...binding.ips, text] });
}

/** What is found of an address says of who has it, where it is, and who has a route to it. */
export function* guessesOfAddress(
  vantage: Vantage,
  { from, fields, found }: { from: number | undefined; fields: MatchFields; found: Flow | undefined },
): Generator<Delta> {
  if (from === undefined) return;
  const text = ['nw_dst', 'ipv6_dst', 'arp_tpa', 'nd_target', 'nw_src', 'ipv6_src']
    .map((name) => fields.get(name))
    .find((value) => value !== undefined);
  for (const to of vantage.reachOf(from)) {
    for (const binding of vantage.model.bindings.ofNetwork(to)) {
      const { ips, except = [] } = binding;
      if (![...ips, ...except].some((ip) => cidrPrefix(ip)?.text === (text ?? ''))) continue;
      yield without(`route/${String(from)}/${String(to)}`);
      yield without(keyOf(binding));
      yield without(`host/${binding.host}`);
      yield* guessesOfMove(vantage, binding, found);
    }
  }
  const network = valueSet(found?.actions ?? '', 'reg1');
  if (network !== undefined) yield having({ kind: 'route', from, to: Number(network) });
}

/** A binding that is found at another host, or whose host is found at another tunnel address. */
function* guessesOfMove(
  { model }: Vantage,
  binding: BindingObject,
  found: Flow | undefined,
): Generator<Delta> {
  const ip = ['tun_dst', 'tun_ipv6_dst']
    .map((name) => valueSet(found?.actions ?? '', name))
    .find((value) => value !== undefined);
  if (ip === undefined) return;
  for (const { host } of model.hostsByTunnel.of(ip)) yield having({ ...binding, host });
  const host = model.host(binding.host);
  if (host !== undefined) yield having({ ...host, tunnelIp: ip });
}

/** What is found of a network's tunnel id says of the host there, and of what it carries. */
export function* guessesOfAccept(vantage: Vantage, fields: MatchFields): Generator<Delta> {
  const { model } = vantage;
  const vni = Number(fields.get('tun_id'));
  const ip = fields.get('tun_src') ?? fields.get('tun_ipv6_src') ?? '';
  for (const host of model.hostsByTunnel.of(ip)) {
    yield without(keyOf(host));
    for (const binding of model.bindings.at({ vni, host: host.host })) yield without(keyOf(binding));
  }
  for (const to of model.routesFrom.of(vni))
    if (vantage.isLocal(to)) yield without(`route/${String(vni)}/${String(to)}`);
}

/** What is found of an external that is asked for its sender says of its gateway. */
export function* guessesOfExternal({ model }: Vantage, vni: number | undefined): Generator<Delta> {
  if (vni === undefined) return;
  for (const binding of model.bindings.externalsOf(vni)) yield without(keyOf(binding));
}

/** What is found of a tunnel address says of the hosts there. */
export function* guessesOfTunnel({ model }: Vantage, ip: string): Generator<Delta> {
  for (const host of model.hostsByTunnel.of(ip)) {
    yield without(keyOf(host));
    yield having({ ...host, tunnel: host.tunnel === 'vxlan' ? 'geneve' : 'vxlan' });
  }
}
