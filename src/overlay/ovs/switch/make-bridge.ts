import type { OvsdbOperation } from '../ovsdb/operations.ts';
import { byUuid, expectRows, insertRow, mutateRows, updateRows } from '../ovsdb/operations.ts';
import { bridgeTable, switchTable } from '../ovsdb/tables.ts';
import { mapValue, namedUuidAtom, setValue } from '../ovsdb/wire.ts';
import { foundText } from '../../../runtime/found-text.ts';
import { OverlayUnavailable } from '../../faults.ts';
import { bridgeOperations, guardOf, removalOperations, type WantedBridge } from './bridge-change.ts';
import { emptiedKey } from './host-mark.ts';
import type { HostSwitch } from './host-switch.ts';
import { markWords, type MarkText } from './mark.ts';
import { ownerKey } from './own-ports.ts';
import {
  bridgeControllerTable,
  byName,
  controllerTable,
  portsOfBridge,
  readSwitchPorts,
  type SwitchPorts,
  type SwitchStanding,
} from './switch-view.ts';

/** How long the switch is left alone before it is asked again whether it has followed, at first and at most, in milliseconds. */
const pollMs = { first: 2, most: 100 };

/** How long a switch may take to follow its database, in milliseconds. */
const followMsMax = 30_000;

/**
 * Makes the bridge of a host what it is to be, on condition that its ports are as they were seen, and returns once the switch
 * has followed. Throws RowsDiffer where they are not; InTheWay; OverlayUnavailable.
 */
export async function makeBridge(
  at: HostSwitch,
  seen: SwitchPorts,
  wanted: WantedBridge,
): Promise<SwitchPorts> {
  const operations = bridgeOperations(seen, wanted);
  if (operations.length > 0) {
    await at.database.transact([guardOf(wanted.name, seen.bridge?.row), ...operations, raiseConfig(seen)]);
    await follow(at);
  }
  const isListening = await listen(at, seen);
  if (operations.length === 0 && !isListening) return seen;
  at.forgetOpenFlow();
  const made = await readSwitchPorts(at.database, wanted.name);
  requireMade(at, made);
  return made;
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

function raiseConfig({ root }: SwitchStanding): OvsdbOperation {
  return mutateRows(switchTable, byUuid(root.uuid), [['next_cfg', '+=', 1]]);
}

/** Returns once ovs-vswitchd has taken what the database says. Throws OverlayUnavailable where that takes too long. */
async function follow(at: HostSwitch): Promise<void> {
  const startMs = at.clock.elapsedMs();
  let asked: number | undefined;
  for (let waitMs = pollMs.first; ; waitMs = Math.min(2 * waitMs, pollMs.most)) {
    for (const root of (await at.database.select(switchTable)).values()) {
      asked ??= root.next_cfg;
      if (root.cur_cfg >= asked) return;
    }
    if (at.clock.elapsedMs() - startMs > followMsMax)
      throw new OverlayUnavailable(
        `ovs-vswitchd of host ${at.host} does not take what its database says: it is not running, or is stuck`,
      );
    await at.clock.sleep(waitMs);
  }
}

/** The passive place that belongs to an active address. */
function passive(address: string): string {
  const tls = /^ssl:(.*):(\d+)$/.exec(address);
  return tls === null ? `p${address}` : `pssl:${tls[2] ?? ''}:${tls[1] ?? ''}`;
}

/** Lets the bridge take OpenFlow where the host's document says; true if that was new. */
async function listen(at: HostSwitch, seen: SwitchStanding): Promise<boolean> {
  if (at.openFlowAddress === undefined) return false;
  const target = passive(at.openFlowAddress);
  const [bridge] = await at.database.select(bridgeControllerTable, byName(at.bridge));
  const known = await at.database.select(controllerTable, [['target', '==', target]]);
  if (bridge === undefined || [...bridge[1].controller].some((uuid) => known.has(uuid))) return false;
  await at.database.transact([
    insertRow(
      controllerTable,
      { target, connection_mode: 'out-of-band' },
      { kind: 'named', name: 'listener' },
    ),
    mutateRows(bridgeTable, byUuid(bridge[0]), [
      ['controller', 'insert', setValue([namedUuidAtom('listener')])],
    ]),
    raiseConfig(seen),
  ]);
  await follow(at);
  return true;
}

/** Throws OverlayUnavailable where the switch did not make the bridge, or a tunnel of it. */
function requireMade(at: HostSwitch, made: SwitchPorts): void {
  const row = made.bridge?.row;
  if (row?.datapath_id === undefined)
    throw new OverlayUnavailable(
      `the switch of host ${at.host} did not make ${at.bridge} with its datapath (${row?.datapath_type ?? ''}): see the log of ovs-vswitchd`,
    );
  for (const { interfaces } of portsOfBridge(made, row).values())
    for (const {
      row: { type, name, error, external_ids: ids },
    } of interfaces)
      if (error !== undefined && type !== '' && ids.get(ownerKey) === at.bridge)
        throw new OverlayUnavailable(
          `the switch of host ${at.host} did not make the port ${name} for tunnels of ${type}: ${foundText(error, 300)}`,
        );
}
