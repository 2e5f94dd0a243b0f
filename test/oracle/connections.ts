/// <reference lib="esnext.temporal" />
import {
  inForce,
  ofKind,
  type WrittenDocument,
  type WrittenPolicy,
  type WrittenTenant,
  type WrittenTraffic,
} from '../bench/estate/documents.ts';

/**
 * A slow second account of what an estate allows. It reads the documents as they were written and asks, packet by
 * packet and rule by rule, whether this one packet is authorised. It shares no code with the product, has no sets of
 * ports and no folds, and is meant to be checked by reading it beside the policy language's chapter on meaning.
 */
export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly ports: string;
}

/** A packet that opens a connection. `other` stands for every IP protocol without a name; port is 0 where there are none. */
interface Packet {
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp' | 'other';
  readonly port: number;
}

/** One end of a flow; no tenant means an external. */
interface End {
  readonly name: string;
  readonly tenant?: WrittenTenant;
  readonly segment?: string;
}

interface Offer {
  readonly segment: string;
  readonly traffic: WrittenTraffic;
}

interface World {
  readonly ends: readonly End[];
  /** Without the rules that are not in force at the instant asked about. */
  readonly policies: ReadonlyMap<string, WrittenPolicy>;
  readonly services: ReadonlyMap<string, Offer>;
}

const portMax = 65_535;

/**
 * The rows of `connections --json` in the intended lane, at an instant (ISO 8601 with offset or `[zone]`). Of several
 * documents of one kind and name the last counts, so that a history is the list of what was applied.
 */
export function connections(documents: readonly WrittenDocument[], at: string): Connection[] {
  const world = worldOf(inForce(documents), at);
  return world.ends
    .flatMap((from) => world.ends.flatMap((to) => rowsOf(world, from, to)))
    .sort(
      (a, b) =>
        byCodePoints(a.from, b.from) || byCodePoints(a.to, b.to) || byCodePoints(a.protocol, b.protocol),
    );
}

/** The rows between segments that have endpoints and externals that have a gateway: what an overlay can carry at all. */
export function boundOnly(rows: readonly Connection[], documents: readonly WrittenDocument[]): Connection[] {
  const bound = new Set<string>();
  for (const document of inForce(documents)) {
    if (document.kind === 'Endpoints')
      for (const { segment } of document.endpoints) bound.add(`${document.tenant}/${segment}`);
    if (document.kind === 'External' && document.gateway !== undefined) bound.add(document.external);
  }
  return rows.filter(({ from, to }) => bound.has(from) && bound.has(to));
}

/**
 * The rows that quarantine leaves: neither end is in quarantine by itself, nor, where the two are of different holders,
 * with its tenant. `quarantined` are names of tenants, segments (`tenant/segment`) and externals.
 */
export function uncut(rows: readonly Connection[], quarantined: ReadonlySet<string>): Connection[] {
  const holder = (end: string): string => end.split('/', 1).join('');
  return rows.filter(({ from, to }) => {
    if (quarantined.has(from) || quarantined.has(to)) return false;
    const holders = [holder(from), holder(to)];
    return holders[0] === holders[1] || !holders.some((each) => quarantined.has(each));
  });
}

function worldOf(documents: readonly WrittenDocument[], at: string): World {
  const tenants = ofKind(documents, 'Tenant');
  const segments = tenants.flatMap((tenant) =>
    tenant.segments.map((segment) => ({ name: `${tenant.tenant}/${segment}`, tenant, segment })),
  );
  const services = tenants.flatMap(({ tenant, services }) =>
    (services ?? []).map((service): [string, Offer] => [
      service.name,
      { segment: `${tenant}/${service.segment}`, traffic: service },
    ]),
  );
  return {
    ends: [...segments, ...ofKind(documents, 'External').map(({ external }) => ({ name: external }))],
    policies: new Map(
      ofKind(documents, 'Policy').map((policy) => [policy.tenant, openAt(policy, instantOf(at))]),
    ),
    services: new Map(services),
  };
}

