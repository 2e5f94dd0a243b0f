import type { OvsdbOperation } from '../ovsdb/operations.ts';
import { byUuid, expectRows, mutateRows, updateRows } from '../ovsdb/operations.ts';
import { bridgeTable, interfaceTable, switchTable } from '../ovsdb/tables.ts';
import { mapValue, setValue } from '../ovsdb/wire.ts';
import { foundText } from '../../../runtime/found-text.ts';
import { OverlayUnavailable } from '../../faults.ts';
import {
  bridgeOperations,
  closingOperations,
  guardOf,
  openings,
  removalOperations,
  type WantedBridge,
} from './bridge-change.ts';
import { follow } from './following.ts';
import { emptiedKey } from './host-mark.ts';
import type { HostSwitch } from './host-switch.ts';
import { listenersOf, listenOperations, readControllers, tidyOperations } from './listeners.ts';
import { markWords, type MarkText } from './mark.ts';
import { ownerKey } from './own-ports.ts';
import { noteChange, speechOperations } from './speech.ts';
import { byName, readStanding, type SwitchPorts, type SwitchStanding } from './switch-view.ts';

/** A bridge as it was seen, or was just made; undefined where it is not there. */
type SeenBridge = SwitchPorts['bridge'];

/**
 * Makes the bridge of a host what it is to be, on condition that its ports are as they were seen, and returns once the switch
 * has followed. Throws RowsDiffer where they are not; InTheWay; OverlayUnavailable.
 */
export async function makeBridge(at: HostSwitch, seen: SwitchPorts, wanted: WantedBridge): Promise<void> {
  const changed = await changeBridge(at, seen, wanted);
  await changed.followed();
}

/**
 * As makeBridge, and returns once the database is as it is to be. The switch follows meanwhile; `followed` waits for that, and gives
 * the bridge as it was made.
 */
export async function changeBridge(
  at: HostSwitch,
  seen: SwitchPorts,
  wanted: WantedBridge,
): Promise<{ readonly followed: () => Promise<SeenBridge> }> {
  const operations = bridgeOperations(seen, wanted);
  const isChanged = operations.length > 0;
  if (isChanged)
    await at.database.transact([guardOf(wanted.name, seen.bridge?.row), ...operations, raiseConfig(seen)]);
  const followed = async (): Promise<SeenBridge> => {
    if (isChanged) await follow(at);
    const isListening = await listen(at, seen);
    if (!isChanged && !isListening) return seen.bridge;
    at.forgetOpenFlow();
    return madeBridge(at);
  };
  return { followed };
}

/**
 * Lets the bridge speak OpenFlow where somebody ended that, or the document names another place for it; true if it did not. The
 * database alone can still be told to.
 */
export async function letSpeak(at: HostSwitch, seen: SwitchStanding): Promise<boolean> {
  const operations = [
    ...speechOperations(seen, at.owner),
    ...(seen.bridge === undefined ? [] : await listening(at, seen, seen.bridge)),
  ];
  if (operations.length === 0) return false;
  await at.database.transact([...operations, raiseConfig(seen)]);
  await follow(at);
  at.forgetOpenFlow();
  return true;
}

/**
 * Keeps the switch from forwarding by itself where somebody let it; true if it was let. It drops all flows and groups of a bridge as
 * that changes, those that were there by itself included.
 */
export async function keepSecure(at: HostSwitch, seen: SwitchStanding): Promise<boolean> {
  const { bridge } = seen;
  if (bridge === undefined || openings(bridge.row).length === 0) return false;
  await at.database.transact([...closingOperations(bridge.uuid), noteChange(bridge.uuid), raiseConfig(seen)]);
  await follow(at);
  return true;
}

/** Takes the bridge away, and leaves a mark in the database in its place, in one step. Throws RowsDiffer. */
export async function removeBridge(at: HostSwitch, seen: SwitchPorts, mark: MarkText): Promise<void> {
  const ids = new Map([...seen.root.row.external_ids, [emptiedKey(at.bridge), markWords(mark)]]);
  await at.database.transact([
    guardOf(at.bridge, seen.bridge?.row),
    ...removalOperations(seen),
    ...leftMark(seen, ids),
    raiseConfig(seen),
  ]);
  at.forgetOpenFlow();
  if (seen.bridge !== undefined) await follow(at);
}

