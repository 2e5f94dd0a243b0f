import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';

/** A host was read and found empty. */
export function drift(host: string, shard = 'east'): DomainEvent {
  const expected = 'e'.repeat(64);
  const data = { shard, host, plan: 1, expected, found: 'nothing' as const, put: [], removed: [] };
  return { type: 'DriftDetected', data };
}

/** What a host of a shard was found to hold instead of the set of a plan. */
export interface HeldInstead {
  readonly host: string;
  readonly shard?: string;
  readonly plan?: number;
  readonly acknowledged: readonly OverlayObject[];
  readonly found: readonly OverlayObject[];
}

/** A host was read, and holds another set: as events of one batch, each with some of the difference. */
export function foundInstead(
  { host, shard = 'east', plan = 1, acknowledged, found }: HeldInstead,
  parts = 1,
): DomainEvent[] {
  const [before, after] = [objectsByKey(acknowledged), objectsByKey(found)];
  const put = [...after].filter(
    ([key, object]) => JSON.stringify(before.get(key)) !== JSON.stringify(object),
  );
  const removed = [...before.keys()].filter((key) => !after.has(key));
  const isIn = (part: number) => (_: unknown, index: number) => index % parts === part;
  return Array.from({ length: parts }, (_, part) => ({
    type: 'DriftDetected',
    data: {
      ...{ shard, host, plan, expected: digestOfObjects(acknowledged), found: 'objects' },
      digest: digestOfObjects(after.values()),
      put: put.filter(isIn(part)).map(([, object]) => object),
      removed: removed.filter(isIn(part)),
    },
  }));
}

/** A host was read, and nobody can tell what it holds; or another ledger's objects. */
export function notTold(
  host: string,
  found: 'unreadable' | 'foreign',
  { shard = 'east', plan = 1 }: { shard?: string; plan?: number } = {},
): DomainEvent {
  const expected = 'e'.repeat(64);
  const data = { shard, host, plan, expected, found, problem: 'who knows', put: [], removed: [] };
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
