import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { deltaOf } from '../../overlay/delta.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import { driftedHosts, foundWords, readHosts, type Reading } from './read-hosts.ts';

/** The objects on a host, and the changes that it would need. */
export interface HostInspection {
  readonly host: string;
  /** In words: `plan 4`, `nothing`, the fault of its objects, or the reason for which it could not be read. */
  readonly found: string;
  /** True if that differs from its acknowledgement. */
  readonly drifted: boolean;
  readonly put: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Reads a shard's hosts and compares them with a set of objects. Changes nothing. Throws ForeignState if all hosts
 * are another ledger's.
 */
export async function inspectShard(
  driver: OverlayDriver,
  of: { hosts: readonly string[]; applied: AppliedShard; desired: readonly OverlayObject[] },
): Promise<HostInspection[]> {
  const readings = await readHosts(driver, of.hosts);
  const drifted = new Set(driftedHosts(of.applied, readings).map(({ host }) => host));
  return Array.from(readings, ([host, reading]) => {
    const found = reading.kind === 'objects' ? reading.state.objects : [];
    const before = objectsByKey(found);
    const { put, removed } = deltaOf(before, of.desired);
    const words = wordsOf(reading);
    return { host, found: words, drifted: drifted.has(host), put: put.map(keyOf), removed };
  });
}

function wordsOf(reading: Reading): string {
  switch (reading.kind) {
    case 'away':
      return reading.problem;
    case 'foreign':
      return reading.fault.message;
    default:
      return foundWords(reading);
  }
}
