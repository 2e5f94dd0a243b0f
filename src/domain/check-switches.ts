import type { External, Host, Shard } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { peerNamed, type Directory } from '../../projections/directory/directory.ts';
import { consentsOf, ownEnds, peerEnds, type Consent } from '../../projections/intended/consents.ts';
import {
  intersection,
  nothing,
  trafficOf,
  wordsOf,
  type Traffic,
} from '../../projections/intended/traffic.ts';
import { pointAt, spell, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { rulesOf, wordsFor, type SidedRule } from './check-rules.ts';
import { policiesOf, tenantsInScope } from './scope.ts';

/** The overlays whose hosts are switches of Open vSwitch, by the name that Shard documents give them. */
const switchOverlays: ReadonlySet<string> = new Set(['ovs']);

const insteadOfSctp = 'tcp, udp, icmp or any; or a shard of another overlay';

/**
 * Refuses what hosts that are switches cannot do without, or cannot hold exactly: a way to each of them, the MAC address behind
 * a gateway, and services by SCTP, of which their connection tracking knows addresses and no ports.
 */
export function* checkSwitches(candidate: Candidate): Iterable<DomainProblem> {
  const { after, scope } = candidate;
  if (!hasSwitches(after.directory)) return;
  if (scope === undefined) {
    yield* waysToHosts(candidate);
    yield* gatewaysWithoutMac(candidate);
  }
  yield* sctpServices(candidate);
}

function hasSwitches({ shards }: Directory): boolean {
  return Array.from(shards.values()).some(isOfSwitches);
}

function isOfSwitches({ overlay }: Shard): boolean {
  return switchOverlays.has(overlay);
}

/** The shard of a host or tenant, where its hosts are switches. */
function switchesOf({ shards }: Directory, name: string | undefined): Shard | undefined {
  const shard = name === undefined ? undefined : shards.get(name);
  return shard !== undefined && isOfSwitches(shard) ? shard : undefined;
}

function overlayOf({ shard }: Shard): DomainPlace {
  return { kind: 'Shard', name: shard, path: ['overlay'] };
}

function* waysToHosts({ after, folder }: Candidate): Iterable<DomainProblem> {
  for (const host of after.directory.hosts.values()) {
    const shard = switchesOf(after.directory, host.shard);
    const lack = shard && lackOf(host, shard);
    if (lack === undefined) continue;
    const own: DomainPlace = { kind: 'Host', name: host.host, path: [lack.key] };
    const at = pointAt(folder, own, overlayOf(lack.shard));
    yield { kind: 'refused', at, message: lack.message, found: 'nothing', allowed: lack.allowed };
  }
}

/** What is missing of the ways to a switch; undefined where nothing is. */
function lackOf(
  { host, ovsdb, openflow }: Host,
  shard: Shard,
): { key: string; shard: Shard; message: string; allowed: string } | undefined {
  const { shard: name, overlay } = shard;
  if (ovsdb === undefined) {
    const message = `host ${host} is a switch, since ${name} has the overlay ${overlay}, and its document does not say how that is reached`;
    return {
      ...{ key: 'ovsdb', shard, message },
      allowed: 'ovsdb: "unix:/run/openvswitch/db.sock", or ovsdb: "ssl:192.0.2.11:6640"',
    };
  }
  if (openflow !== undefined || !ovsdb.startsWith('ssl:')) return undefined;
  const message = `host ${host} is reached by ssl, from which it does not follow how the flows of its bridge are reached: its document does not say`;
  return { key: 'openflow', shard, message, allowed: 'openflow: "ssl:192.0.2.11:6653"' };
}

function* gatewaysWithoutMac({ after, folder }: Candidate): Iterable<DomainProblem> {
  for (const { external, gateway } of after.directory.externals.values()) {
    if (gateway === undefined || gateway.mac !== undefined) continue;
    const shard = switchesOf(after.directory, shardOfGateway(after.directory, gateway));
    if (shard === undefined) continue;
    const own: DomainPlace = { kind: 'External', name: external, path: ['gateway', 'mac'] };
    yield {
      kind: 'refused',
      at: pointAt(folder, own, { kind: 'Host', name: gateway.host, path: ['shard'] }, overlayOf(shard)),
      message: `the gateway of ${external} has no mac: its host ${gateway.host} is a switch, since ${shard.shard} has the overlay ${shard.overlay}, and sends to the MAC address of the next hop`,
      found: 'nothing',
      allowed: 'mac: "02:00:0a:00:00:01"',
    };
  }
}

function shardOfGateway(
  { hosts }: Directory,
  { host }: NonNullable<External['gateway']>,
): string | undefined {
  return hosts.get(host)?.shard;
}

function* sctpServices(candidate: Candidate): Iterable<DomainProblem> {
  const { after, folder } = candidate;
  for (const { tenant, services } of tenantsInScope(candidate)) {
    const shard = switchesOf(after.directory, after.directory.placements.get(tenant));
    if (shard === undefined) continue;
    for (const service of services) {
      if (service.protocol !== 'sctp') continue;
      const own: DomainPlace = { kind: 'Tenant', name: tenant, path: ['services', service.name, 'protocol'] };
      yield {
        kind: 'refused',
        at: pointAt(folder, own, overlayOf(shard)),
        message: `${tenant} offers ${service.name} by ${wordsOf(trafficOf(service))}, and stands on ${shard.shard}: ${noPorts(shard)}`,
        found: 'sctp',
        allowed: insteadOfSctp,
      };
    }
  }
}

function noPorts({ overlay }: Shard): string {
  return `the connection tracking of its overlay ${overlay} knows no ports of SCTP`;
}

/** Refuses rules that name SCTP, where they grant something to or from an end whose hosts are switches. */
export function* checkSctp(candidate: Candidate): Iterable<DomainProblem> {
  const { after, scope } = candidate;
  const { directory } = after;
  if (!hasSwitches(directory) || (scope === undefined && !speaksOfSctp(candidate))) return;
  const found = new Map<string, SctpGrant>();
  for (const consent of consentsOf(after, 'always', scope)) {
    const grant = sctpGrant(candidate, consent);
    if (grant === undefined) continue;
    const key = `${spell(grant.sided.place('protocol'))}/${grant.sided.side}/${grant.sided.rule.id}`;
    const known = found.get(key);
    // Whichever pair is looked at first: the same one is told.
    if (known === undefined || pairOf(grant) < pairOf(known)) found.set(key, grant);
  }
  for (const grant of found.values()) yield problem(candidate, grant);
}

/** Whether any rule or service of the estate names SCTP: most never do. */
function speaksOfSctp({ after: { directory, policies } }: Candidate): boolean {
  const isSctp = ({ protocol }: { readonly protocol: string }): boolean => protocol === 'sctp';
  return (
    Array.from(directory.tenants.values()).some(({ services }) => services.some(isSctp)) ||
    Array.from(policies.values()).some(({ egress, ingress }) => [...egress, ...ingress].some(isSctp))
  );
}

/** A rule that names SCTP, a pair to which it grants some of it, and the shard of switches that one of the ends is on. */
interface SctpGrant extends Pick<Consent, 'from' | 'to'> {
  readonly sided: SidedRule;
  readonly tenant: string;
  readonly granted: Traffic;
  readonly end: string;
  readonly shard: Shard;
}

function pairOf({ from, to }: SctpGrant): string {
  return `${from} ${to}`;
}

function sctpGrant({ after }: Candidate, { from, to, egress, ingress }: Consent): SctpGrant | undefined {
  const { directory } = after;
  const { sctp } = intersection(egress.traffic, ingress.traffic);
  if (sctp.length === 0 || isWhole(directory, { from, to })) return undefined;
  const [end] = [from, to].filter((each) => switchesOf(directory, shardOfEnd(directory, each)) !== undefined);
  const shard = end === undefined ? undefined : switchesOf(directory, shardOfEnd(directory, end));
  if (end === undefined || shard === undefined) return undefined;
  const sides = [
    { side: 'egress', own: from, other: to },
    { side: 'ingress', own: to, other: from },
  ] as const;
  for (const { side, own, other } of sides) {
    const tenant = tenantOf(own) ?? own;
    for (const policy of policiesOf(after, [tenant])) {
      const sided = rulesOf(policy).find(
        (each) =>
          each.side === side &&
          namesSctp(directory, each) &&
          isAbout(directory, { each, tenant, own, other }),
      );
      if (sided !== undefined) return { from, to, sided, tenant, granted: { ...nothing, sctp }, end, shard };
    }
  }
  return undefined;
}

/** Whether all is allowed between the segments of a tenant, so that no rule counts. */
function isWhole({ tenants }: Directory, { from, to }: Pick<Consent, 'from' | 'to'>): boolean {
  const tenant = tenantOf(from);
  return tenant !== undefined && tenant === tenantOf(to) && tenants.get(tenant)?.intraTenant === 'allow';
}

function shardOfEnd(directory: Directory, end: string): string | undefined {
  const tenant = tenantOf(end);
  if (tenant !== undefined) return directory.placements.get(tenant);
  const gateway = directory.externals.get(end)?.gateway;
  return gateway && shardOfGateway(directory, gateway);
}

/** A rule for any protocol has SCTP in it, and no acl that names it. */
function namesSctp(directory: Directory, { side, rule, names }: SidedRule): boolean {
  const peer = side === 'egress' ? peerNamed(directory, names) : undefined;
  const bound = peer?.kind === 'service' ? peer.service : ({ protocol: 'any' } as const);
  const { sctp, other } = intersection(trafficOf(rule), trafficOf(bound));
  return sctp.length > 0 && !other;
}

function isAbout(
  directory: Directory,
  { each, tenant, own, other }: { each: SidedRule; tenant: string; own: string; other: string },
): boolean {
  if (!ownEnds(directory, tenant, each.rule).includes(own)) return false;
  // Never an external.
  if (each.names === '*') return tenantOf(other) !== undefined;
  return peerEnds(directory, each.names).includes(other);
}

function problem({ after, folder }: Candidate, grant: SctpGrant): DomainProblem {
  const { from, to, sided, tenant, granted, end, shard } = grant;
  const others = [from, to].flatMap((each): DomainPlace[] => {
    const owner = tenantOf(each);
    if (owner === undefined) return [{ kind: 'External', name: each, path: ['gateway'] }];
    return [
      { kind: 'Policy', name: owner, path: [each === from ? 'egress' : 'ingress'] },
      { kind: 'Tenant', name: owner, path: ['shard'] },
    ];
  });
  const words = Array.from(policiesOf(after, [tenant]), (policy) => wordsFor(policy, sided)).join();
  return {
    kind: 'refused',
    at: pointAt(folder, sided.place('protocol'), ...others, overlayOf(shard)),
    message: `${words} lets ${from} reach ${to} by ${wordsOf(granted)}, and ${end} is on ${shard.shard}: ${noPorts(shard)}`,
    found: wordsOf(granted),
    allowed: insteadOfSctp,
  };
}
