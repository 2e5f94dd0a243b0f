import { isDeepStrictEqual } from 'node:util';
import type { SwitchChange } from './ovsdb/monitored-switch.ts';
import type { MonitoredBridgeRow, MonitoredInterfaceRow, MonitoredSwitchRow } from './ovsdb/tables.ts';
import { waitsForFlows } from './switch/settings.ts';
import { emptiedKey } from './switch/host-mark.ts';
import { readMarkWords } from './switch/mark.ts';
import { ownerKey } from './switch/own-ports.ts';
import { changeKey } from './switch/owner.ts';

/**
 * What one transaction of a switch's database changed of a bridge of ours and its ports, in words: nothing where a driver did that, who
 * notes at the bridge each change of its ports. What the switch itself says of them does not count.
 */
export function changesByOthers(changes: readonly SwitchChange[], bridge: string): string[] {
  return changes.some((change) => isNoted(change, bridge))
    ? []
    : changes.flatMap((change) => wordsOf(change, bridge) ?? []);
}

/**
 * Whether one transaction took a bridge of ours away and left the mark of a set without objects in its place, as its driver does last
 * when it empties a host: nothing is noted at a bridge that goes.
 */
export function isEmptied(changes: readonly SwitchChange[], bridge: string): boolean {
  const isGone = changes.some(
    (change) => change.table === 'Bridge' && change.after === undefined && nameOf(change) === bridge,
  );
  return isGone && changes.some((change) => leavesNothing(change, bridge));
}

function leavesNothing(change: SwitchChange, bridge: string): boolean {
  if (change.table !== 'Open_vSwitch') return false;
  const left = change.after?.external_ids.get(emptiedKey(bridge));
  return left !== undefined && readMarkWords(left)?.objects === 0;
}

function isNoted(change: SwitchChange, bridge: string): boolean {
  return (
    change.table === 'Bridge' &&
    change.after?.name === bridge &&
    change.after.external_ids.get(changeKey) !== change.before?.external_ids.get(changeKey)
  );
}

function wordsOf(change: SwitchChange, bridge: string): string | undefined {
  switch (change.table) {
    case 'Open_vSwitch':
      return wordsOfSwitch(change, bridge);
    case 'Bridge':
      return nameOf(change) === bridge && !isSame(change, asBridge)
        ? `bridge ${bridge} ${verbOf(change)}`
        : undefined;
    case 'Port':
      return isOurs(change, bridge) && !isSame(change, (row) => row)
        ? `port ${nameOf(change)} ${verbOf(change)}`
        : undefined;
    case 'Interface':
      return isOurs(change, bridge) && !isSame(change, asConfigured)
        ? `interface ${nameOf(change)} ${verbOf(change)}`
        : undefined;
    case 'Controller':
    case 'Manager': {
      // One that comes or goes is told by whose it is. Which bridge has one that is changed is not looked for.
      const [from, to] = [change.before?.target, change.after?.target];
      const isOther = from !== undefined && to !== undefined && from !== to;
      return isOther ? `${change.table.toLowerCase()} ${from} was changed` : undefined;
    }
  }
}

function wordsOfSwitch({ before, after }: RowChange<MonitoredSwitchRow>, bridge: string): string | undefined {
  // The mark of a host that was empty is taken away behind a change that gave it another.
  const left = after?.external_ids.get(emptiedKey(bridge));
  if (left !== undefined && left !== before?.external_ids.get(emptiedKey(bridge)))
    return 'the mark of a host without a bridge was changed';
  if (before === undefined || after === undefined) return undefined;
  const isSet = (row: MonitoredSwitchRow): unknown => [row.manager_options, waitsForFlows(row)];
  return isDeepStrictEqual(isSet(before), isSet(after)) ? undefined : 'settings of the switch were changed';
}

interface RowChange<Row> {
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

function nameOf({ before, after }: RowChange<{ readonly name: string }>): string {
  return after?.name ?? before?.name ?? '';
}

function isOurs(
  { before, after }: RowChange<{ readonly external_ids: ReadonlyMap<string, string> }>,
  bridge: string,
): boolean {
  return [before, after].some((row) => row?.external_ids.get(ownerKey) === bridge);
}

function isSame<Row>({ before, after }: RowChange<Row>, told: (row: Row) => unknown): boolean {
  return before !== undefined && after !== undefined && isDeepStrictEqual(told(before), told(after));
}

function verbOf({ before, after }: RowChange<unknown>): string {
  if (before === undefined) return 'came';
  return after === undefined ? 'went' : 'was changed';
}

function asBridge(row: MonitoredBridgeRow): unknown {
  return { ...row, datapath_id: undefined };
}

function asConfigured(row: MonitoredInterfaceRow): unknown {
  return {
    ...row,
    admin_state: undefined,
    error: undefined,
    link_state: undefined,
    mac_in_use: undefined,
    ofport: undefined,
  };
}
