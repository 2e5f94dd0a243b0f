import { randomUUID } from 'node:crypto';
import type { OvsdbOperation } from '../ovsdb/operations.ts';
import { byUuid, deleteRows, expectRows, insertRow, mutateRows, updateRows } from '../ovsdb/operations.ts';
import {
  bridgeTable,
  interfaceTable,
  portTable,
  switchTable,
  type BridgeRow,
  type BridgeStanding,
  type ConfiguredInterface,
} from '../ovsdb/tables.ts';
import { mapValue, namedUuidAtom, setValue, uuidAtom, type WireRow } from '../ovsdb/wire.ts';
import { InTheWay } from '../../faults.ts';
import { ownerKey, type OwnPort } from './own-ports.ts';
import { changeKey, datapathKey, hostKey, ledgerKey, shardKey, type BridgeOwner } from './owner.ts';
import { datapathAt, datapathOf, protocols } from './speech.ts';
import {
  byName,
  portsOfBridge,
  type BridgePort,
  type SwitchPorts,
  type SwitchStanding,
} from './switch-view.ts';
import { wantedPorts, type WantedPort } from './wanted-ports.ts';

/** What a bridge of ours is to have. */
export interface WantedBridge {
  readonly name: string;
  readonly owner: BridgeOwner;
  /** Whose bridge it is among the hosts of its owner; undefined where it is to hold nothing, and any of them may take it. */
  readonly host: string | undefined;
  /** Ports of endpoints and externals by device. Ports of ours that are not among them go. */
  readonly ports: ReadonlyMap<string, OwnPort>;
  /** The address at which this host receives tunnels; undefined where it needs none. */
  readonly tunnelIp: string | undefined;
  /** Whether a change is noted at the bridge also where nothing else is changed. */
  readonly isFirst: boolean;
}

/**
 * The operations that make a bridge of ours what it is to be; none where it is so. Throws InTheWay where a device that is
 * wanted is somebody else's port.
 */
export function bridgeOperations(view: SwitchPorts, wanted: WantedBridge): OvsdbOperation[] {
  const { bridge } = view;
  const found = portsOfBridge(view, bridge?.row);
  const ports = wantedPorts(wanted);
  requireFree(view, { wanted, found, names: ports.map(({ name }) => name) });
  const names = new Set(ports.map(({ name }) => name));
  const coming = ports.filter(({ name }) => !found.has(name));
  const changes = [
    ...ports.flatMap((port) => updates(port, found.get(port.name))),
    ...coming.flatMap((port, index) => insertions(wanted.name, port, index)),
  ];
  const going = Array.from(found.values()).filter(
    ({ port }) =>
      port.external_ids.get(ownerKey) === wanted.name && port.name !== wanted.name && !names.has(port.name),
  );
  const references = coming.map((_port, index) => namedUuidAtom(portName(index)));
  if (bridge === undefined) return [...changes, ...newBridge(view, { wanted, ports: references })];
  if (changes.length === 0 && going.length === 0 && isSetUp(wanted, bridge.row) && !wanted.isFirst) return [];
  return [
    ...changes,
    mutateRows(bridgeTable, byUuid(bridge.uuid), [
      ['ports', 'insert', setValue(references)],
      ['ports', 'delete', setValue(going.map(({ portUuid }) => uuidAtom(portUuid)))],
      ...outOfBandMutations,
    ]),
    updateRows(bridgeTable, byUuid(bridge.uuid), {
      ...configuration,
      external_ids: bridgeIds(wanted, view),
    }),
  ];
}

/** Whether a bridge has, of what is ours, what it is to have and nothing else, by the interfaces of ours that are on it. */
export function isWired(
  wanted: WantedBridge,
  { bridge, interfaces }: { bridge: BridgeStanding; interfaces: Iterable<ConfiguredInterface> },
): boolean {
  const found = new Map(Array.from(interfaces, (row) => [row.name, row]));
  found.delete(wanted.name);
  const ports = wantedPorts(wanted);
  return (
    isSetUp(wanted, bridge) &&
    found.size === ports.length &&
    ports.every(({ name, isAsWanted }) => {
      const row = found.get(name);
      return row !== undefined && isAsWanted(row);
    })
  );
}

/** Takes a bridge of ours away, with all that is in it. */
export function removalOperations({ root, bridge }: SwitchStanding): OvsdbOperation[] {
  if (bridge === undefined) return [];
  return [
    mutateRows(switchTable, byUuid(root.uuid), [['bridges', 'delete', setValue([uuidAtom(bridge.uuid)])]]),
    deleteRows(bridgeTable, byUuid(bridge.uuid)),
  ];
}

/** The transaction fails unless the bridge of a name is there as it was seen: with those ports, or not at all. */
export function guardOf(name: string, bridge: BridgeRow | undefined): OvsdbOperation {
  const columns = ['external_ids', 'ports'];
  const rows =
    bridge === undefined
      ? []
      : [
          {
            external_ids: mapValue(bridge.external_ids),
            ports: setValue(Array.from(bridge.ports, uuidAtom)),
          },
        ];
  return expectRows(bridgeTable, byName(name), { columns, rows });
}

const configuration = { fail_mode: 'secure', protocols: setValue(protocols) } satisfies WireRow;

/**
 * For every controller or manager that a switch connects to, it keeps hidden flows before all others that let packets to that
 * address through, to any port, unless a bridge says that it wants none.
 */
