import { digestOf } from '../../../../events/codec/canonical.ts';
import { tenantOf } from '../../../../events/names.ts';
import { keyOf, type BindingObject } from '../../../../events/overlay-objects.ts';
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
 * it only tells apart the bindings that one device had. An external keeps its zone whatever prefixes it has: they change
 * with those of every other external, it can send from none that it lost, and whose address an ICMP error tells about is
 * asked where it arrives (`pipeline/error-flows`).
 */
export function bindingKey(binding: BindingObject): string {
  const known = keys.get(binding);
  if (known !== undefined) return known;
  const { endpoint, vni, ips } = binding;
  const says = isOfExternal(binding)
    ? { external: endpoint, vni }
    : // As it was written when externals had such keys too: another one would end the connections of every port once.
      { endpoint, vni, ips: [...ips].sort(), except: [] };
  const key = digestOf(says).slice(0, 16);
  keys.set(binding, key);
  return key;
}

/** An endpoint's name has its tenant's before it. */
function isOfExternal({ endpoint }: BindingObject): boolean {
  return tenantOf(endpoint) === undefined;
}

/**
 * The key of the zone that a binding goes on with, of those that were in the set before: its own, or that of the same endpoint with
 * fewer addresses. An address that is lost ends the zone: an endpoint could tell of errors in a stream of whoever has it next.
 */
export function keyGoneOnWith(
  binding: BindingObject,
  before: ReadonlyMap<string, BindingObject>,
): string | undefined {
  const former = before.get(keyOf(binding));
  if (former === undefined) return undefined;
  const isWidened =
    former.vni === binding.vni &&
    former.interface === binding.interface &&
    former.ips.every((ip) => binding.ips.includes(ip));
  return isWidened || bindingKey(former) === bindingKey(binding) ? bindingKey(former) : undefined;
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
