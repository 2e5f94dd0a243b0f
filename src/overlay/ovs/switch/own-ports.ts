import { digestOf } from '../../../../events/codec/canonical.ts';
import type { BindingObject } from '../../../../events/overlay-objects.ts';
import type { PortWiring, Wiring } from '../pipeline/wiring.ts';

/** In `external_ids` of every row of ours: the name of the bridge that it belongs to. */
export const ownerKey = 'isoledger';

/** In `external_ids` of an interface: for whom it is there. Only people read it. */
export const endpointKey = 'isoledger-endpoint';

/** In `external_ids` of an interface: the zone of a binding, by what the binding says. */
export const zoneKeyPrefix = 'isoledger-zone-';

/** A port of ours, of an endpoint or external, as it is in the database of a switch or is to be there. */
export interface OwnPort {
  /** The device. */
  readonly name: string;
  readonly endpoint: string;
  readonly ofport: number;
  /**
   * The zones of the bindings that the device has, by what each says (bindingKey). While a change is under way there are two:
   * flows of the old set name one, flows of the new set the other.
   */
  readonly zones: ReadonlyMap<string, number>;
}

/**
 * What a zone belongs to. Where any of it changes, the connections of before are none of the new binding's. Short, since
 * it only tells apart the bindings that one device had.
 */
export function bindingKey(binding: BindingObject): string {
  const known = keys.get(binding);
  if (known !== undefined) return known;
  const { endpoint, vni, ips, except } = binding;
  const says = { endpoint, vni, ips: [...ips].sort(), except: [...(except ?? [])].sort() };
  const key = digestOf(says).slice(0, 16);
  keys.set(binding, key);
  return key;
}

/** Keys that were asked for: a host's bindings are asked for theirs several times in each change. */
const keys = new WeakMap<BindingObject, string>();

/** The wiring of a set's local bindings. One that has no port, or no zone there, is not wired. */
export function wiringOf(ports: ReadonlyMap<string, OwnPort>, bindings: Iterable<BindingObject>): Wiring {
  const wired = new Map<string, PortWiring>();
  for (const binding of bindings) {
    const port = ports.get(binding.interface);
    const zone = port?.zones.get(bindingKey(binding));
    if (port !== undefined && zone !== undefined) wired.set(binding.endpoint, { ofport: port.ofport, zone });
  }
  return { portOf: (endpoint) => wired.get(endpoint) };
}
