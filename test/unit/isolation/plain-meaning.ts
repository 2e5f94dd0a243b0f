import type { DomainEvent } from '../../../events/catalogue.ts';
import type { EgressRule, Endpoint, External, IngressRule, Policy, Tenant } from '../../../events/estate.ts';
import type { Ports } from '../../../events/names.ts';

/**
 * A second account of what documents mean, one packet at a time and rule by rule: slow, without sets, to be checked
 * by reading it beside the policy language. Addresses are small numbers: the last octet of `10.0.0.N`.
 */
export interface Kind {
  /** tcp, udp, sctp, icmp, or `other` for all protocols without a name. */
  readonly protocol: string;
  readonly port: number;
}

export interface Sitter {
  readonly kind: 'endpoint' | 'external';
  readonly name: string;
  readonly end: string;
  readonly ips: readonly string[];
  readonly documented: boolean;
}

/** The documents at the end of a batch, and who sits at each port (`host interface`). */
export interface World {
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly policies: ReadonlyMap<string, Policy>;
  /** Tenants, spelt as they are; segments and externals, with `end ` before their names. */
  readonly quarantined: ReadonlySet<string>;
  readonly externals: ReadonlyMap<string, External>;
  readonly endpoints: ReadonlyMap<string, Endpoint & { readonly tenant: string }>;
  readonly sitters: ReadonlyMap<string, Sitter>;
}

export const emptyWorld: World = {
  tenants: new Map(),
  policies: new Map(),
  quarantined: new Set(),
  externals: new Map(),
  endpoints: new Map(),
  sitters: new Map(),
};

/** The world after one batch more. */
export function nextWorld(world: World, batch: readonly DomainEvent[]): World {
  const tenants = new Map(world.tenants);
  const policies = new Map(world.policies);
  const quarantined = new Set(world.quarantined);
  const externals = new Map(world.externals);
  const endpoints = new Map(world.endpoints);
  for (const { type, data } of batch) {
    if (type === 'TenantRegistered') {
      tenants.set(data.tenant, data);
      releaseSegments(quarantined, data);
    }
    if (type === 'PolicyEnacted') policies.set(data.policy.tenant, data.policy);
    if (type === 'PolicyRevoked') policies.delete(data.tenant);
    if (type === 'TenantQuarantined') quarantined.add(data.tenant);
    if (type === 'TenantReleased') quarantined.delete(data.tenant);
    if (type === 'SegmentQuarantined') quarantined.add(`end ${data.tenant}/${data.segment}`);
    if (type === 'SegmentReleased') quarantined.delete(`end ${data.tenant}/${data.segment}`);
    if (type === 'ExternalQuarantined') quarantined.add(`end ${data.external}`);
    if (type === 'ExternalReleased') quarantined.delete(`end ${data.external}`);
    if (type === 'TenantRetired') {
      tenants.delete(data.tenant);
      policies.delete(data.tenant);
      quarantined.delete(data.tenant);
      releaseSegments(quarantined, { tenant: data.tenant, segments: [] });
      for (const [name, { tenant }] of endpoints) if (tenant === data.tenant) endpoints.delete(name);
    }
    if (type === 'ExternalRegistered') externals.set(data.external, data);
    if (type === 'ExternalRetired') {
      externals.delete(data.external);
      quarantined.delete(`end ${data.external}`);
    }
    if (type === 'EndpointsChanged') {
      for (const name of data.removed) endpoints.delete(`${data.tenant}/${name}`);
      for (const one of data.put)
        endpoints.set(`${data.tenant}/${one.name}`, { ...one, tenant: data.tenant });
    }
  }
  const sitters = new Map<string, Sitter>(
    [...world.sitters].map(([port, sitter]) => [port, { ...sitter, documented: false }]),
  );
  for (const [name, { tenant, segment, ips, host, interface: port }] of endpoints) {
    const end = `${tenant}/${segment}`;
    sitters.set(`${host} ${port}`, { kind: 'endpoint', name, end, ips, documented: true });
  }
  for (const { external, cidrs, gateway } of externals.values()) {
    if (gateway === undefined) continue;
    const end = external;
    const sitter: Sitter = { kind: 'external', name: external, end, ips: cidrs, documented: true };
    sitters.set(`${gateway.host} ${gateway.interface}`, sitter);
  }
  return { tenants, policies, quarantined, externals, endpoints, sitters };
}