/** Takes a bridge away that was made now, and was given nothing yet. Throws RowsDiffer where somebody changed it since. */
export async function takeBack(at: HostSwitch, made: SeenBridge): Promise<void> {
  const { root } = await readStanding(at.database, at.bridge);
  await at.database.transact([
    guardOf(at.bridge, made?.row),
    ...removalOperations({ root, bridge: made }),
    raiseConfig({ root, bridge: made }),
  ]);
}

/** Takes away the mark of a host that was empty and is no longer. Another change meanwhile keeps it, and does no harm. */
export async function forgetLeftMark(at: HostSwitch, { root }: SwitchStanding): Promise<void> {
  const key = emptiedKey(at.bridge);
  if (!root.row.external_ids.has(key)) return;
  await at.database.transact([
    mutateRows(switchTable, byUuid(root.uuid), [['external_ids', 'delete', setValue([key])]]),
  ]);
}

function leftMark({ root }: SwitchStanding, ids: ReadonlyMap<string, string>): OvsdbOperation[] {
  return [
    expectRows(switchTable, byUuid(root.uuid), {
      columns: ['external_ids'],
      rows: [{ external_ids: mapValue(root.row.external_ids) }],
    }),
    updateRows(switchTable, byUuid(root.uuid), { external_ids: mapValue(ids) }),
  ];
}

/** Changes the switch's database, and returns once the switch has followed. Throws OverlayUnavailable. */
export async function changeSwitch(
  at: HostSwitch,
  seen: SwitchStanding,
  operations: readonly OvsdbOperation[],
): Promise<void> {
  await at.database.transact([...operations, raiseConfig(seen)]);
  await follow(at);
}

function raiseConfig({ root }: SwitchStanding): OvsdbOperation {
  return mutateRows(switchTable, byUuid(root.uuid), [['next_cfg', '+=', 1]]);
}

/** Lets a bridge that was just made, or changed, take OpenFlow where the host's document says; true if that was new. */
async function listen(at: HostSwitch, seen: SwitchStanding): Promise<boolean> {
  if (at.openFlowAddress === undefined) return false;
  const standing = await readStanding(at.database, at.bridge);
  if (standing.bridge === undefined) return false;
  const operations = await listening(at, standing, standing.bridge);
  if (operations.length === 0) return false;
  await at.database.transact([...operations, raiseConfig(seen)]);
  await follow(at);
  return true;
}

async function listening(
  at: HostSwitch,
  standing: SwitchStanding,
  { uuid, row }: NonNullable<SwitchStanding['bridge']>,
): Promise<OvsdbOperation[]> {
  const rows = await readControllers(at, standing);
  const operations = listenOperations(at, uuid, listenersOf(at, { referred: row.controller, rows }));
  return operations.length === 0 ? [] : [...operations, noteChange(uuid)];
}

/** Takes away where the bridge took OpenFlow by what the document said before. */
export async function tidyListeners(at: HostSwitch, seen: SwitchStanding): Promise<void> {
  const { bridge } = seen;
  if (bridge === undefined) return;
  const rows = await readControllers(at, seen);
  const found = listenersOf(at, { referred: bridge.row.controller, rows });
  const operations = tidyOperations(at, bridge.uuid, found);
  if (operations.length === 0) return;
  await at.database.transact([...operations, noteChange(bridge.uuid), raiseConfig(seen)]);
}

/** The bridge, once the switch made it. Throws OverlayUnavailable where it did not, or did not make a tunnel of it. */
async function madeBridge(at: HostSwitch): Promise<SeenBridge> {
  const [bridges, interfaces] = await Promise.all([
    at.database.select(bridgeTable, byName(at.bridge)),
    // A host may have thousands of ports, and few of a type.
    at.database.select(interfaceTable, [
      ['external_ids', 'includes', mapValue([[ownerKey, at.bridge]])],
      ['type', '!=', ''],
    ]),
  ]);
  const [made] = Array.from(bridges, ([uuid, row]) => ({ uuid, row }));
  if (made?.row.datapath_id === undefined)
    throw new OverlayUnavailable(
      `the switch of host ${at.host} did not make ${at.bridge} with its datapath (${made?.row.datapath_type ?? ''}): see the log of ovs-vswitchd`,
    );
  for (const { type, name, error } of interfaces.values())
    if (error !== undefined)
      throw new OverlayUnavailable(
        `the switch of host ${at.host} did not make the port ${name} for tunnels of ${type}: ${foundText(error, 300)}`,
      );
  return made;
}
