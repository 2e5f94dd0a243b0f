import { z } from 'zod';
import {
  integerAtom,
  integerColumn,
  mapColumn,
  optionalColumn,
  rawColumn,
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
const ofSwitch = {
  bridges: setColumn(referenceAtom),
  cur_cfg: integerColumn(),
  datapath_types: setColumn(textAtom),
  external_ids: mapColumn(),
  iface_types: setColumn(textAtom),
  next_cfg: integerColumn(),
  other_config: mapColumn(),
  ovs_version: optionalColumn(textAtom),
};

export const switchTable = tableOf('Open_vSwitch', z.strictObject(ofSwitch));

/** What a bridge is, whatever is on it. */
const ofBridge = {
  controller: setColumn(referenceAtom),
  datapath_id: optionalColumn(textAtom),
  datapath_type: textColumn(),
  external_ids: mapColumn(),
  fail_mode: optionalColumn(z.enum(['standalone', 'secure'])),
  name: textColumn(),
  other_config: mapColumn(),
  protocols: setColumn(textAtom),
};

const ofPorts = { ports: setColumn(referenceAtom) };

export const bridgeTable = tableOf('Bridge', z.strictObject({ ...ofBridge, ...ofPorts }));

/** The same rows without their ports, of which there may be thousands: each look at a mark reads one. */
export const bridgeStandingTable = tableOf('Bridge', z.strictObject(ofBridge));

/** Where a bridge takes connections of OpenFlow, or whom it connects to. */
export const controllerTable = tableOf(
  'Controller',
  z.strictObject({ external_ids: mapColumn(), target: textColumn() }),
);

/** Who manages a switch's database. */
export const managerTable = tableOf('Manager', z.strictObject({ target: textColumn() }));

const ofPort = {
  external_ids: mapColumn(),
  interfaces: setColumn(referenceAtom),
  name: textColumn(),
};

export const portTable = tableOf('Port', z.strictObject(ofPort));

/** What an interface was told to be. */
const configuration = {
  external_ids: mapColumn(),
  name: textColumn(),
  ofport_request: optionalColumn(integerAtom),
  options: mapColumn(),
  type: textColumn(),
};

/** What came of an interface. `error` says why the switch could not make it; then `ofport` is -1. */
const outcome = {
  admin_state: optionalColumn(z.enum(['up', 'down'])),
  error: optionalColumn(textAtom),
  link_state: optionalColumn(z.enum(['up', 'down'])),
  mac_in_use: optionalColumn(textAtom),
  ofport: optionalColumn(integerAtom),
};

export const interfaceTable = tableOf('Interface', z.strictObject({ ...configuration, ...outcome }));

/** The same rows without what came of it: half of the columns, since each change of a host reads all interfaces of ours. */
export const configuredInterfaceTable = tableOf('Interface', z.strictObject(configuration));

/** What is heard besides by whoever watches a switch: what others may set there (switch/settings.ts judges it). */
const settings = {
  Open_vSwitch: { manager_options: setColumn(referenceAtom) },
  Bridge: {
    auto_attach: rawColumn('one'),
    flood_vlans: rawColumn('set'),
    flow_tables: rawColumn('map'),
    ipfix: rawColumn('one'),
    mcast_snooping_enable: rawColumn('flag'),
    mirrors: rawColumn('set'),
    netflow: rawColumn('one'),
    rstp_enable: rawColumn('flag'),
    sflow: rawColumn('one'),
    stp_enable: rawColumn('flag'),
  },
  Port: {
    bond_mode: rawColumn('one'),
    cvlans: rawColumn('set'),
    lacp: rawColumn('one'),
    mac: rawColumn('one'),
    other_config: rawColumn('map'),
    protected: rawColumn('flag'),
    qos: rawColumn('one'),
    tag: rawColumn('one'),
    trunks: rawColumn('set'),
    vlan_mode: rawColumn('one'),
  },
  Interface: {
    bfd: rawColumn('map'),
    cfm_mpid: rawColumn('one'),
    ingress_policing_kpkts_rate: rawColumn('number'),
    ingress_policing_rate: rawColumn('number'),
    lldp: rawColumn('map'),
    mac: rawColumn('one'),
    mtu_request: rawColumn('one'),
  },
};

/** The tables as they are monitored. */
export const monitoredTables = {
  switches: tableOf('Open_vSwitch', z.strictObject({ ...ofSwitch, ...settings.Open_vSwitch })),
  bridges: tableOf('Bridge', z.strictObject({ ...ofBridge, ...ofPorts, ...settings.Bridge })),
  ports: tableOf('Port', z.strictObject({ ...ofPort, ...settings.Port })),
  interfaces: tableOf('Interface', z.strictObject({ ...configuration, ...outcome, ...settings.Interface })),
  controllers: controllerTable,
  managers: managerTable,
};

export type MonitoredSwitchRow = z.output<typeof monitoredTables.switches.row>;
export type MonitoredBridgeRow = z.output<typeof monitoredTables.bridges.row>;
export type MonitoredPortRow = z.output<typeof monitoredTables.ports.row>;
export type MonitoredInterfaceRow = z.output<typeof monitoredTables.interfaces.row>;

export type SwitchRow = z.output<typeof switchTable.row>;
export type BridgeRow = z.output<typeof bridgeTable.row>;
export type BridgeStanding = z.output<typeof bridgeStandingTable.row>;
export type ControllerRow = z.output<typeof controllerTable.row>;
export type ManagerRow = z.output<typeof managerTable.row>;
export type PortRow = z.output<typeof portTable.row>;
export type InterfaceRow = z.output<typeof interfaceTable.row>;
export type ConfiguredInterface = z.output<typeof configuredInterfaceTable.row>;
