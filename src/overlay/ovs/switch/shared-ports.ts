import type { BridgeRow, InterfaceRow, PortRow } from '../ovsdb/tables.ts';
import type { SwitchPorts } from './switch-view.ts';

/**
 * What of our bridge is somebody else's as well, in words: a switch takes a port that two bridges name, or a device that two ports
 * name, for both, and packets go by the flows of either.
 */
export function sharedPorts({ bridge, bridges, ports, interfaces }: SwitchPorts): string[] {
  if (bridge === undefined) return [];
  const own = bridge.row.ports;
  const devices = new Set(Array.from(own).flatMap((uuid) => [...(ports.get(uuid)?.interfaces ?? [])]));
  const others = Array.from(bridges).filter(([uuid]) => uuid !== bridge.uuid);
  const onOthers = others.flatMap(([, row]) => sharedWith(row, own, ports));
  const inOthers = Array.from(ports)
    .filter(([uuid]) => !own.has(uuid))
    .flatMap(([, row]) => joinedTo(row, devices, interfaces));
  const twice = Array.from(own, (uuid) => ports.get(uuid)?.interfaces ?? new Set<string>())
    .flatMap((uuids) => [...uuids])
    .filter((uuid, index, all) => all.indexOf(uuid) !== index)
    .map((uuid) => `device ${nameOf(interfaces, uuid)} is in several ports of the bridge`);
  return [...onOthers, ...inOthers, ...twice];
}

function sharedWith(
  { name, ports: theirs }: BridgeRow,
  own: ReadonlySet<string>,
  ports: ReadonlyMap<string, PortRow>,
): string[] {
  return Array.from(own)
    .filter((uuid) => theirs.has(uuid))
    .map(
      (uuid) =>
        `port ${nameOf(ports, uuid)} is on bridge ${name} as well (ovs-vsctl remove bridge ${name} ports ${uuid})`,
    );
}

function joinedTo(
  { name, interfaces: theirs }: PortRow,
  devices: ReadonlySet<string>,
  interfaces: ReadonlyMap<string, InterfaceRow>,
): string[] {
  return Array.from(theirs)
    .filter((uuid) => devices.has(uuid))
    .map((uuid) => `device ${nameOf(interfaces, uuid)} is in port ${name} as well`);
}

function nameOf(rows: ReadonlyMap<string, { readonly name: string }>, uuid: string): string {
  return rows.get(uuid)?.name ?? uuid;
}

/** The tunnels that a host receives, of either type: the other one is taken too, and a shard may change to it at any time. */
interface ReceivedTunnels {
  readonly localIp: string;
  /** Where they come from. */
  readonly remoteIps: { has: (ip: string) => boolean };
  readonly vnis: { has: (vni: number) => boolean };
}

/** The port of UDP at which tunnels of a type are received, unless an option says another. */
const portsOfTunnels: Readonly<Record<string, string>> = { vxlan: '4789', geneve: '6081' };

/**
 * Tunnels of others that take what comes in for ours, in words: of several that fit a packet, a switch takes the one that says most about
 * it, whatever bridge that is on, and ours leave the sender and the network open.
 */
export function takingTunnels({ bridge, ports, interfaces }: SwitchPorts, ours: ReceivedTunnels): string[] {
  const own = new Set(
    Array.from(bridge?.row.ports ?? []).flatMap((uuid) => [...(ports.get(uuid)?.interfaces ?? [])]),
  );
  return Array.from(interfaces)
    .filter(([uuid, row]) => !own.has(uuid) && takes(row, ours))
    .map(([, { name }]) => `interface ${name} of others takes what comes in through tunnels for ours`);
}

function takes({ type, options }: InterfaceRow, ours: ReceivedTunnels): boolean {
  const usual = portsOfTunnels[type];
  const local = options.get('local_ip') ?? 'flow';
  const remote = options.get('remote_ip') ?? '';
  const key = options.get('in_key') ?? options.get('key') ?? '0';
  return (
    usual !== undefined &&
    (options.get('dst_port') ?? usual) === usual &&
    (local === 'flow' || local === ours.localIp) &&
    (remote === 'flow' || ours.remoteIps.has(remote)) &&
    (key === 'flow' || ours.vnis.has(Number(key)))
  );
}
