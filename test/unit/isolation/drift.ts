import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';

/** A host was read and found empty. */
export function drift(host: string, shard = 'east'): DomainEvent {
  const expected = 'e'.repeat(64);
  const data = { shard, host, plan: 1, expected, found: 'nothing' as const, put: [], removed: [] };
  return { type: 'DriftDetected', data };
}

/** A host was read back and found to hold a plan's objects again; `seenWhole`: when the whole of it was seen. */
export function corrected(
  host: string,
  objects: readonly OverlayObject[],
  of: { shard?: string; plan?: number; seenWhole?: string | null } = {},
): DomainEvent {
  const { shard = 'east', plan = 1, seenWhole = null } = of;
  return { type: 'DriftCorrected', data: { shard, host, plan, digest: digestOfObjects(objects), seenWhole } };
}
