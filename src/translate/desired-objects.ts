import { parseCidr, type AddressRange } from '../../events/address.ts';
import { digestOf } from '../../events/canonical.ts';
import type { External } from '../../events/estate.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';
import type {
  AclObject,
  BindingObject,
  GrantAcl,
  HostObject,
  OverlayObject,
  QosObject,
  QuarantineAcl,
} from '../../events/overlay-objects.ts';
import { endpointsOf, type Directory } from '../../projections/directory/directory.ts';
import { grantsOf, type Grant } from '../../projections/intended/grants.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { rowsOf } from '../../projections/intended/traffic.ts';

/**
 * The objects that every host of a shard is to hold, for an intended state judged at an instant: the shard's own
 * networks, and of other shards' networks those that the own ones exchange packets with.
 *
 * Both ends of a connection are compiled from the grant itself (egress ∩ ingress), so that any mix of hosts with old
 * and new state allows nothing that neither of the two states allowed. Quarantine takes no grant away: its acls stand
 * above them, wherever a network of the tenant is.
 */
export function desiredObjects(intended: Intended, options: { shard: string; at: string }): OverlayObject[] {
  const own = new Map([...intended.vnis].filter(([, held]) => held.shard === options.shard));
  const grants = placedGrants(intended, options.at).filter(({ from, to }) => own.has(from) || own.has(to));
  const vnis = new Map([...own].map(([end, held]) => [end, held.vni]));
  for (const { from, to, fromVni, toVni } of grants) vnis.set(from, fromVni).set(to, toVni);
  const bindings = [...vnis].flatMap(([end, vni]) => bindingsOf(intended.directory, { end, vni }));
  return [
    ...[...vnis].map(([segment, vni]) => ({ kind: 'network' as const, vni, segment })),
    ...bindings,
    ...routesOf(grants),
    ...grants.flatMap((grant) => aclsOf(grant, own)),
    ...[...vnis.keys()].flatMap((end) => quarantineAclsOf(intended, end)),
    ...[...own.keys()].flatMap((end) => qosOf(intended, end)),
    ...hostsOf(intended.directory, { shard: options.shard, bindings }),
  ];
}

/** A grant between two ends that the overlay knows by their VNIs. */
interface PlacedGrant extends Grant {
  readonly fromVni: number;
  readonly toVni: number;
}

function placedGrants(intended: Intended, at: string): PlacedGrant[] {
  return Array.from(grantsOf(intended, { at })).flatMap((grant) => {
    const from = intended.vnis.get(grant.from);
    const to = intended.vnis.get(grant.to);
    return from === undefined || to === undefined ? [] : [{ ...grant, fromVni: from.vni, toVni: to.vni }];
  });
}

function routesOf(grants: readonly PlacedGrant[]): OverlayObject[] {
  const routes = new Map<string, OverlayObject>();
  for (const { fromVni: from, toVni: to } of grants) {
    routes.set(`${String(from)}/${String(to)}`, { kind: 'route', from, to });
    routes.set(`${String(to)}/${String(from)}`, { kind: 'route', from: to, to: from });
  }
  return [...routes.values()];
}

function aclsOf({ from, to, traffic }: Grant, own: ReadonlyMap<string, unknown>): GrantAcl[] {
  const sides = [...(own.has(from) ? ['egress' as const] : []), ...(own.has(to) ? ['ingress' as const] : [])];
  return sides.flatMap((side) =>
    rowsOf(traffic).map(({ protocol, ports }) => {
      /* v8 ignore next 2 -- @preserve rules name protocols or any, and so do their intersections */
      if (protocol === 'other')
        throw new Error('a grant of nameless protocols alone cannot come from any rule');
      const rule = { kind: 'acl', side, from, to, protocol, action: 'allow', tier: 'grant' } as const;
      const bounded = ports === undefined ? rule : { ...rule, ports };
      return { ...bounded, id: aclId(tenantOf(side === 'egress' ? from : to), bounded) };
    }),
  );
}

