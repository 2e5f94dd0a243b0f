import { isIPv4, isIPv6 } from 'node:net';
import type { BridgeRow, InterfaceRow, PortRow } from '../ovsdb/tables.ts';
import type { SwitchPorts } from './switch-view.ts';
import { tunnelNames } from './wanted-ports.ts';

/**
 * What of our bridge is somebody else's as well, in words: a switch takes a port that two bridges name, or a device that two ports
 * name, for both, and packets go by the flows of either.
 */
export function sharedPorts({ bridge, bridges, ports, interfaces }: SwitchPorts): string[] {
  if (bridge === undefined) return [];
  const own = bridge.row.ports;
  const devices = devicesOf(bridge.row, ports);
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

/** What tells of an interface whether it is a tunnel, and which packets it takes. */
type TunnelRow = Pick<InterfaceRow, 'name' | 'type' | 'options'>;

/** The port of UDP at which tunnels of a type are received, unless an option says another. Shards use these two. */
const portsOfTunnels: Readonly<Record<string, number>> = { vxlan: 4789, geneve: 6081 };

/**
 * Tunnels of others that take what comes in for ours, in words: of several that fit a packet, a switch takes the one that says most about
 * it, whatever bridge that is on, and ours leave the sender and the network open. On our bridge all but its own two are others.
 */
export function takingTunnels(
  {
    bridge,
    bridges,
    ports,
    interfaces,
  }: Pick<SwitchPorts, 'bridge' | 'bridges' | 'ports'> & {
    readonly interfaces: ReadonlyMap<string, TunnelRow>;
  },
  ours: ReceivedTunnels,
): string[] {
  const own = bridge && { on: devicesOf(bridge.row, ports), names: tunnelNames(bridge.row.name) };
  const isOwn = (uuid: string, { name }: TunnelRow): boolean =>
    own !== undefined && own.on.has(uuid) && own.names.has(name);
  return Array.from(interfaces)
    .filter(([uuid, row]) => !isOwn(uuid, row) && takes(row, ours))
    .map(([uuid, { name }]) => {
      const [on] = Array.from(bridges.values()).filter((row) => devicesOf(row, ports).has(uuid));
      const where = on === undefined ? '' : `, on bridge ${on.name},`;
      return `interface ${name} of others${where} takes what comes in through tunnels for ours`;
    });
}

function devicesOf({ ports: own }: BridgeRow, ports: ReadonlyMap<string, PortRow>): Set<string> {
  return new Set(Array.from(own).flatMap((uuid) => [...(ports.get(uuid)?.interfaces ?? [])]));
}

/** What is spelled in a way that is not known here counts as what takes. */
function takes({ type, options }: TunnelRow, ours: ReceivedTunnels): boolean {
  const port = options.get('dst_port');
  const receivedAt = port === undefined ? portsOfTunnels[type] : decimalIn(port);
  const isOfOurs = type in portsOfTunnels;
  if (receivedAt === undefined) return isOfOurs || port !== undefined;
  const usual = Object.entries(portsOfTunnels).find(([, at]) => at === receivedAt);
  if (usual === undefined) return false;
  // Whatever a tunnel of another type says besides: the switch has that port of UDP for one type only.
  if (usual[0] !== type) return true;
  const key = options.get('in_key') ?? options.get('key') ?? '0';
  const [localIp, remoteIp] = [options.get('local_ip') ?? 'flow', options.get('remote_ip') ?? ''];
  // Ours say at which address they receive: what leaves all three open says less than they do.
  if ([key, localIp, remoteIp].every((each) => each === 'flow')) return false;
  return (
    fits(localIp, (ip) => ip === ours.localIp) &&
    fits(remoteIp, (ip) => ours.remoteIps.has(ip)) &&
    (key === 'flow' || isKeyOfOurs(numberIn(key), ours))
  );
}

function isKeyOfOurs(key: number | undefined, { vnis }: ReceivedTunnels): boolean {
  return key === undefined || vnis.has(key);
}

/** A switch also takes spellings of an address that nobody here uses. Without one a tunnel receives nothing. */
function fits(text: string, isOurs: (ip: string) => boolean): boolean {
  if (text === '') return false;
  const ip = plainAddress(text);
  return text === 'flow' || ip === undefined || isOurs(ip);
}

/** The one spelling of an address that entries have; undefined for what is none. */
function plainAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const plain = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return plain;
  const value = parseInt(high, 16) * 65_536 + parseInt(low, 16);
  return [24, 16, 8, 0].map((bits) => String((value >>> bits) & 255)).join('.');
}

/** A port of UDP as a switch reads it. Undefined for what is no port: of a larger number a switch takes the lowest 16 bits. */
function decimalIn(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** A key as a switch reads it: hexadecimal after 0x, octal after 0. Undefined for what is no number throughout. */
function numberIn(text: string): number | undefined {
  if (/^0[0-7]*$/.test(text)) return parseInt(text, 8);
  return /^([1-9]\d*|0x[\da-f]+)$/i.test(text) ? Number(text) : undefined;
}
