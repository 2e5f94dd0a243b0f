import { z } from 'zod';
import { managerTable, type ManagerRow, type OvsdbTable, type SwitchRow } from '../ovsdb/tables.ts';
import { mapValue, setValue, wireRow, type WireRow, type WireValue } from '../ovsdb/wire.ts';
import type { RowCondition } from '../ovsdb/operations.ts';
import { inBandKey } from './bridge-change.ts';
import type { HostSwitch } from './host-switch.ts';
import { listenersOf, readControllers } from './listeners.ts';
import { ownerKey } from './own-ports.ts';
import { byName, readStanding } from './switch-view.ts';

/**
 * What a column does that this house never sets: `packets` copies, changes or stops packets, or takes flows away; `beside` watches,
 * limits or changes what no flow of ours rests on.
 */
type SettingEffect = 'packets' | 'beside';

const none = setValue([]);
const empty = mapValue([]);

/**
 * A column of what is ours, its value where nobody set it, and what another value does. All are there since Open vSwitch 2.17. The
 * design says of each other column why it is not among them.
 */
export const watchedSettings: readonly (readonly [
  table: 'Bridge' | 'Port' | 'Interface',
  column: string,
  unset: WireValue,
  effect: SettingEffect,
])[] = [
  ['Bridge', 'mirrors', none, 'packets'],
  ['Bridge', 'flow_tables', empty, 'packets'],
  ['Bridge', 'stp_enable', false, 'packets'],
  ['Bridge', 'rstp_enable', false, 'packets'],
  ['Bridge', 'other_config', mapValue([[inBandKey, 'true']]), 'beside'],
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
  ['Port', 'other_config', empty, 'beside'],
  ['Port', 'qos', none, 'beside'],
  ['Port', 'mac', none, 'beside'],
  ['Interface', 'bfd', empty, 'packets'],
  ['Interface', 'cfm_mpid', none, 'beside'],
  ['Interface', 'lldp', empty, 'beside'],
  ['Interface', 'mac', none, 'beside'],
  ['Interface', 'mtu_request', none, 'beside'],
  ['Interface', 'ingress_policing_rate', 0, 'beside'],
  ['Interface', 'ingress_policing_kpkts_rate', 0, 'beside'],
];

/** What somebody set at a bridge of ours, a port of it or its switch, in words. */
export interface OthersSettings {
  readonly packets: readonly string[];
  readonly beside: readonly string[];
  /** What is ours, and is not as a change would leave it. */
  readonly own: readonly string[];
}

/** Throws OverlayUnavailable. */
export async function readOthersSettings(at: HostSwitch): Promise<OthersSettings> {
  const [set, standing, managers] = await Promise.all([
    readWatched(at),
    readStanding(at.database, at.bridge),
    at.database.select(managerTable),
  ]);
  const { bridge, root } = standing;
  const rows = await readControllers(at, standing);
  const { ofOthers, left } = listenersOf(at, { referred: bridge?.row.controller ?? [], rows });
  // Whoever speaks OpenFlow with a bridge may change all of its flows, at any time.
  const listening = ({ row }: (typeof left)[number]): string =>
    `controller=${row.target} of bridge ${at.bridge}`;
  return {
    packets: [
      ...ofOthers.map(listening),
      ...(waitsForFlows(root.row) ? [`${waitKey}=true of its switch`] : []),
      ...set.packets,
    ],
    beside: [...set.beside, ...managersOf(at, managers.values())],
    own: left.map(listening),
  };
}

/** Asks for what is set alone, since a host may have thousands of ports: all columns in one request. */
async function readWatched({ database, bridge }: HostSwitch): Promise<Record<SettingEffect, string[]>> {
  const answers = await database.selectEach(
    watchedSettings.map(([name, column, unset]) => ({
      table: tableWith(name, column),
      where: [...isOurs(name, bridge), [column, '!=', unset] as const],
    })),
  );
  const found: Record<SettingEffect, string[]> = { packets: [], beside: [] };
  for (const [index, [table, column, , effect]] of watchedSettings.entries())
    for (const row of answers[index]?.values() ?? []) {
      const value = ofOthers(row[column]);
      if (value !== undefined)
        found[effect].push(
          `${column}=${valueWords(value)} of ${table.toLowerCase()} ${valueWords(row['name'])}`,
        );
    }
  return found;
}

/** A value without what is ours in it; undefined where nothing is left. */
function ofOthers(value: WireValue | undefined): WireValue | undefined {
  if (typeof value !== 'object' || value[0] !== 'map') return value;
  const pairs = value[1].filter(([key]) => key !== inBandKey);
  return pairs.length === 0 ? undefined : ['map', pairs];
}

/** While this is set, a switch takes no packet that it has not seen before: it waits for somebody who puts flows back. */
const waitKey = 'flow-restore-wait';

export function waitsForFlows({ other_config: config }: Pick<SwitchRow, 'other_config'>): boolean {
  return config.get(waitKey) === 'true';
}

/** Managers other than the way on which this host's database is reached: they may change everything there. */
function managersOf({ endpoints }: HostSwitch, managers: Iterable<ManagerRow>): string[] {
  const isOurs = (target: string): boolean =>
    endpoints.some((endpoint) =>
      endpoint.kind === 'unix'
        ? target === `punix:${endpoint.path}`
        : new RegExp(`^pssl:${String(endpoint.port)}(:|$)`).test(target),
    );
  return Array.from(managers, ({ target }) => target)
    .filter((target) => !isOurs(target))
    .map((target) => `manager=${target} of its switch`);
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
