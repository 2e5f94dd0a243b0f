import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';

/** A host was read and found empty. */
export function drift(host: string, shard = 'east'): DomainEvent {
  const expected = 'e'.repeat(64);
  const data = { shard, host, plan: 1, expected, found: 'nothing' as const, put: [], removed: [] };
  return { type: 'DriftDetected', data };
}

/** A host was read back and found to hold a plan's objects again. */
export function corrected(
  host: string,
  objects: readonly OverlayObject[],
  { shard = 'east', plan = 1 }: { shard?: string; plan?: number } = {},
): DomainEvent {
  return { type: 'DriftCorrected', data: { shard, host, plan, digest: digestOfObjects(objects) } };
}
