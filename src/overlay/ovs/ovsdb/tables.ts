import { z } from 'zod';
import {
  integerAtom,
  integerColumn,
  mapColumn,
  optionalColumn,
  referenceAtom,
  setColumn,
  textAtom,
  textColumn,
} from './columns.ts';

/** The database of a switch (ovs-vswitchd.conf.db(5)). */
export const databaseName = 'Open_vSwitch';

/** A table of that database, with the columns that are used and no others. */
export interface OvsdbTable<Name extends string, Row> {
  readonly name: Name;
  /** Reads a row. A column that is left out has the default of OVSDB: empty, 0. */
  readonly row: z.ZodType<Row>;
  readonly columns: Readonly<Record<string, z.ZodType>>;
}

function tableOf<Name extends string, Shape extends z.core.$ZodLooseShape>(
  name: Name,
  row: z.ZodObject<Shape, z.core.$strict> & { readonly shape: Readonly<Record<string, z.ZodType>> },
): OvsdbTable<Name, z.output<z.ZodObject<Shape, z.core.$strict>>> {
  return { name, row, columns: row.shape };
}

/** The one row of the switch itself. `nextCfg` is raised by whoever changes something, `cur_cfg` once the switch follows it. */
export const switchTable = tableOf(
  'Open_vSwitch',
  z.strictObject({
    bridges: setColumn(referenceAtom),
    cur_cfg: integerColumn(),
    datapath_types: setColumn(textAtom),
    external_ids: mapColumn(),
    iface_types: setColumn(textAtom),
    next_cfg: integerColumn(),
    other_config: mapColumn(),
    ovs_version: optionalColumn(textAtom),
  }),
);

/** What a bridge is, whatever is on it. */
const ofBridge = {
  datapath_id: optionalColumn(textAtom),
  datapath_type: textColumn(),
  external_ids: mapColumn(),
  fail_mode: optionalColumn(z.enum(['standalone', 'secure'])),
  name: textColumn(),
  other_config: mapColumn(),
  protocols: setColumn(textAtom),
};

export const bridgeTable = tableOf(
  'Bridge',
  z.strictObject({ ...ofBridge, ports: setColumn(referenceAtom) }),
);

/** The same rows without their ports, of which there may be thousands: each look at a mark reads one. */
export const bridgeStandingTable = tableOf('Bridge', z.strictObject(ofBridge));

export const portTable = tableOf(
  'Port',
  z.strictObject({
    external_ids: mapColumn(),
    interfaces: setColumn(referenceAtom),
    name: textColumn(),
  }),
);

/** What an interface was told to be. */
const configuration = {
  external_ids: mapColumn(),
  name: textColumn(),
  ofport_request: optionalColumn(integerAtom),
  options: mapColumn(),
  type: textColumn(),
};

/** `error` says why the switch could not make an interface; then `ofport` is -1. */
export const interfaceTable = tableOf(
  'Interface',
  z.strictObject({
    ...configuration,
    admin_state: optionalColumn(z.enum(['up', 'down'])),
    error: optionalColumn(textAtom),
    link_state: optionalColumn(z.enum(['up', 'down'])),
    mac_in_use: optionalColumn(textAtom),
    ofport: optionalColumn(integerAtom),
  }),
);

/** The same rows without what came of it: half of the columns, since each change of a host reads all interfaces of ours. */
export const configuredInterfaceTable = tableOf('Interface', z.strictObject(configuration));

export type SwitchRow = z.output<typeof switchTable.row>;
export type BridgeRow = z.output<typeof bridgeTable.row>;
export type BridgeStanding = z.output<typeof bridgeStandingTable.row>;
export type PortRow = z.output<typeof portTable.row>;
export type InterfaceRow = z.output<typeof interfaceTable.row>;
export type ConfiguredInterface = z.output<typeof configuredInterfaceTable.row>;