/** A segment that is gone is in quarantine no longer. */
function releaseSegments(
  quarantined: Set<string>,
  { tenant, segments }: { tenant: string; segments: readonly string[] },
): void {
  for (const each of quarantined) {
    const isThere = segments.some((segment) => each === `end ${tenant}/${segment}`);
    if (each.startsWith(`end ${tenant}/`) && !isThere) quarantined.delete(each);
  }
}

/** Whether the documents authorise one kind of packet from one segment or external to another at an instant. */
export function authorises(
  world: World,
  instant: string,
  flow: { from: string; to: string },
  kind: Kind,
): boolean {
  return flow.from === flow.to || (!overAirGap(world, flow) && consents(world, instant, flow, kind));
}

/** The same, as if nobody were air-gapped. */
export function consents(
  world: World,
  instant: string,
  flow: { from: string; to: string },
  kind: Kind,
): boolean {
  return !isCut(world, flow) && agrees(world, instant, flow, kind);
}

/** Whether one of two different holders is in quarantine, or one of two different ends by itself. */
function isCut({ quarantined }: World, { from, to }: { from: string; to: string }): boolean {
  if (from !== to && (quarantined.has(`end ${from}`) || quarantined.has(`end ${to}`))) return true;
  return holder(from) !== holder(to) && (quarantined.has(holder(from)) || quarantined.has(holder(to)));
}

/** What was asked of each world: packets by the hundred ask the same. */
const agreed = new WeakMap<World, Map<string, boolean>>();

/** What rules say, as if nobody were air-gapped or in quarantine. */
function agrees(world: World, instant: string, flow: { from: string; to: string }, kind: Kind): boolean {
  const known = agreed.get(world) ?? new Map<string, boolean>();
  agreed.set(world, known);
  const key = `${flow.from} ${flow.to} ${kind.protocol} ${String(kind.port)} ${instant}`;
  const answer = known.get(key) ?? agreesAnew(world, instant, flow, kind);
  known.set(key, answer);
  return answer;
}

function agreesAnew(
  world: World,
  instant: string,
  { from, to }: { from: string; to: string },
  kind: Kind,
): boolean {
  if (!ends(world).includes(from) || !ends(world).includes(to)) return false;
  const [source, target] = [world.tenants.get(holder(from)), world.tenants.get(holder(to))];
  if (source === undefined && target === undefined) return false;
  if (source === target) {
    if (source?.intraTenant === 'allow') return true;
    if (source?.isolation === 'air-gapped') return false;
  }
  const sent = source === undefined || rulesFor(world, instant, { from, to }, kind).egress.length > 0;
  const taken = target === undefined || rulesFor(world, instant, { from, to }, kind).ingress.length > 0;
  return sent && taken;
}

/** Whether what is authorised between two classifications is covered by a guard on the side that decides. */
export function isGuarded(
  world: World,
  instant: string,
  { from, to }: { from: string; to: string },
  kind: Kind,
): boolean {
  const levels = ['public', 'internal', 'confidential', 'restricted'];
  const level = (end: string): number =>
    levels.indexOf(
      (world.tenants.get(holder(end)) ?? world.externals.get(end))?.classification ?? 'internal',
    );
  if (level(from) === level(to)) return true;
  const { egress, ingress } = rulesFor(world, instant, { from, to }, kind);
  const higher = level(from) > level(to) ? egress : ingress;
  const judged = world.externals.has(to) ? egress : world.externals.has(from) ? ingress : higher;
  return judged.some(({ guard }) => guard !== undefined);
}

export function overAirGap(world: World, { from, to }: { from: string; to: string }): boolean {
  const gapped = (end: string): boolean => world.tenants.get(holder(end))?.isolation === 'air-gapped';
  return holder(from) !== holder(to) && (gapped(from) || gapped(to));
}

