import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Quarantine } from '../../../projections/intended/quarantine.ts';
import { deltaOf, isEmpty, objectsAfter, type Delta } from '../../overlay/delta.ts';
import { fenceOf } from '../../overlay/fence.ts';
import type { HostChange, OverlayDriver } from '../../overlay/port.ts';
import { restrictionsOn } from '../plan/restrict-first.ts';
import { driftedHosts, foundWords, readWhole, type WholeReading } from './read-hosts.ts';

/** The objects on a host, and the changes that it would need. */
export interface HostInspection {
  readonly host: string;
  /** In words: `plan 4`, `nothing`, the fault of its objects, or the reason for which it could not be read. */
  readonly found: string;
  /** True if that differs from its acknowledgement. */
  readonly drifted: boolean;
  /** The objects that differ from those of the last plan; null where none do, or that is not known. */
  readonly differs: Delta | null;
  /** The reason for which it would refuse its objects, in words; null if it would not. */
  readonly refuses: string | null;
  readonly put: readonly string[];
  readonly removed: readonly string[];
}

/** Reads a shard's hosts and compares them with a set of objects. Changes nothing. */
export async function inspectShard(
  driver: OverlayDriver,
  of: {
    hosts: readonly string[];
    applied: AppliedShard;
    desired: readonly OverlayObject[];
    quarantine: Quarantine;
  },
): Promise<HostInspection[]> {
  const readings = await readWhole(driver, of.hosts, of.applied);
  const delta = deltaOf(of.applied.objects, of.desired);
  const target = { plan: nextPlan(of, delta), history: of.applied.digests };
  const drifted = new Set(driftedHosts(of.applied, readings).map(({ host }) => host));
  return Array.from(readings, ([host, reading]) => {
    const { put, removed } = needOf(reading, { ...of, delta });
    const refuses = refusalWords(host, reading, target);
    const words = wordsOf(reading);
    const differs = drifted.has(host) ? differenceOf(of.applied, reading) : null;
    return { host, found: words, drifted: drifted.has(host), differs, refuses, put: put.map(keyOf), removed };
  });
}

/** What a host would need by what was found there. Most hold the planned set, whose `delta` is worked out once. */
function needOf(
  reading: WholeReading,
  { applied, desired, delta }: { applied: AppliedShard; desired: readonly OverlayObject[]; delta: Delta },
): Delta {
  if (reading.kind !== 'objects') return deltaOf(new Map(), desired);
  return isEmpty(reading.delta) ? delta : deltaOf(objectsAfter(applied.objects, reading.delta), desired);
}

/** The objects of earlier plans are not kept: of those it is only known that they differ. */
function differenceOf({ plan }: AppliedShard, reading: WholeReading): Delta | null {
  return reading.kind === 'objects' && reading.mark.plan === plan ? reading.delta : null;
}

/** The number of the last plan that would lead a shard there: what only takes away has a plan of its own. */
function nextPlan(
  { applied, quarantine }: { applied: AppliedShard; quarantine: Quarantine },
  delta: Delta,
): number {
  const restrictions = restrictionsOn(applied.objects, { delta, quarantine });
  const sizeOf = ({ put, removed }: Delta): number => put.length + removed.length;
  const plans = [sizeOf(restrictions), sizeOf(delta) - sizeOf(restrictions)].filter((size) => size > 0);
  return applied.plan + plans.length;
}

function refusalWords(
  host: string,
  reading: WholeReading,
  target: Pick<HostChange, 'plan' | 'history'>,
): string | null {
  if (reading.kind === 'foreign') return reading.fault.message;
  if (reading.kind !== 'objects') return null;
  return fenceOf(host, reading.mark, target)?.message ?? null;
}

function wordsOf(reading: WholeReading): string {
  switch (reading.kind) {
    case 'away':
      return reading.problem;
    default:
      return foundWords(reading);
  }
}