/** Of the tenant that enforces it and the rule itself: an unchanged rule keeps its id. */
function aclId(tenant: string | undefined, rule: Omit<AclObject, 'id'>): string {
  return digestOf({ tenant, ...rule }).slice(0, 24);
}

/** Both sides and both directions: whichever host of a connection knows of the quarantine cuts it. */
function quarantineAclsOf({ quarantined }: Intended, end: string): QuarantineAcl[] {
  const tenant = tenantOf(end);
  if (tenant === undefined || !quarantined.has(tenant)) return [];
  const shape = { kind: 'acl', protocol: 'any', action: 'deny', tier: 'quarantine' } as const;
  return (['egress', 'ingress'] as const).flatMap((side) =>
    [
      { ...shape, side, from: end, to: '*' },
      { ...shape, side, from: '*', to: end },
    ].map((rule) => ({ ...rule, id: aclId(tenant, rule) })),
  );
}

/** What limits the endpoints of a segment, where its tenant's policy says so. */
function qosOf({ directory, policies }: Intended, end: string): QosObject[] {
  const tenant = tenantOf(end);
  const qos = policies.get(tenant ?? '')?.qos;
  if (tenant === undefined || qos === undefined) return [];
  return Array.from(endpointsOf(directory, tenant))
    .filter((endpoint) => segmentOf(tenant, endpoint.segment) === end)
    .map(({ name }) => ({ kind: 'qos' as const, endpoint: segmentOf(tenant, name), ...qos }));
}

function bindingsOf(directory: Directory, { end, vni }: { end: string; vni: number }): BindingObject[] {
  const tenant = tenantOf(end);
  if (tenant === undefined) return gatewayBinding(directory, { external: end, vni });
  return Array.from(endpointsOf(directory, tenant))
    .filter((endpoint) => segmentOf(tenant, endpoint.segment) === end)
    .map(({ name, ips, mac, host, interface: port }) => ({
      kind: 'binding' as const,
      endpoint: segmentOf(tenant, name),
      vni,
      host,
      interface: port,
      mac,
      ips,
    }));
}

function gatewayBinding(
  directory: Directory,
  { external, vni }: { external: string; vni: number },
): BindingObject[] {
  const document = directory.externals.get(external);
  if (document?.gateway === undefined) return [];
  const { gateway, cidrs } = document;
  const except = longerPrefixes(directory, document);
  return [
    {
      kind: 'binding',
      endpoint: external,
      vni,
      host: gateway.host,
      interface: gateway.interface,
      ...(gateway.mac === undefined ? {} : { mac: gateway.mac }),
      ips: cidrs,
      ...(except.length === 0 ? {} : { except }),
    },
  ];
}

/** The CIDRs of other externals within this one's: longest prefix wins, whether or not its owner has a gateway. */
function longerPrefixes({ externals }: Directory, external: External): string[] {
  const own = external.cidrs.map(rangeOf);
  return [...externals.values()]
    .filter((other) => other.external !== external.external)
    .flatMap(({ cidrs }) => cidrs)
    .filter((cidr) => own.some((range) => contains(range, rangeOf(cidr))))
    .sort();
}

function rangeOf(cidr: string): AddressRange {
  const range = parseCidr(cidr);
  /* v8 ignore next -- @preserve events hold parsed CIDRs only, their schema checks it */
  if (range === undefined) throw new Error(`not a CIDR: ${cidr}`);
  return range;
}

function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** The shard's own hosts, and those that carry the bindings which its packets may travel to. */
function hostsOf(
  { hosts, shards }: Directory,
  { shard, bindings }: { shard: string; bindings: readonly BindingObject[] },
): HostObject[] {
  const carriers = new Set(bindings.map((binding) => binding.host));
  const tunnels = new Map([...shards.values()].map((known) => [known.shard, known.tunnel]));
  return Array.from(hosts.values())
    .filter((host) => host.shard === shard || carriers.has(host.host))
    .flatMap(({ host, tunnelIp, shard: home }) => {
      const tunnel = tunnels.get(home);
      return tunnel === undefined ? [] : [{ kind: 'host' as const, host, tunnelIp, tunnel }];
    });
}