/** Every segment and external. */
export function ends({ tenants, externals }: World): string[] {
  return [
    ...[...tenants.values()].flatMap(({ tenant, segments }) =>
      segments.map((segment) => `${tenant}/${segment}`),
    ),
    ...externals.keys(),
  ];
}

/** How an end sees addresses at an instant; `kinds` are all the packets that there can be. */
interface Sight {
  readonly instant: string;
  readonly from: string;
  readonly sitter: Sitter;
  readonly kinds: readonly Kind[];
}

/** Whether an address, seen from an end, is the sitter's. */
export function isOf(world: World, { instant, from, sitter, kinds }: Sight, dst: number): boolean {
  const address = `10.0.0.${String(dst)}`;
  if (sitter.kind === 'endpoint') return sitter.ips.includes(address);
  const exchanges = (end: string): boolean =>
    (end === from && !world.externals.has(end)) ||
    kinds.some(
      (kind) =>
        end !== from &&
        !overAirGap(world, { from, to: end }) &&
        // Quarantine cuts packets off and moves no address.
        (agrees(world, instant, { from, to: end }, kind) ||
          agrees(world, instant, { from: end, to: from }, kind)),
    );
  const isEndpoints = [...world.endpoints.values()].some(
    ({ tenant, segment, ips }) => ips.includes(address) && exchanges(`${tenant}/${segment}`),
  );
  return !isEndpoints && longestPrefix(world, dst) === sitter.name;
}

/** The external whose prefix for an address is the longest; the empty text where there is none. */
function longestPrefix({ externals }: World, address: number): string {
  let best = { length: -1, name: '' };
  for (const { external, cidrs } of externals.values()) {
    for (const cidr of cidrs) {
      const length = Number(cidr.split('/')[1]);
      if (inPrefix(address, cidr) && length > best.length) best = { length, name: external };
    }
  }
  return best.name;
}

/** Whether an address of `10.0.0.0/24` is in a CIDR or is the address given. */
function inPrefix(address: number, text: string): boolean {
  const [base = '', length = '32'] = text.split('/');
  const size = 2 ** (32 - Number(length));
  return Math.floor(address / size) === Math.floor(Number(base.split('.')[3]) / size);
}

function rulesFor(
  world: World,
  instant: string,
  { from, to }: { from: string; to: string },
  kind: Kind,
): { egress: EgressRule[]; ingress: IngressRule[] } {
  const open = ({ from: start, expires }: EgressRule | IngressRule): boolean =>
    !(start !== undefined && instant < start.instant) &&
    !(expires !== undefined && instant >= expires.instant);
  const speaks = (rule: EgressRule | IngressRule, own: string): boolean =>
    open(rule) &&
    isAbout(rule, kind) &&
    (rule.segment === undefined || own === `${holder(own)}/${rule.segment}`);
  return {
    egress: (world.policies.get(holder(from))?.egress ?? []).filter(
      (rule) => speaks(rule, from) && names(world, rule.destination, to, kind),
    ),
    ingress: (world.policies.get(holder(to))?.ingress ?? []).filter(
      (rule) =>
        speaks(rule, to) &&
        (rule.source === '*'
          ? world.tenants.has(holder(from)) && world.tenants.get(holder(from))?.isolation !== 'air-gapped'
          : names(world, rule.source, from, undefined)),
    ),
  };
}

/** Whether a name in a rule covers an end; with a kind of packet, a service must also offer it. */
function names(world: World, name: string, end: string, kind: Kind | undefined): boolean {
  if (name === end) return true;
  if (world.tenants.has(name)) return holder(end) === name;
  return [...world.tenants.values()].some(({ tenant, services }) =>
    services.some(
      (service) =>
        service.name === name &&
        `${tenant}/${service.segment}` === end &&
        (kind === undefined || isAbout(service, kind)),
    ),
  );
}

function isAbout({ protocol, ports }: { protocol: string; ports?: Ports | undefined }, kind: Kind): boolean {
  if (protocol === 'any') return true;
  if (protocol !== kind.protocol) return false;
  return ports === undefined || ports.some(([first, last]) => first <= kind.port && kind.port <= last);
}

function holder(end: string): string {
  const slash = end.indexOf('/');
  return slash === -1 ? end : end.slice(0, slash);
}
