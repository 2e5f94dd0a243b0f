import { mutateRows, byUuid, insertRow, updateRows, type OvsdbOperation } from '../ovsdb/operations.ts';
import { bridgeTable, controllerTable, type ControllerRow } from '../ovsdb/tables.ts';
import { mapValue, namedUuidAtom, setValue, uuidAtom } from '../ovsdb/wire.ts';
import type { HostSwitch } from './host-switch.ts';
import { ownerKey } from './own-ports.ts';
import type { SwitchStanding } from './switch-view.ts';

/** Rows of Controller, by UUID. */
export type ControllerRows = ReadonlyMap<string, ControllerRow>;

/** What a bridge has in its column `controller`, apart by whose it is. */
interface BridgeListeners {
  /** Where this host's document says that the bridge takes OpenFlow. */
  readonly wanted: readonly Listener[];
  /** Of ours, for what a document said before. */
  readonly left: readonly Listener[];
  /** Whoever connects there, or is connected to, may change flows as we do. */
  readonly ofOthers: readonly Listener[];
}

interface Listener {
  readonly uuid: string;
  readonly row: ControllerRow;
}

/** The rows that those bridges refer to which have any; most have none, and nothing is asked for them. */
export async function readControllers(
  { database }: HostSwitch,
  { bridge }: SwitchStanding,
): Promise<ControllerRows> {
  if (bridge === undefined || bridge.row.controller.size === 0) return new Map();
  return await database.select(controllerTable);
}

export function listenersOf(
  { bridge: name, openFlowAddress }: Pick<HostSwitch, 'bridge' | 'openFlowAddress'>,
  { referred, rows }: { readonly referred: Iterable<string>; readonly rows: ControllerRows },
): BridgeListeners {
  const target = openFlowAddress === undefined ? undefined : passive(openFlowAddress);
  const found = Array.from(referred).flatMap((uuid) => {
    const row = rows.get(uuid);
    return row === undefined ? [] : [{ uuid, row }];
  });
  const isWanted = ({ row }: Listener): boolean => row.target === target;
  const isOurs = ({ row }: Listener): boolean => row.external_ids.get(ownerKey) === name;
  return {
    wanted: found.filter(isWanted),
    left: found.filter((each) => !isWanted(each) && isOurs(each)),
    ofOthers: found.filter((each) => !isWanted(each) && !isOurs(each)),
  };
}

/** The operations that let a bridge take OpenFlow where the host's document says; none where it does, or has its own socket alone. */
export function listenOperations(
  { bridge: name, openFlowAddress }: HostSwitch,
  bridge: string,
  { wanted }: BridgeListeners,
): OvsdbOperation[] {
  if (openFlowAddress === undefined || wanted.length > 0) return [];
  const row = {
    target: passive(openFlowAddress),
    connection_mode: 'out-of-band',
    external_ids: mapValue([[ownerKey, name]]),
  };
  return [
    insertRow(controllerTable, row, { kind: 'named', name: 'listener' }),
    mutateRows(bridgeTable, byUuid(bridge), [
      ['controller', 'insert', setValue([namedUuidAtom('listener')])],
    ]),
  ];
}

/** The operations that take away where a bridge took OpenFlow before, and note whose the place of now is: earlier versions did not. */
export function tidyOperations(
  { bridge: name }: HostSwitch,
  bridge: string,
  { wanted, left }: BridgeListeners,
): OvsdbOperation[] {
  const own = mapValue([[ownerKey, name]]);
  const unnamed = wanted.filter(({ row }) => !row.external_ids.has(ownerKey));
  return [
    ...(left.length === 0
      ? []
      : [
          mutateRows(bridgeTable, byUuid(bridge), [
            ['controller', 'delete', setValue(left.map(({ uuid }) => uuidAtom(uuid)))],
          ]),
        ]),
    ...unnamed.map(({ uuid }) => updateRows(controllerTable, byUuid(uuid), { external_ids: own })),
  ];
}

/** The passive place that belongs to an active address. */
function passive(address: string): string {
  const tls = /^ssl:(.*):(\d+)$/.exec(address);
  return tls === null ? `p${address}` : `pssl:${tls[2] ?? ''}:${tls[1] ?? ''}`;
}