export const inBandKey = 'disable-in-band';
const outOfBand = mapValue([[inBandKey, 'true']]);
const outOfBandMutations: Parameters<typeof mutateRows>[2] = [
  ['other_config', 'delete', setValue([inBandKey])],
  ['other_config', 'insert', outOfBand],
];

/** What somebody changed at a bridge so that the switch may add flows of its own to it, in words. */
export function openings({ name, other_config: config, fail_mode: failMode }: BridgeStanding): string[] {
  return [
    ...(isOutOfBand(config) ? [] : [`${inBandKey}=${config.get(inBandKey) ?? 'false'} of bridge ${name}`]),
    ...(failMode === 'secure' ? [] : [`fail_mode=${failMode ?? 'standalone'} of bridge ${name}`]),
  ];
}

/** Ends what `openings` names. */
export function closingOperations(bridge: string): OvsdbOperation[] {
  return [
    mutateRows(bridgeTable, byUuid(bridge), outOfBandMutations),
    updateRows(bridgeTable, byUuid(bridge), { fail_mode: configuration.fail_mode }),
  ];
}

function isOutOfBand(config: ReadonlyMap<string, string>): boolean {
  return config.get(inBandKey) === 'true';
}

function isSetUp({ owner, host }: WantedBridge, row: BridgeStanding): boolean {
  return (
    openings(row).length === 0 &&
    row.protocols.size === protocols.length &&
    protocols.every((protocol) => row.protocols.has(protocol)) &&
    row.external_ids.get(ledgerKey) === owner.ledger &&
    row.external_ids.get(shardKey) === owner.shard &&
    row.external_ids.get(hostKey) === host
  );
}

function bridgeIds({ owner, host }: WantedBridge, standing: SwitchStanding): WireRow[string] {
  const others = Array.from(standing.bridge?.row.external_ids ?? []).filter(([key]) => key !== hostKey);
  const own = [
    [ledgerKey, owner.ledger],
    [shardKey, owner.shard],
    ...(host === undefined ? [] : [[hostKey, host] as const]),
    [datapathKey, datapathOf(standing)],
    [changeKey, randomUUID()],
  ] as const;
  return mapValue(new Map([...others, ...own]));
}

function updates({ columns, ids, isAsWanted }: WantedPort, found: BridgePort | undefined): OvsdbOperation[] {
  const [own] = found?.interfaces ?? [];
  if (own === undefined || isAsWanted(own.row)) return [];
  const others = Array.from(own.row.external_ids).filter(([key]) => !key.startsWith(ownerKey));
  return [
    updateRows(interfaceTable, byUuid(own.uuid), {
      ...columns,
      external_ids: mapValue([...others, ...ids]),
    }),
  ];
}

function portName(index: number): string {
  return `port${String(index)}`;
}

function insertions(bridge: string, { name, columns, ids }: WantedPort, index: number): OvsdbOperation[] {
  const interfaceName = `interface${String(index)}`;
  return [
    insertRow(
      interfaceTable,
      { name, ...columns, external_ids: mapValue(ids) },
      { kind: 'named', name: interfaceName },
    ),
    insertRow(
      portTable,
      {
        name,
        interfaces: setValue([namedUuidAtom(interfaceName)]),
        external_ids: mapValue([[ownerKey, bridge]]),
      },
      { kind: 'named', name: portName(index) },
    ),
  ];
}

/** A new bridge has a port of its own name, as every bridge: the switch itself, which sends and receives nothing here. */
function newBridge(
  { root }: SwitchPorts,
  { wanted, ports }: { wanted: WantedBridge; ports: readonly ReturnType<typeof namedUuidAtom>[] },
): OvsdbOperation[] {
  const { name } = wanted;
  const local: WantedPort = {
    name,
    columns: { type: 'internal' },
    ids: new Map([[ownerKey, name]]),
    isAsWanted: () => true,
  };
  const row = {
    name,
    ...configuration,
    datapath_type: datapathAt(root.row),
    external_ids: bridgeIds(wanted, { root, bridge: undefined }),
    other_config: outOfBand,
    ports: setValue([...ports, namedUuidAtom(portName(ports.length))]),
  };
  return [
    ...insertions(name, local, ports.length),
    insertRow(bridgeTable, row, { kind: 'named', name: 'bridge' }),
    mutateRows(switchTable, byUuid(root.uuid), [['bridges', 'insert', setValue([namedUuidAtom('bridge')])]]),
  ];
}

function requireFree(
  view: SwitchPorts,
  {
    wanted,
    found,
    names,
  }: { wanted: WantedBridge; found: ReadonlyMap<string, BridgePort>; names: readonly string[] },
): void {
  const devices = new Set(Array.from(view.interfaces.values(), ({ name }) => name));
  const ports = new Set(Array.from(view.ports.values(), ({ name }) => name));
  for (const name of names) {
    const port = found.get(name);
    if (port === undefined && (devices.has(name) || ports.has(name)))
      throw new InTheWay(
        `device ${name} is on another bridge of the switch: take it away there (ovs-vsctl del-port ${name})`,
      );
    if (
      port !== undefined &&
      (port.port.external_ids.get(ownerKey) !== wanted.name || port.interfaces.length !== 1)
    )
      throw new InTheWay(
        `port ${name} of bridge ${wanted.name} was added by somebody else: take it away (ovs-vsctl del-port ${name})`,
      );
  }
}

/** Whether a port of our bridge is ours, the one that every bridge has included. */
export function isOwnBridgePort(bridge: string, { port }: BridgePort): boolean {
  return port.name === bridge || port.external_ids.get(ownerKey) === bridge;
}
