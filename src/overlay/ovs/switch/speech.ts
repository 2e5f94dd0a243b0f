import { randomUUID } from 'node:crypto';
import { byUuid, mutateRows, updateRows, type OvsdbOperation } from '../ovsdb/operations.ts';
import { bridgeTable, type BridgeStanding, type SwitchRow } from '../ovsdb/tables.ts';
import { mapValue, setValue } from '../ovsdb/wire.ts';
import { changeKey, datapathKey, ledgerKey, shardKey, type BridgeOwner } from './owner.ts';
import type { SwitchStanding } from './switch-view.ts';

/** All versions up to the one that is used, so that whoever looks at the bridge with the switch's own tools can do so. */
export const protocols = ['OpenFlow10', 'OpenFlow11', 'OpenFlow12', 'OpenFlow13', 'OpenFlow14', 'OpenFlow15'];

/** Whether somebody took from a bridge the one version of OpenFlow in which it is asked. One that names none has all of them. */
export function isMute({ protocols: spoken }: BridgeStanding): boolean {
  return spoken.size > 0 && !spoken.has('OpenFlow15');
}

/**
 * The datapath that a bridge of ours was made with, where somebody gave it one that the switch does not have; undefined where it
 * stays as it is. What somebody chose of those that there are is left, and so is the kernel's where that is gone: whoever drives the
 * machine has to mend that.
 */
export function lostDatapath({ root, bridge }: SwitchStanding): string | undefined {
  const { datapath_types: types } = root.row;
  if (bridge === undefined || types.size === 0) return undefined;
  const now = bridge.row.datapath_type || kernelDatapath;
  if (types.has(now)) return undefined;
  const made =
    bridge.row.external_ids.get(datapathKey) ?? (now === kernelDatapath ? now : datapathAt(root.row));
  return made !== now && types.has(made) ? made : undefined;
}

const kernelDatapath = 'system';

/** What a new bridge is put on. */
export function datapathAt({ datapath_types: types }: SwitchRow): string {
  return types.has(kernelDatapath) ? kernelDatapath : 'netdev';
}

/** What a bridge of ours is on: what it was made with, as long as that was not noted. */
export function datapathOf({ root, bridge }: SwitchStanding): string {
  const now = bridge === undefined ? datapathAt(root.row) : bridge.row.datapath_type || kernelDatapath;
  return bridge?.row.external_ids.get(datapathKey) ?? now;
}

/** The operations that let a bridge of ours speak OpenFlow again: whatever else it is to be can be told only then. */
export function speechOperations(standing: SwitchStanding, { ledger, shard }: BridgeOwner): OvsdbOperation[] {
  const { bridge } = standing;
  const datapath = lostDatapath(standing);
  if (bridge === undefined || (!isMute(bridge.row) && datapath === undefined)) return [];
  const own = mapValue([
    [ledgerKey, ledger],
    [shardKey, shard],
  ]);
  const where = [...byUuid(bridge.uuid), ['external_ids', 'includes', own] as const];
  const spoken = { protocols: setValue(protocols) };
  return [
    updateRows(bridgeTable, where, datapath === undefined ? spoken : { ...spoken, datapath_type: datapath }),
    noteChange(bridge.uuid),
  ];
}

/** Says in a transaction that a driver of ours makes it: whoever watches the bridge hears of what others do. */
export function noteChange(bridge: string): OvsdbOperation {
  return mutateRows(bridgeTable, byUuid(bridge), [
    ['external_ids', 'delete', setValue([changeKey])],
    ['external_ids', 'insert', mapValue([[changeKey, randomUUID()]])],
  ]);
}
