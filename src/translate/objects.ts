import { defined } from '../../events/codec/defined.ts';
import { parseCidr, type AddressRange } from '../../events/address.ts';
import { digestOf } from '../../events/codec/canonical.ts';
import type { External, Host } from '../../events/estate.ts';
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
import type { Grant } from '../../projections/intended/grants.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import type { Quarantine } from '../../projections/intended/quarantine.ts';
import { rowsOf } from '../../projections/intended/traffic.ts';

/** A grant between two ends that the overlay knows by their VNIs. */
export interface PlacedGrant extends Grant {
  readonly fromVni: number;
  readonly toVni: number;
}

/** The objects that let a grant's packets through: routes in both directions, and acls at the shard's own ends. */
export function objectsOfGrant(
  grant: PlacedGrant,
  { isOwn }: { isOwn: (end: string) => boolean },
): OverlayObject[] {
  const { fromVni: from, toVni: to } = grant;
  return [{ kind: 'route', from, to }, { kind: 'route', from: to, to: from }, ...aclsOf(grant, isOwn)];
}

/**
 * The objects of an end: its network, its bindings and their hosts, and its quarantine acls. On its own shard also
 * its rate limits.
 */
export function objectsOfEnd(
  intended: Intended,
  { end, vni, isOwn }: { end: string; vni: number; isOwn: boolean },
): OverlayObject[] {
  const { directory } = intended;
  const bindings = bindingsOf(directory, { end, vni });
  const carriers = new Set(bindings.map(({ host }) => host));
  return [
    { kind: 'network', vni, segment: end },
    ...bindings,
    ...quarantineAclsOf(intended.quarantine, end),
    ...(isOwn ? qosOf(intended, end) : []),
    ...[...carriers].flatMap((host) => hostObject(directory, directory.hosts.get(host))),
  ];
}

/** The host objects of a shard's own hosts: each of them needs the tunnel addresses of the others. */
export function ownHosts(directory: Directory, shard: string): OverlayObject[] {
  return Array.from(directory.hosts.values())
    .filter((host) => host.shard === shard)
    .flatMap((host) => hostObject(directory, host));
}

function hostObject({ shards }: Directory, host: Host | undefined): HostObject[] {
  const tunnel = host === undefined ? undefined : shards.get(host.shard)?.tunnel;
  if (host === undefined || tunnel === undefined) return [];
  return [{ kind: 'host', host: host.host, tunnelIp: host.tunnelIp, tunnel }];
}

function aclsOf({ from, to, traffic }: Grant, isOwn: (end: string) => boolean): GrantAcl[] {
  const sides = [...(isOwn(from) ? ['egress' as const] : []), ...(isOwn(to) ? ['ingress' as const] : [])];
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

/** The digest of the enforcing tenant and the rule: an unchanged rule keeps its id. */
function aclId(tenant: string | undefined, rule: Omit<AclObject, 'id'>): string {
  return digestOf({ tenant, ...rule }).slice(0, 24);
}

/**
 * The quarantine acls for networks that are in quarantine now, by themselves or with their tenant. `objects` may be of a
 * past state, and may have such acls already.
 */
export function cutsAmong(objects: Iterable<OverlayObject>, quarantine: Quarantine): QuarantineAcl[] {
  return Iterator.from(objects)
    .filter((object) => object.kind === 'network')
    .flatMap(({ segment }) => quarantineAclsOf(quarantine, segment))
    .toArray();
}

/** An end can be in quarantine with its tenant and by itself: each has acls of its own, since either may end first. */
function quarantineAclsOf({ tenants, ends }: Quarantine, end: string): QuarantineAcl[] {
  const shape = { kind: 'acl', protocol: 'any', action: 'deny', tier: 'quarantine' } as const;
  return [
    ...(tenants.has(tenantOf(end) ?? '') ? bothWays(shape, end) : []),
    ...(ends.has(end) ? bothWays({ ...shape, wholly: true }, end) : []),
  ];
}

/** Acls for both sides and both directions: a host that knows of the quarantine cuts a connection alone. */
function bothWays(shape: Omit<QuarantineAcl, 'id' | 'side' | 'from' | 'to'>, end: string): QuarantineAcl[] {
  return (['egress', 'ingress'] as const).flatMap((side) =>
    [
      { ...shape, side, from: end, to: '*' },
      { ...shape, side, from: '*', to: end },
    ].map((rule) => ({ ...rule, id: aclId(tenantOf(end), rule) })),
  );
}

/** The rate limits of a segment's endpoints; none if the tenant's policy has no limits. */
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
      ...defined({ mac: gateway.mac }),
      ips: cidrs,
      ...(except.length === 0 ? {} : { except }),
    },
  ];
}

/**
 * The CIDRs of other externals inside the CIDRs of this external. The longest prefix wins, also if its external has
 * no gateway.
 */
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
