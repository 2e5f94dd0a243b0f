import type { InterfaceRow } from './ovsdb/tables.ts';
import { defined } from '../../../events/codec/defined.ts';
import type { BindingObject, OverlayObject } from '../../../events/overlay-objects.ts';
import type { FoundBridge } from './found-bridge.ts';
import { reachedFromElsewhere } from './reached.ts';
import type { SetModel } from './pipeline/model.ts';
import { tables } from './pipeline/tables.ts';
import { egressMeter, ingressMeter, type PortWiring, type Wiring } from './pipeline/wiring.ts';
import { isOwnBridgePort, openings } from './switch/bridge-change.ts';
import { openFlowFlaws, ownNumbers } from './switch/openflow-settings.ts';
import { tunnelFlaws } from './switch/wanted-ports.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { metersOf } from './switch/meters.ts';
import { wiringOf } from './switch/own-ports.ts';
import { ownPortsOf, portsOfBridge, zonesOfInterface, type BridgePort } from './switch/switch-view.ts';
import { sharedZones } from './switch/wiring-plan.ts';

/** The ports of a host, as its set names them and as they are. */
export interface ComparedPorts {
  /** By which the flows of the set are to be compiled: also of ports that are gone, as far as the flows tell. */
  readonly wiring: Wiring;
  readonly differing: ReadonlyMap<string, OverlayObject | undefined>;
  /** What the bridge has otherwise than it was given, for which the own host stands among what differs, in words. */
  readonly settings: readonly string[];
  /** What cannot be said in objects, and what is foreign; both in words. */
  readonly problems: readonly string[];
  readonly foreign: readonly string[];
}

/** What the switch says of a device that is not there yet: it may come later. */
const missingDevice = /No such device/;

export function comparedPorts(
  at: HostSwitch,
  { model, found }: { model: SetModel; found: FoundBridge },
): ComparedPorts {
  const onBridge = portsOfBridge(found.seen, found.seen.bridge?.row);
  const own = Array.from(onBridge.values()).filter((port) => isOwnBridgePort(at.bridge, port));
  const others = Array.from(onBridge.values()).filter((port) => !isOwnBridgePort(at.bridge, port));
  const rows = new Map(own.flatMap(({ interfaces }) => interfaces.map(({ row }) => [row.name, row])));
  const local = [...model.bindings.ofHost(at.host)];
  const wired = wiringOf(ownPortsOf(rows.values(), at.bridge), local);
  const differing = new Map<string, OverlayObject | undefined>();
  const shared = sharedZones(Array.from(found.seen.interfaces.values()).flatMap(zonesOfInterface));
  for (const binding of local) {
    const port = wired.portOf(binding.endpoint);
    if (port === undefined || shared.has(port.zone) || !isInPlace(rows.get(binding.interface), port))
      differing.set(`binding/${binding.endpoint}`, undefined);
  }
  const wiring = withRecovered(wired, { local, found });
  const taken = ownNumbers(local.flatMap(({ endpoint }) => wiring.portOf(endpoint)?.ofport ?? []));
  const settings = strayedSettings(at, {
    ...{ own: model.host(at.host), hasPorts: local.length > 0 },
    ...{ rows, found, taken },
  });
  if (settings.length > 0) differing.set(`host/${at.host}`, undefined);
  for (const [key, object] of differingRates(model, { local, wiring, found }))
    if (!differing.has(key)) differing.set(key, object);
  return {
    wiring,
    differing,
    settings,
    problems: [
      ...others.flatMap((port) => standsInPlace(port, taken)),
      ...own.flatMap(joinedDevices),
      ...reachedFromElsewhere(at, model, found.seen),
    ],
    foreign: [
      ...others.map(({ port }) => `port ${port.name}`),
      ...found.otherGroups.map((id) => `group ${String(id)}`),
      ...troubles(rows.values()),
    ],
  };
}

/** What of the bridge is not as it was given: the tunnels of its host, what keeps out flows of the switch itself, where it listens. */
function strayedSettings(
  { bridge }: HostSwitch,
  of: {
    own: { readonly tunnelIp: string } | undefined;
    hasPorts: boolean;
    rows: ReadonlyMap<string, InterfaceRow>;
    found: FoundBridge;
    taken: ReadonlySet<number>;
  },
): string[] {
  const { own, hasPorts, rows, found, taken } = of;
  if (own === undefined) return [];
  return [
    ...(found.seen.bridge === undefined ? [] : openings(found.seen.bridge.row)),
    ...found.settings.own,
    ...openFlowFlaws(found.openFlow, { bridge, ofports: taken }),
    ...(hasPorts ? tunnelFlaws(bridge, own.tunnelIp, rows) : []),
  ];
}

