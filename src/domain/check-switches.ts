import type { Host, Shard } from '../../events/estate.ts';
import { endpointsOf, type Directory } from '../../projections/directory/directory.ts';
import { inventoriesInScope } from './scope.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';

/** The overlays whose hosts are switches of Open vSwitch, by the name that Shard documents give them. */
const switchOverlays: ReadonlySet<string> = new Set(['ovs']);

/** The longest name of a network device in Linux (IFNAMSIZ less the end of the string). */
const deviceNameMax = 15;

/**
 * Refuses what hosts that are switches cannot do without: a way to each of them, the MAC address behind a gateway, and
 * interfaces whose names a device can have.
 */
export function* checkSwitches(candidate: Candidate): Iterable<DomainProblem> {
  const { after, scope } = candidate;
  if (!Array.from(after.directory.shards.values()).some(isOfSwitches)) return;
  yield* endpointsWithoutDevice(candidate);
  if (scope !== undefined) return;
  yield* waysToHosts(candidate);
  yield* gatewaysWithoutMac(candidate);
  yield* gatewaysWithoutDevice(candidate);
}

function isOfSwitches({ overlay }: Shard): boolean {
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

function* endpointsWithoutDevice(candidate: Candidate): Iterable<DomainProblem> {
  const { directory } = candidate.after;
  for (const tenant of inventoriesInScope(candidate))
    for (const { name, host, interface: device } of endpointsOf(directory, tenant)) {
      const own: DomainPlace = { kind: 'Endpoints', name: tenant, path: ['endpoints', name, 'interface'] };
      yield* withoutDevice(candidate, { own, whose: `${tenant}/${name}`, host, device });
    }
}

function* gatewaysWithoutDevice(candidate: Candidate): Iterable<DomainProblem> {
  for (const { external, gateway } of candidate.after.directory.externals.values()) {
    if (gateway === undefined) continue;
    const own: DomainPlace = { kind: 'External', name: external, path: ['gateway', 'interface'] };
    const { host, interface: device } = gateway;
    yield* withoutDevice(candidate, { own, whose: `the gateway of ${external}`, host, device });
  }
}

function* withoutDevice(
  { after: { directory }, folder }: Candidate,
  of: { own: DomainPlace; whose: string; host: string; device: string },
): Iterable<DomainProblem> {
  const { own, whose, host, device } = of;
  if (device.length <= deviceNameMax && !device.includes(':')) return;
  const shard = switchesOf(directory, directory.hosts.get(host)?.shard);
  if (shard === undefined) return;
  yield {
    kind: 'refused',
    at: pointAt(folder, own, { kind: 'Host', name: host, path: ['shard'] }, overlayOf(shard)),
    message: `no device can have the name of the interface of ${whose}: its host ${host} is a switch, since ${shard.shard} has the overlay ${shard.overlay}`,
    found: device,
    allowed: `at most ${String(deviceNameMax)} characters, and no colon`,
  };
}
