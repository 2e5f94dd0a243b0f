import type { Host, Shard } from '../../events/estate.ts';
import { endpointsOf, type Directory } from '../../projections/directory/directory.ts';
import { inventoriesInScope } from './scope.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';

/** The overlays whose hosts are switches of Open vSwitch, by the name that Shard documents give them. */
const switchOverlays: ReadonlySet<string> = new Set(['ovs']);

/** The longest name of a network device in Linux (IFNAMSIZ less the end of the string). */
const deviceNameMax = 15;

/** The MAC address with which every switch speaks to its ports, as their router (tables.ts of the pipeline). */
const virtualMac = '02:00:00:00:00:01';

/** Meters of a switch count in kilobits, in a number of 32 bits (OpenFlow 1.5, ofp_meter_band_header). */
const [bitsOfRate, rateMax] = [1_000n, 0xffff_ffffn];

/**
 * Refuses what hosts that are switches cannot do without: a way to each of them, the MAC address behind a gateway, and
 * interfaces whose names a device can have. And what they cannot do exactly: a port with the router's own MAC address, and
 * limits that no meter can have.
 */
export function* checkSwitches(candidate: Candidate): Iterable<DomainProblem> {
  const { after, scope } = candidate;
  if (!Array.from(after.directory.shards.values()).some(isOfSwitches)) return;
  for (const port of portsOfEndpoints(candidate)) yield* unfit(candidate, port);
  yield* limitsOfNoMeter(candidate);
  if (scope !== undefined) return;
  yield* waysToHosts(candidate);
  yield* gatewaysWithoutMac(candidate);
  for (const port of portsOfGateways(candidate)) yield* unfit(candidate, port);
}

/** Whether the hosts of a shard are switches. */
export function isOfSwitches({ overlay }: Pick<Shard, 'overlay'>): boolean {
  return switchOverlays.has(overlay);
}

/** A shard, where its hosts are switches. */
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
    const shard = switchesOf(after.directory, after.directory.hosts.get(gateway.host)?.shard);
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

/** A port at a host, as a document declares it. */
interface DeclaredPort {
  readonly host: string;
  readonly device: string;
  readonly mac: string | undefined;
  readonly whose: string;
  /** The place of one of its keys. */
  readonly place: (key: string) => DomainPlace;
}

function* portsOfEndpoints(candidate: Candidate): Iterable<DeclaredPort> {
  const { directory } = candidate.after;
  for (const tenant of inventoriesInScope(candidate))
    for (const { name, host, interface: device, mac } of endpointsOf(directory, tenant)) {
      const place = (key: string): DomainPlace => ({
        kind: 'Endpoints',
        name: tenant,
        path: ['endpoints', name, key],
      });
      yield { host, device, mac, whose: `${tenant}/${name}`, place };
    }
}

function* portsOfGateways({ after }: Candidate): Iterable<DeclaredPort> {
  for (const { external, gateway } of after.directory.externals.values()) {
    if (gateway === undefined) continue;
    const { host, interface: device, mac } = gateway;
    const place = (key: string): DomainPlace => ({
      kind: 'External',
      name: external,
      path: ['gateway', key],
    });
    yield { host, device, mac, whose: `the gateway of ${external}`, place };
  }
}

/** What a switch cannot do for a port as it is declared. */
function* unfit({ after, folder }: Candidate, port: DeclaredPort): Iterable<DomainProblem> {
  const { host, device, mac, whose, place } = port;
  const isDevice = device.length <= deviceNameMax && !device.includes(':');
  if (isDevice && mac !== virtualMac) return;
  const shard = switchesOf(after.directory, after.directory.hosts.get(host)?.shard);
  if (shard === undefined) return;
  const why = `its host ${host} is a switch, since ${shard.shard} has the overlay ${shard.overlay}`;
  const at = (key: string): DomainPlace =>
    pointAt(folder, place(key), { kind: 'Host', name: host, path: ['shard'] }, overlayOf(shard));
  if (!isDevice)
    yield {
      kind: 'refused',
      at: at('interface'),
      message: `no device can have the name of the interface of ${whose}: ${why}`,
      found: device,
      allowed: `at most ${String(deviceNameMax)} characters, and no colon`,
    };
  if (mac === virtualMac)
    yield {
      kind: 'refused',
      at: at('mac'),
      message: `the MAC address of ${whose} is that of the router itself: ${why}, and speaks to its ports with that address`,
      found: mac,
      allowed: `any other than ${virtualMac}`,
    };
}

/** A limit that a meter cannot have would be another limit at the host than the policy says. */
function* limitsOfNoMeter(candidate: Candidate): Iterable<DomainProblem> {
  const { after, folder } = candidate;
  for (const tenant of inventoriesInScope(candidate)) {
    const shard = Array.from(endpointsOf(after.directory, tenant), ({ host }) =>
      switchesOf(after.directory, after.directory.hosts.get(host)?.shard),
    ).find((found) => found !== undefined);
    if (shard === undefined) continue;
    for (const way of ['egress', 'ingress'] as const) {
      const bits = after.policies.get(tenant)?.qos?.[way];
      if (bits === undefined || isOfMeter(BigInt(bits))) continue;
      yield {
        kind: 'refused',
        at: pointAt(folder, { kind: 'Policy', name: tenant, path: ['qos', way] }, overlayOf(shard)),
        message: `no meter can hold the ${way} limit of ${tenant}: its endpoints are at switches, since ${shard.shard} has the overlay ${shard.overlay}`,
        found: `${bits}bps`,
        allowed: `whole kilobits a second, from 1kbps to ${String(rateMax)}kbps`,
      };
    }
  }
}

function isOfMeter(bits: bigint): boolean {
  return bits % bitsOfRate === 0n && bits / bitsOfRate <= rateMax;
}
