import type { ConfiguredInterface, InterfaceRow } from '../ovsdb/tables.ts';
import { mapValue, type WireRow } from '../ovsdb/wire.ts';
import { tunnelPorts } from '../pipeline/tables.ts';
import { endpointKey, ownerKey, zoneKeyPrefix, type OwnPort } from './own-ports.ts';

/** The rows of a port and its interface, as they are to be. */
export interface WantedPort {
  readonly name: string;
  readonly columns: WireRow;
  /** All of ours in `external_ids`. */
  readonly ids: ReadonlyMap<string, string>;
  readonly isAsWanted: (row: ConfiguredInterface) => boolean;
}

/** The ports of a bridge, that of the bridge itself aside. */
export function wantedPorts({
  name,
  ports,
  tunnelIp,
}: {
  readonly name: string;
  readonly ports: ReadonlyMap<string, OwnPort>;
  readonly tunnelIp: string | undefined;
}): WantedPort[] {
  return [
    ...(tunnelIp === undefined ? [] : wantedTunnels(name, tunnelIp)),
    ...Array.from(ports.values(), (port) => endpointPort(name, port)),
  ];
}

function wantedTunnels(bridge: string, tunnelIp: string): TunnelPort[] {
  return Object.entries(tunnelPorts).map(([type, ofport]) => tunnelPort(bridge, { type, ofport, tunnelIp }));
}

/** What is wrong with the ports of a bridge's tunnels, by the interfaces of ours that are on it, in words. */
export function tunnelFlaws(
  bridge: string,
  tunnelIp: string,
  interfaces: ReadonlyMap<string, InterfaceRow>,
): string[] {
  return wantedTunnels(bridge, tunnelIp).flatMap(({ name, isAsWanted, ...wanted }) => {
    const row = interfaces.get(name);
    if (row === undefined) return [`no port ${name} for tunnels`];
    if (row.error !== undefined) return [`port ${name} for tunnels cannot be used: ${row.error}`];
    const stray = [...(isAsWanted(row) ? [] : strayColumns(row, wanted)), ...strayNumber(row)];
    return stray.length === 0 ? [] : [`${stray.join(', ')} of interface ${name}`];
  });
}

/** A switch gives a port another number than it asks for where somebody else's has that. */
function strayNumber({ ofport, ofport_request: asked }: InterfaceRow): string[] {
  return ofport === undefined || ofport === asked ? [] : [`ofport=${String(ofport)}`];
}

/** What an interface has otherwise than it is to have, in words. */
function strayColumns(
  row: InterfaceRow,
  { columns: { type, ofport_request: ofport }, options, ids }: Omit<TunnelPort, 'name' | 'isAsWanted'>,
): string[] {
  const keys = new Set([...row.options.keys(), ...options.keys()]);
  const stray = Array.from(keys).filter((key) => row.options.get(key) !== options.get(key));
  return [
    ...(row.type === type ? [] : [`type=${row.type}`]),
    ...(row.ofport_request === ofport ? [] : [`ofport_request=${String(row.ofport_request ?? 'none')}`]),
    ...stray.map((key) => `options:${key}=${row.options.get(key) ?? 'none'}`),
    ...(holds(ownIds(row), ids) ? [] : ['external_ids']),
  ];
}

/** A port of tunnels; its options are those of its columns. */
interface TunnelPort extends WantedPort {
  readonly options: ReadonlyMap<string, string>;
}

/** The names of a bridge's own tunnel ports. */
export function tunnelNames(bridge: string): ReadonlySet<string> {
  return new Set(Object.keys(tunnelPorts).map((type) => tunnelName(bridge, type)));
}

/** As that of its bridge, which is within what a system allows, with another beginning. */
function tunnelName(bridge: string, type: string): string {
  return `${type === 'vxlan' ? 'isx' : 'isg'}${bridge.slice(3)}`;
}

function tunnelPort(bridge: string, of: { type: string; ofport: number; tunnelIp: string }): TunnelPort {
  const { type, ofport, tunnelIp } = of;
  const options = new Map([
    ['key', 'flow'],
    ['local_ip', tunnelIp],
    ['remote_ip', 'flow'],
  ]);
  const ids = new Map([[ownerKey, bridge]]);
  return {
    name: tunnelName(bridge, type),
    columns: { type, ofport_request: ofport, options: mapValue(options) },
    ids,
    options,
    isAsWanted: (row) =>
      row.type === type &&
      row.ofport_request === ofport &&
      holds(row.options, options) &&
      holds(ownIds(row), ids),
  };
}

function endpointPort(bridge: string, { name, endpoint, ofport, zones }: OwnPort): WantedPort {
  const ids = new Map([
    [ownerKey, bridge],
    [endpointKey, endpoint],
    ...Array.from(zones, ([key, zone]) => [`${zoneKeyPrefix}${key}`, String(zone)] as const),
  ]);
  return {
    name,
    columns: { type: '', ofport_request: ofport },
    ids,
    isAsWanted: (row) => row.type === '' && row.ofport_request === ofport && holds(ownIds(row), ids),
  };
}

/** Equal maps. */
function holds(found: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): boolean {
  return found.size === wanted.size && Array.from(wanted).every(([key, value]) => found.get(key) === value);
}

/** What of it is ours: others may write something beside it. */
function ownIds({ external_ids: found }: ConfiguredInterface): ReadonlyMap<string, string> {
  return new Map(Array.from(found).filter(([key]) => key.startsWith(ownerKey)));
}
