import { z } from 'zod';
import type { OvsdbTable } from '../ovsdb/tables.ts';
import { mapValue, setValue, wireRow, type WireRow, type WireValue } from '../ovsdb/wire.ts';
import type { RowCondition } from '../ovsdb/operations.ts';
import type { HostSwitch } from './host-switch.ts';
import { ownerKey } from './own-ports.ts';
import { byName } from './switch-view.ts';

/**
 * What a column does that this house never sets: `packets` copies, changes or stops packets, or takes flows away; `beside` watches,
 * limits or changes what no flow of ours rests on.
 */
type SettingEffect = 'packets' | 'beside';

const none = setValue([]);

/** A column of what is ours, its value where nobody set it, and what another value does. All are there since Open vSwitch 2.17. */
const watched: readonly (readonly [
  table: 'Bridge' | 'Port' | 'Interface',
  column: string,
  unset: WireValue,
  effect: SettingEffect,
])[] = [
  ['Bridge', 'mirrors', none, 'packets'],
  ['Bridge', 'flow_tables', mapValue([]), 'packets'],
  ['Bridge', 'stp_enable', false, 'packets'],
  ['Bridge', 'rstp_enable', false, 'packets'],
  ['Bridge', 'netflow', none, 'beside'],
  ['Bridge', 'sflow', none, 'beside'],
  ['Bridge', 'ipfix', none, 'beside'],
  ['Bridge', 'auto_attach', none, 'beside'],
  ['Bridge', 'flood_vlans', none, 'beside'],
  ['Bridge', 'mcast_snooping_enable', false, 'beside'],
  ['Port', 'tag', none, 'packets'],
  ['Port', 'trunks', none, 'packets'],
  ['Port', 'cvlans', none, 'packets'],
  ['Port', 'vlan_mode', none, 'packets'],
  ['Port', 'bond_mode', none, 'packets'],
  ['Port', 'lacp', none, 'packets'],
  ['Port', 'protected', false, 'packets'],
  ['Port', 'qos', none, 'beside'],
  ['Port', 'mac', none, 'beside'],
  ['Interface', 'mac', none, 'beside'],
  ['Interface', 'ingress_policing_rate', 0, 'beside'],
];

/** What somebody else set at a bridge of ours or a port of it, in words. */
export interface OthersSettings {
  readonly packets: readonly string[];
  readonly beside: readonly string[];
}

/**
 * Asks for what is set alone, since a host may have thousands of ports: all columns in one request. Throws OverlayUnavailable.
 */
export async function readOthersSettings({ database, bridge }: HostSwitch): Promise<OthersSettings> {
  const answers = await database.selectEach(
    watched.map(([name, column, unset]) => ({
      table: tableWith(name, column),
      where: [...isOurs(name, bridge), [column, '!=', unset] as const],
    })),
  );
  const found: Record<SettingEffect, string[]> = { packets: [], beside: [] };
  for (const [index, [table, column, , effect]] of watched.entries())
    for (const row of answers[index]?.values() ?? [])
      found[effect].push(
        `${column}=${valueWords(row[column])} of ${table.toLowerCase()} ${valueWords(row['name'])}`,
      );
  return found;
}

function tableWith(name: string, column: string): OvsdbTable<string, WireRow> {
  return { name, row: wireRow, columns: { name: z.unknown(), [column]: z.unknown() } };
}

function isOurs(table: 'Bridge' | 'Port' | 'Interface', bridge: string): readonly RowCondition[] {
  return table === 'Bridge' ? byName(bridge) : [['external_ids', 'includes', mapValue([[ownerKey, bridge]])]];
}

/** As ovs-vsctl writes a value. */
function valueWords(value: WireValue | undefined): string {
  if (typeof value !== 'object') return String(value);
  switch (value[0]) {
    case 'set':
      return `[${value[1].map(valueWords).join(', ')}]`;
    case 'map':
      return `{${value[1].map(([key, held]) => `${valueWords(key)}=${valueWords(held)}`).join(', ')}}`;
    case 'uuid':
    case 'named-uuid':
      return value[1];
  }
}
