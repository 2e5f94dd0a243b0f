import type { BindingObject } from '../../../../events/overlay-objects.ts';
import { addressesOf } from './binding-index.ts';
import type { Flow } from './flow.ts';
import { ownedPrefixes } from './prefixes.ts';
import { endpointSenderFlows, externalSenderFlows } from './sender-flows.ts';
import { field, hex, matchOf, type Prefix } from './spelling.ts';
import { goTo, tables, toHere } from './tables.ts';
import type { LocalPort, Vantage } from './vantage.ts';

/** An endpoint's own address beats every prefix. */
const endpointPriority = 300;

/** A prefix beats each shorter one. */
const prefixPriority = 100;

/** How a network finds an endpoint's address, and that no external may send to it from there. */
export function addressFlows(vantage: Vantage, { vni, ip }: { vni: number; ip: string }): Flow[] {
  const owner = endpointAt(vantage, { vni, ip });
  const own = owner === undefined ? undefined : addressesOf(owner).find((address) => address.ip === ip);
  if (owner === undefined || own === undefined) return [];
  return [
    ...found(vantage, { vni, prefix: own.prefix, owner, priority: endpointPriority }),
    ...endpointSenderFlows(vantage, { vni, prefix: own.prefix }),
  ];
}

/** How a network finds the addresses of externals, and which of them may send to it from there. */
export function externalsFlows(vantage: Vantage, vni: number): Flow[] {
  const externals = Array.from(vantage.reachOf(vni))
    .flatMap((to) => [...vantage.model.bindings.externalsOf(to)])
    .filter((external) => concerns(vantage, vni, external));
  return ownedPrefixes(externals).flatMap(({ prefix, owner }) => [
    ...found(vantage, { vni, prefix, owner, priority: prefixPriority + prefix.length }),
    ...externalSenderFlows(vantage, { vni, prefix, owner }),
  ]);
}

/** The endpoint that a network finds at an address; of several, which no plan has, the first by name. */
function endpointAt(vantage: Vantage, { vni, ip }: { vni: number; ip: string }): BindingObject | undefined {
  let first: BindingObject | undefined;
  for (const binding of reachedAt(vantage, { vni, ip })) {
    if (!concerns(vantage, vni, binding)) continue;
    if (first === undefined || binding.endpoint < first.endpoint) first = binding;
  }
  return first;
}

/** The endpoints that a network reaches at an address. Tenants use the same ones, so that either of both ways may be long. */
function* reachedAt(vantage: Vantage, { vni, ip }: { vni: number; ip: string }): Generator<BindingObject> {
  const { bindings, routesFrom } = vantage.model;
  const byNetwork = bindings.ofAddress(ip);
  const isRarer = byNetwork.size <= routesFrom.count(vni);
  for (const to of isRarer ? byNetwork.keys() : vantage.reachOf(vni))
    if (!isRarer || vantage.reaches(vni, to)) yield* byNetwork.of(to);
}

/** Whether packets of a network to a binding come by here: either end is here. */
function concerns(vantage: Vantage, vni: number, to: BindingObject): boolean {
  return vantage.isLocal(vni) || vantage.portOf(to) !== undefined;
}

function found(
  vantage: Vantage,
  at: { vni: number; prefix: Prefix; owner: BindingObject | undefined; priority: number },
): Flow[] {
  const { vni, prefix, owner, priority } = at;
  const [family, name] = prefix.family === 4 ? ['ip', 'nw_dst'] : ['ipv6', 'ipv6_dst'];
  const lookup: Flow = {
    table: tables.destination,
    priority,
    match: matchOf(family, `reg0=${hex(vni)}`, field(name, prefix.text)),
    actions: owner === undefined ? 'drop' : wayTo(vantage, vni, owner),
  };
  return vantage.isGateway(vni) ? [lookup, asked({ vni, prefix, owner, priority })] : [lookup];
}

/** A router is answered for whom its network finds elsewhere. */
function asked(at: {
  vni: number;
  prefix: Prefix;
  owner: BindingObject | undefined;
  priority: number;
}): Flow {
  const { vni, prefix, owner, priority } = at;
  const network = `reg0=${hex(vni)}`;
  const match =
    prefix.family === 4
      ? matchOf('arp', network, field('arp_tpa', prefix.text))
      : matchOf('icmp6', network, 'icmp_type=135,icmp_code=0', field('nd_target', prefix.text));
  const isElsewhere = owner !== undefined && owner.vni !== vni;
  return { table: tables.asked, priority, match, actions: isElsewhere ? goTo(tables.answer) : 'drop' };
}

function wayTo(vantage: Vantage, vni: number, owner: BindingObject): string {
  const way = localWay(vantage.portOf(owner)) ?? tunnelWay(vantage, owner);
  if (way === undefined) return 'drop';
  // Within one network everything passes: no connection is followed, and no acl asked.
  const next = owner.vni === vni ? tables.output : tables.cutEgress;
  return `set_field:${hex(owner.vni)}->reg1,${way},${goTo(next)}`;
}

function localWay(port: LocalPort | undefined): string | undefined {
  if (port === undefined) return undefined;
  const { zone, ofport } = port.wiring;
  return `set_field:${toHere}/${toHere}->reg2,set_field:${hex(zone)}->reg5,set_field:${hex(ofport)}->reg6`;
}

function tunnelWay(vantage: Vantage, { host: name }: BindingObject): string | undefined {
  const host = name === vantage.host ? undefined : vantage.model.host(name);
  const destination = host === undefined ? undefined : vantage.tunnelField(host.tunnelIp, 'dst');
  return destination === undefined ? undefined : `set_field:${destination.text}->${destination.field}`;
}
