import { createHash } from 'node:crypto';
import type { BindingObject } from '../../../../events/overlay-objects.ts';
import { OverlayUnavailable } from '../../faults.ts';
import { bindingKey, type OwnPort } from './own-ports.ts';

/** Numbers of ports on a bridge: tunnels have the first ones, and ports that others add begin at the lowest. */
const ofports = { first: 0x100, last: 0x7fff };

/** Zones of ours are in the upper half: others of a switch count up from 1. */
const zones = { first: 0x8000, last: 0xffff };

interface WiredBridge {
  /** Ports of ours by device, as they are. */
  readonly ports: ReadonlyMap<string, OwnPort>;
  /** Numbers of ports that others have on the bridge. */
  readonly takenOfports: ReadonlySet<number>;
  /** Zones that interfaces of the switch have which are not among `ports`. */
  readonly takenZones: ReadonlySet<number>;
}

interface BindingsToWire {
  /** The bindings of the host in the set that is to come. */
  readonly after: readonly BindingObject[];
  /** The key by which the device has the zone that a binding goes on with (`keyGoneOnWith`); undefined where it gets a new one. */
  readonly keptKey: (binding: BindingObject) => string | undefined;
  /**
   * Whether the set before is known. If not, a zone is not kept that has the key of another binding too, as a change leaves it that was
   * broken off: that one may have had an address which is lost.
   */
  readonly isLed: boolean;
  /** Makes the choice of zones another one each time, so that one that was just given up is hardly taken again. */
  readonly seed: string;
}

/** Ports by device. */
export interface WiringPlan {
  /** While the change is under way: what is there, and what is to come. */
  readonly during: ReadonlyMap<string, OwnPort>;
  /** Once flows name nothing else. */
  readonly after: ReadonlyMap<string, OwnPort>;
  /** Zones that were chosen now: connections of others may be in them. */
  readonly newZones: readonly number[];
}

/** Chooses numbers and zones for the ports of a host. Throws OverlayUnavailable where none is left. */
export function planWiring(
  { ports, takenOfports, takenZones }: WiredBridge,
  wanted: BindingsToWire,
): WiringPlan {
  const usedOfports = new Set([...takenOfports, ...Array.from(ports.values(), ({ ofport }) => ofport)]);
  const ownZones = Array.from(ports.values()).flatMap((port) => [...new Set(port.zones.values())]);
  const usedZones = new Set([...takenZones, ...ownZones]);
  const shared = sharedZones([...takenZones, ...ownZones]);
  const during = new Map(ports);
  const after = new Map<string, OwnPort>();
  const newZones: number[] = [];
  // None below the last that was chosen is free.
  let lastOfport = ofports.first - 1;
  for (const binding of wanted.after) {
    const key = bindingKey(binding);
    const old = ports.get(binding.interface);
    const former = old?.zones.get(wanted.keptKey(binding) ?? '');
    const isOthersToo = shared.has(former ?? 0) || (!wanted.isLed && keysOf(old, former) > 1);
    const kept = isOthersToo ? undefined : former;
    const zone = kept ?? freeZone(usedZones, `${wanted.seed}/${key}`);
    if (kept === undefined) newZones.push(zone);
    usedZones.add(zone);
    const ofport = old?.ofport ?? freeOfport(usedOfports, lastOfport + 1);
    if (old === undefined) lastOfport = ofport;
    usedOfports.add(ofport);
    const { interface: name, endpoint } = binding;
    after.set(name, { name, endpoint, ofport, zones: new Map([[key, zone]]) });
    during.set(name, { name, endpoint, ofport, zones: new Map([...(old?.zones ?? []), [key, zone]]) });
  }
  return { during, after, newZones };
}

/** How many bindings of a device have a zone. */
function keysOf(port: OwnPort | undefined, zone: number | undefined): number {
  return [...(port?.zones.values() ?? [])].filter((one) => one === zone).length;
}

/** Zones that more than one device has: somebody wrote them there, and connections of one would be taken for those of another. */
export function sharedZones(zonesInUse: Iterable<number>): ReadonlySet<number> {
  const [seen, shared] = [new Set<number>(), new Set<number>()];
  for (const zone of zonesInUse) (seen.has(zone) ? shared : seen).add(zone);
  return shared;
}

/** Whether nothing is there while the change is under way that goes when it is over. */
export function isFinal({ during, after }: WiringPlan): boolean {
  return (
    during.size === after.size &&
    Array.from(during.values()).every(({ name, zones: { size } }) => after.get(name)?.zones.size === size)
  );
}

function freeOfport(used: ReadonlySet<number>, first: number): number {
  for (let ofport = first; ofport <= ofports.last; ofport++) if (!used.has(ofport)) return ofport;
  throw new OverlayUnavailable('no number is left for another port of the bridge');
}

function freeZone(used: ReadonlySet<number>, seed: string): number {
  const count = zones.last - zones.first + 1;
  const start = createHash('sha256').update(seed).digest().readUInt16BE(0) % count;
  for (let step = 0; step < count; step++) {
    const zone = zones.first + ((start + step) % count);
    if (!used.has(zone)) return zone;
  }
  throw new OverlayUnavailable('no zone is left for the connections of another port');
}
