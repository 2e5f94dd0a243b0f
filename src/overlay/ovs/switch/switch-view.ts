import type { OvsdbClient } from '../ovsdb/client.ts';
import type { RowCondition } from '../ovsdb/operations.ts';
import {
  bridgeStandingTable,
  bridgeTable,
  configuredInterfaceTable,
  interfaceTable,
  portTable,
  switchTable,
  type BridgeRow,
  type BridgeStanding,
  type ConfiguredInterface,
  type InterfaceRow,
  type PortRow,
  type SwitchRow,
} from '../ovsdb/tables.ts';
import { mapValue } from '../ovsdb/wire.ts';
import { OverlayUnavailable } from '../../faults.ts';
import { endpointKey, ownerKey, zoneKeyPrefix, type OwnPort } from './own-ports.ts';

/** A row with its UUID. */
interface Placed<Row> {
  readonly uuid: string;
  readonly row: Row;
}

/** A switch, as far as its database says: itself, and the bridge of one name. */
export interface SwitchStanding {
  readonly root: Placed<SwitchRow>;
  readonly bridge: Placed<BridgeStanding> | undefined;
}

/** A switch with all of its ports. */
export interface SwitchPorts extends SwitchStanding {
  readonly bridge: Placed<BridgeRow> | undefined;
  /** All bridges by UUID. */
  readonly bridges: ReadonlyMap<string, BridgeRow>;
  readonly ports: ReadonlyMap<string, PortRow>;
  readonly interfaces: ReadonlyMap<string, InterfaceRow>;
}

/** Throws OverlayUnavailable. */
export async function readStanding(client: OvsdbClient, bridge: string): Promise<SwitchStanding> {
  // The switch last: where it says then that it has followed, it has made the bridge that was seen.
  const [bridges, roots] = await Promise.all([
    client.select(bridgeStandingTable, byName(bridge)),
    client.select(switchTable),
  ]);
  return { root: theRoot(roots), bridge: placed(bridges) };
}

/** The interfaces of ours on a bridge, by UUID, as they were told to be. */
export async function readOwnInterfaces(
  client: OvsdbClient,
  bridge: string,
): Promise<ReadonlyMap<string, ConfiguredInterface>> {
  return client.select(configuredInterfaceTable, [
    ['external_ids', 'includes', mapValue([[ownerKey, bridge]])],
  ]);
}

/** So many devices are asked for one by one; of more, all of a bridge are read. */
const askedMax = 64;

/** The interfaces of some devices, as they were told to be; maybe others of the bridge as well. */
export async function readInterfacesOf(
  client: OvsdbClient,
  { bridge, devices }: { bridge: string; devices: readonly string[] },
): Promise<ConfiguredInterface[]> {
  if (devices.length > askedMax) return [...(await readOwnInterfaces(client, bridge)).values()];
  const found = await Promise.all(
    devices.map((device) => client.select(configuredInterfaceTable, byName(device))),
  );
  return found.flatMap((rows) => [...rows.values()]);
}

/** Throws OverlayUnavailable. */
export async function readSwitchPorts(client: OvsdbClient, bridge: string): Promise<SwitchPorts> {
  const [roots, bridges, ports, interfaces] = await Promise.all([
    client.select(switchTable),
    client.select(bridgeTable),
    client.select(portTable),
    client.select(interfaceTable),
  ]);
  const ours = Array.from(bridges, ([uuid, row]) => ({ uuid, row })).find(({ row }) => row.name === bridge);
  return { root: theRoot(roots), bridge: ours, bridges, ports, interfaces };
}

export function byName(name: string): readonly RowCondition[] {
  return [['name', '==', name]];
}

/** The ports of endpoints and externals that are ours, by device. One without a number is none. */
export function ownPortsOf(interfaces: Iterable<ConfiguredInterface>, bridge: string): Map<string, OwnPort> {
  const ports = new Map<string, OwnPort>();
  for (const { name, external_ids: ids, ofport_request: ofport } of interfaces) {
    const endpoint = ids.get(endpointKey);
    if (ids.get(ownerKey) !== bridge || endpoint === undefined || ofport === undefined) continue;
    ports.set(name, { name, endpoint, ofport, zones: zonesOf(ids) });
  }
  return ports;
}

/** The zones that an interface has by its `external_ids`. */
function zonesOf(ids: ReadonlyMap<string, string>): Map<string, number> {
  return new Map(
    Array.from(ids)
      .filter(([key, zone]) => key.startsWith(zoneKeyPrefix) && /^\d{1,5}$/.test(zone))
      .map(([key, zone]) => [key.slice(zoneKeyPrefix.length), Number(zone)]),
  );
}

/** The same as numbers alone, each once, of any interface. A binding may have gone on with the zone of the one before. */
export function zonesOfInterface({ external_ids: ids }: Pick<InterfaceRow, 'external_ids'>): number[] {
  return [...new Set(zonesOf(ids).values())];
}

/** A port with its interface, on one bridge. */
export interface BridgePort {
  readonly portUuid: string;
  readonly port: PortRow;
  readonly interfaces: readonly Placed<InterfaceRow>[];
}

/** The ports of a bridge, by name. */
export function portsOfBridge(
  { ports, interfaces }: SwitchPorts,
  bridge: BridgeRow | undefined,
): ReadonlyMap<string, BridgePort> {
  const found = new Map<string, BridgePort>();
  for (const portUuid of bridge?.ports ?? []) {
    const port = ports.get(portUuid);
    if (port === undefined) continue;
    const placedInterfaces = Array.from(port.interfaces, (uuid) => ({
      uuid,
      row: interfaces.get(uuid),
    })).flatMap(({ uuid, row }) => (row === undefined ? [] : [{ uuid, row }]));
    found.set(port.name, { portUuid, port, interfaces: placedInterfaces });
  }
  return found;
}

function placed<Row>(rows: ReadonlyMap<string, Row>): Placed<Row> | undefined {
  const [first] = rows;
  return first === undefined ? undefined : { uuid: first[0], row: first[1] };
}

function theRoot(rows: ReadonlyMap<string, SwitchRow>): Placed<SwitchRow> {
  const root = placed(rows);
  if (root === undefined)
    throw new OverlayUnavailable(
      'the database has no row for its switch: ovs-vswitchd was never started (ovs-vsctl init)',
    );
  return root;
}
