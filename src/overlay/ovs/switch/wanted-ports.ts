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

function wantedTunnels(bridge: string, tunnelIp: string): WantedPort[] {
  return Object.entries(tunnelPorts).map(([type, ofport]) => tunnelPort(bridge, { type, ofport, tunnelIp }));
}

/** Whether a bridge has the ports of its tunnels, by the interfaces of ours that are on it. */
export function areTunnelsWired(
  bridge: string,
  tunnelIp: string,
  interfaces: ReadonlyMap<string, InterfaceRow>,
): boolean {
  return wantedTunnels(bridge, tunnelIp).every(({ name, isAsWanted }) => {
    const row = interfaces.get(name);
    return row !== undefined && isAsWanted(row) && row.error === undefined;
  });
}

/** The name of a tunnel's port: as that of its bridge, which is within what a system allows, with another beginning. */
function tunnelPort(bridge: string, of: { type: string; ofport: number; tunnelIp: string }): WantedPort {
  const { type, ofport, tunnelIp } = of;
  const options = new Map([
    ['key', 'flow'],
    ['local_ip', tunnelIp],
    ['remote_ip', 'flow'],
  ]);
  const ids = new Map([[ownerKey, bridge]]);
  return {
    name: `${type === 'vxlan' ? 'isx' : 'isg'}${bridge.slice(3)}`,
    columns: { type, ofport_request: ofport, options: mapValue(options) },
    ids,
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
