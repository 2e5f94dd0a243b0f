import type { QosObject } from '../../../../events/overlay-objects.ts';
import type { SetModel } from '../pipeline/model.ts';
import { egressMeter, ingressMeter, type PortWiring, type Wiring } from '../pipeline/wiring.ts';
import type { OpenFlowConnection, Outgoing } from './openflow-connection.ts';
import {
  flushZoneBody,
  messageType,
  meterModBody,
  multipart,
  readMeters,
  type SwitchMeter,
} from './openflow-messages.ts';

/** The largest rate that a meter can have, in kilobits a second. */
const kilobitsMax = 0xffff_ffff;

/** Rates by the number of a meter, in kilobits a second. */
export type Meters = ReadonlyMap<number, number>;

/** The meters of a port with limits. */
export function metersOf(port: PortWiring, qos: Pick<QosObject, 'egress' | 'ingress'>): Map<number, number> {
  const meters = new Map<number, number>();
  if (qos.egress !== undefined) meters.set(egressMeter(port), kilobitsOf(qos.egress));
  if (qos.ingress !== undefined) meters.set(ingressMeter(port), kilobitsOf(qos.ingress));
  return meters;
}

/** The meters that the ports of some endpoints are to have for a set. */
export function limitsOf(
  model: Pick<SetModel, 'qos'>,
  { endpoints, wiring }: { endpoints: Iterable<string>; wiring: Wiring },
): Meters {
  const meters = new Map<number, number>();
  for (const endpoint of endpoints) {
    const [port, qos] = [wiring.portOf(endpoint), model.qos(endpoint)];
    if (port !== undefined && qos !== undefined)
      for (const [id, kilobits] of metersOf(port, qos)) meters.set(id, kilobits);
  }
  return meters;
}

/** The meters that a port may have, by its number. */
export function portMeters(ofport: number): number[] {
  const port = { ofport, zone: 0 };
  return [egressMeter(port), ingressMeter(port)];
}

/**
 * Limits that no meter can have are refused with their documents. One that comes from elsewhere is rounded down, to at least one
 * kilobit a second: it is never wider than what was asked for.
 */
function kilobitsOf(bits: string): number {
  const kilobits = BigInt(bits) / 1000n;
  if (kilobits > BigInt(kilobitsMax)) return kilobitsMax;
  return Math.max(1, Number(kilobits));
}

/** The meters of a bridge by number; undefined for one that is not as ours are. */
export async function readBridgeMeters(
  connection: OpenFlowConnection,
): Promise<ReadonlyMap<number, SwitchMeter['kilobits']>> {
  const found = await connection.ask(multipart.meters, readMeters);
  return new Map(found.map(({ id, kilobits }) => [id, kilobits]));
}

/** Sets meters that are missing or have another rate. Flows that name them come after that. */
export async function setMeters(
  connection: OpenFlowConnection,
  { found, wanted }: { found: ReadonlyMap<number, SwitchMeter['kilobits']>; wanted: Meters },
): Promise<void> {
  const changes = Array.from(wanted)
    .filter(([id, kilobits]) => found.get(id) !== kilobits)
    .map(([id, kilobits]): Outgoing => {
      const body = meterModBody(found.has(id) ? 'modify' : 'add', { id, kilobits });
      return { type: messageType.meterMod, body };
    });
  if (changes.length > 0) await connection.carryOut(changes);
}

/** Takes meters away that no flow names any more. Flows that name one go with it. */
export async function removeMeters(connection: OpenFlowConnection, ids: Iterable<number>): Promise<void> {
  const changes = Array.from(ids, (id): Outgoing => ({
    type: messageType.meterMod,
    body: meterModBody('delete', { id, kilobits: 0 }),
  }));
  if (changes.length > 0) await connection.carryOut(changes);
}

/** Forgets all connections of zones. */
export async function flushZones(connection: OpenFlowConnection, zones: readonly number[]): Promise<void> {
  if (zones.length === 0) return;
  await connection.carryOut(
    zones.map((zone): Outgoing => ({ type: messageType.experimenter, body: flushZoneBody(zone) })),
  );
}
