import type { OverlayObject } from '../../events/overlay-objects.ts';
import { firstPort } from '../../src/overlay/ovs/pipeline/tables.ts';
import type { Wiring } from '../../src/overlay/ovs/pipeline/wiring.ts';

/** A wiring of the local ports of every host: numbered in the order in which their bindings come. */
export function wiringFor(objects: Iterable<OverlayObject>): Wiring {
  const endpoints = Array.from(objects).flatMap((object) =>
    object.kind === 'binding' ? [object.endpoint] : [],
  );
  const ports = new Map(
    endpoints.map((endpoint, index) => [endpoint, { ofport: firstPort + index, zone: 0x8000 + index }]),
  );
  return { portOf: (endpoint) => ports.get(endpoint) };
}