/** Whether the port is as it has to be; a device that is not there yet has no number. */
function isInPlace(row: InterfaceRow | undefined, { ofport }: PortWiring): boolean {
  if (row === undefined || row.type !== '' || row.ofport_request !== ofport) return false;
  return row.ofport === undefined || row.ofport === -1 || row.ofport === ofport;
}

/**
 * The wiring with that of ports which are gone from the database, as the flows that were left behind tell it: what is sent
 * to a MAC address says the number, and the number says network and zone.
 */
function withRecovered(
  wired: Wiring,
  { local, found }: { local: readonly BindingObject[]; found: FoundBridge },
): Wiring {
  const lost = local.filter(({ endpoint }) => wired.portOf(endpoint) === undefined);
  if (lost.length === 0) return wired;
  const all = [...found.flows.readOurs().values()];
  const recovered = new Map<string, PortWiring>();
  for (const { endpoint, mac, vni } of lost)
    for (const { table, match, actions } of all) {
      if (table !== tables.output || mac === undefined || !actions.includes(`set_field:${mac}->eth_dst`))
        continue;
      const ofport = Number(/^reg6=(0x[0-9a-f]+)$/.exec(match)?.[1]);
      const classified = all.find(
        (flow) => flow.table === tables.classify && flow.match === `in_port=${String(ofport)}`,
      );
      const zone = Number(/->reg3,set_field:(0x[0-9a-f]+)->reg4/.exec(classified?.actions ?? '')?.[1]);
      const isOfNetwork = classified?.actions.includes(`set_field:0x${vni.toString(16)}->reg0`) === true;
      if (isOfNetwork && Number.isInteger(zone)) recovered.set(endpoint, { ofport, zone });
    }
  return { portOf: (endpoint) => wired.portOf(endpoint) ?? recovered.get(endpoint) };
}

/** The rates of a host's ports that are not as the set says, as objects with the rates that are there. */
function differingRates(
  model: SetModel,
  {
    local,
    wiring,
    found: { meters },
  }: { local: readonly BindingObject[]; wiring: Wiring; found: FoundBridge },
): [string, OverlayObject | undefined][] {
  return local.flatMap(({ endpoint }): [string, OverlayObject | undefined][] => {
    const [port, qos] = [wiring.portOf(endpoint), model.qos(endpoint)];
    if (port === undefined || qos === undefined) return [];
    const wanted = metersOf(port, qos);
    if (Array.from(wanted).every(([id, kilobits]) => meters.get(id) === kilobits)) return [];
    const rateAt = (meter: number, rate: string): string | undefined => {
      const kilobits = meters.get(meter);
      if (kilobits === wanted.get(meter)) return rate;
      return kilobits === undefined || kilobits === 0 ? undefined : `${String(kilobits)}000`;
    };
    const { egress, ingress } = qos;
    const rates = {
      egress: egress === undefined ? undefined : rateAt(egressMeter(port), egress),
      ingress: ingress === undefined ? undefined : rateAt(ingressMeter(port), ingress),
    };
    const isNone = rates.egress === undefined && rates.ingress === undefined;
    return [[`qos/${endpoint}`, isNone ? undefined : { kind: 'qos', endpoint, ...defined(rates) }]];
  });
}

/** A port of ours to which somebody gave a second device: packets of that come and go by its name. */
function joinedDevices({ port, interfaces }: BridgePort): string[] {
  const names = interfaces.map(({ row }) => row.name).sort();
  return names.length > 1 ? [`port ${port.name} has several devices: ${names.join(', ')}`] : [];
}

/** A port of others that has the number of one of ours would be taken for it. */
function standsInPlace({ port, interfaces }: BridgePort, taken: ReadonlySet<number>): string[] {
  return interfaces
    .filter(({ row }) => row.ofport !== undefined && taken.has(row.ofport))
    .map(
      ({ row }) => `port ${port.name}, which is not ours, has number ${String(row.ofport)} of one of ours`,
    );
}

/** Devices of ours that the switch cannot use, in its words. */
function troubles(rows: Iterable<InterfaceRow>): string[] {
  return Array.from(rows).flatMap(({ name, error }) =>
    error === undefined || missingDevice.test(error) ? [] : [`device ${name} cannot be used: ${error}`],
  );
}
