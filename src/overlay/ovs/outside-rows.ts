import { isDeepStrictEqual } from 'node:util';
import type { SwitchChange } from './ovsdb/monitored-switch.ts';
import type { BridgeRow, InterfaceRow } from './ovsdb/tables.ts';
import { changeKey } from './switch/bridge-change.ts';
import { emptiedKey } from './switch/host-mark.ts';
import { ownerKey } from './switch/own-ports.ts';

/**
 * What one transaction of a switch's database changed of a bridge of ours and its ports, in words: nothing where a driver did that, who
 * notes at the bridge each change of its ports. What the switch itself says of them does not count.
 */
export function changesByOthers(changes: readonly SwitchChange[], bridge: string): string[] {
  return changes.some((change) => isNoted(change, bridge))
    ? []
    : changes.flatMap((change) => wordsOf(change, bridge) ?? []);
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
    case 'Open_vSwitch': {
      // The mark of a host that was empty is taken away behind a change that gave it another.
      const left = change.after?.external_ids.get(emptiedKey(bridge));
      const isNew = left !== undefined && left !== change.before?.external_ids.get(emptiedKey(bridge));
      return isNew ? 'the mark of a host without a bridge was changed' : undefined;
    }
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
  }
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

function asBridge(row: BridgeRow): unknown {
  return { ...row, datapath_id: undefined };
}

function asConfigured({ external_ids, name, ofport_request, options, type }: InterfaceRow): unknown {
  return { external_ids, name, ofport_request, options, type };
}