/** An instant as documents write it: with a zone, or with an offset. */
export function instantOf(text: string): Temporal.Instant {
  const local = /^\d{4}-\d\d-\d\dT[\d:.]+\[/.test(text);
  if (!local) return Temporal.Instant.from(text);
  return Temporal.ZonedDateTime.from(text, { disambiguation: 'reject' }).toInstant();
}

function openAt(policy: WrittenPolicy, instant: Temporal.Instant): WrittenPolicy {
  const isOpen = ({ from, expires }: { from?: string; expires?: string }): boolean => {
    const begun = from === undefined || Temporal.Instant.compare(instantOf(from), instant) <= 0;
    const ended = expires !== undefined && Temporal.Instant.compare(instantOf(expires), instant) <= 0;
    return begun && !ended;
  };
  const { egress = [], ingress = [] } = policy;
  return { ...policy, egress: egress.filter(isOpen), ingress: ingress.filter(isOpen) };
}

function rowsOf(world: World, from: End, to: End): Connection[] {
  if (from === to) return [];
  const sides = sidesOf(world, from, to);
  if (sides.some((rules) => rules.length === 0)) return [];
  const allowed = (packet: Packet): boolean =>
    sides.every((rules) => rules.some((rule) => rule.every((traffic) => admits(traffic, packet))));
  const row = (protocol: string, ports: string): Connection => ({
    from: from.name,
    to: to.name,
    protocol,
    ports,
  });
  // A rule that lets nameless protocols by is for every protocol, so this one packet answers for all.
  if (allowed({ protocol: 'other', port: 0 })) return [row('any', '*')];
  const starts = intervalStarts(sides.flat(2));
  const ported = (['tcp', 'udp', 'sctp'] as const).flatMap((protocol) => {
    const ports = allowedPorts(starts, (port) => allowed({ protocol, port }));
    return ports === '' ? [] : [row(protocol, ports)];
  });
  return allowed({ protocol: 'icmp', port: 0 }) ? [row('icmp', '*'), ...ported] : ported;
}

/** Where one packet may answer otherwise than the packet one port below: at each bound of a rule, or of the service that it names. */
function intervalStarts(traffics: readonly WrittenTraffic[]): number[] {
  const bounds = traffics.flatMap(({ ports }) => (ports ?? []).map(rangeOf));
  const starts = new Set([0, ...bounds.flatMap(([first, last]) => [first, last + 1])]);
  return [...starts].filter((start) => start <= portMax).sort((a, b) => a - b);
}

function allowedPorts(starts: readonly number[], allowed: (port: number) => boolean): string {
  const ranges: { first: number; last: number }[] = [];
  starts.forEach((first, index) => {
    const last = (starts[index + 1] ?? portMax + 1) - 1;
    const before = ranges.at(-1);
    if (!allowed(first)) return;
    if (before !== undefined && before.last + 1 === first) before.last = last;
    else ranges.push({ first, last });
  });
  return ranges.map(portsText).join(',');
}

function portsText({ first, last }: { first: number; last: number }): string {
  if (first === 0 && last === portMax) return '*';
  return first === last ? String(first) : `${first}-${last}`;
}

/**
 * The sides that have to let a packet by, whatever packet it is: of each, its rules about the two ends. A rule is what it says of traffic, and
 * what the service says that it names: all of it has to admit the packet. Without a side everything is authorised; by a side without a
 * rule nothing is.
 */
function sidesOf(world: World, from: End, to: End): WrittenTraffic[][][] {
  const [everything, nothing] = [[], [[]]];
  if (from.tenant === undefined && to.tenant === undefined) return nothing;
  if (from.tenant === to.tenant && from.tenant?.intraTenant !== 'segments') return everything;
  if (from.tenant !== to.tenant && (isAirGapped(from) || isAirGapped(to))) return nothing;
  return [
    ...(from.tenant === undefined ? [] : [egressRules(world, from, to)]),
    ...(to.tenant === undefined ? [] : [ingressRules(world, from, to)]),
  ];
}

function isAirGapped(end: End): boolean {
  return end.tenant?.isolation === 'air-gapped';
}

function egressRules(world: World, from: End, to: End): WrittenTraffic[][] {
  const rules = world.policies.get(from.tenant?.tenant ?? '')?.egress ?? [];
  return rules
    .filter(
      (rule) =>
        (rule.segment === undefined || rule.segment === from.segment) && names(world, rule.destination, to),
    )
    .map((rule) => {
      const service = world.services.get(rule.destination);
      return service === undefined ? [rule] : [rule, service.traffic];
    });
}

function ingressRules(world: World, from: End, to: End): WrittenTraffic[][] {
  const rules = world.policies.get(to.tenant?.tenant ?? '')?.ingress ?? [];
  return rules
    .filter(
      (rule) =>
        (rule.segment === undefined || rule.segment === to.segment) &&
        (rule.source === '*' ? from.tenant !== undefined : names(world, rule.source, from)),
    )
    .map((rule) => [rule]);
}

/** A service, a tenant (all its segments), a `tenant/segment`, or an external. */
function names(world: World, name: string, end: End): boolean {
  const service = world.services.get(name);
  if (service !== undefined) return service.segment === end.name;
  return name === end.name || name === end.tenant?.tenant;
}

/** Ports without protocol means tcp, neither means any, a protocol without ports all of them. */
function admits({ protocol, ports }: WrittenTraffic, packet: Packet): boolean {
  const stated = protocol ?? (ports === undefined ? 'any' : 'tcp');
  if (stated === 'any') return true;
  if (stated !== packet.protocol) return false;
  if (ports === undefined) return true;
  return ports.some((text) => {
    const [first, last] = rangeOf(text);
    return first <= packet.port && packet.port <= last;
  });
}

function rangeOf(text: number | string): [number, number] {
  const [first = NaN, last = first] = String(text).split('-').map(Number);
  return [first, last];
}

function byCodePoints(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
