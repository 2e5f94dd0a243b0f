import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import { deltaOf, isEmpty, objectsAfter, type Delta } from '../../overlay/delta.ts';
import { fenceOf } from '../../overlay/fence.ts';
import { Fenced } from '../../overlay/faults.ts';
import type { Mark, OverlayDriver } from '../../overlay/port.ts';
import { restrictionsOn } from '../plan/restrict-first.ts';
import { driftedHosts, foundWords, readWhole, type HostContents, type WholeReading } from './read-hosts.ts';

type Away = Extract<WholeReading, { kind: 'away' }>;

/** The objects on a host, and the changes that it would need. Of one that could not be read neither is known: null. */
export interface HostInspection {
  readonly host: string;
  /** In words: `plan 4`, `nothing`, the fault of its objects, or the reason for which it could not be read. */
  readonly found: string;
  /** True if that differs from its acknowledgement; null if it could not be read. */
  readonly drifted: boolean | null;
  /** The objects that differ from those of the last plan; null where none do, or that is not known. */
  readonly differs: Delta | null;
  /** Those that are missing of them, whole. */
  readonly lacks: ReadonlyMap<string, OverlayObject>;
  /** The reason for which it would refuse its objects, in words; null if it would not. */
  readonly refuses: string | null;
  readonly put: readonly string[] | null;
  readonly removed: readonly string[] | null;
}

/** Reads a shard's hosts and compares them with a set of objects. Changes nothing. */
export async function inspectShard(
  driver: OverlayDriver,
  of: {
    hosts: readonly string[];
    applied: AppliedShard;
    desired: readonly OverlayObject[];
    intended: Intended;
  },
): Promise<HostInspection[]> {
  const readings = await readWhole(driver, of.hosts, of.applied);
  const delta = deltaOf(of.applied.objects, of.desired);
  const target = { plan: nextPlan(of, delta), history: of.applied.digests, last: of.applied.plan };
  const drifted = new Set(driftedHosts(of.applied, readings).map(({ host }) => host));
  return Array.from(readings, ([host, reading]) => {
    if (reading.kind === 'away') return awayHost(host, reading);
    const { put, removed } = needOf(reading, { ...of, delta });
    const refuses = refusalWords(host, reading, target);
    const words = foundWords(reading);
    const differs = drifted.has(host) ? differenceOf(of.applied, reading) : null;
    const lacks = new Map([...of.applied.objects].filter(([key]) => differs?.removed.includes(key) === true));
    const told = { host, found: words, drifted: drifted.has(host), differs, lacks, refuses };
    return { ...told, put: put.map(keyOf), removed };
  });
}

function awayHost(host: string, { problem: found }: Away): HostInspection {
  const unknown = { drifted: null, differs: null, refuses: null, put: null, removed: null };
  return { host, found, lacks: new Map(), ...unknown };
}

/** The plan that hosts would be given, and what the ledger knows of the plans so far, the last of which is `last`. */
interface Target {
  readonly plan: number;
  readonly history: ReadonlyMap<number, string>;
  readonly last: number;
}

/** A retired host that is still to be emptied, and what is there. */
export interface LeavingInspection {
  readonly host: string;
  /** In words, as of a host that is there to stay. */
  readonly found: string;
  /** False if it could not be read. */
  readonly known: boolean;
  /** The reason for which it would refuse to be emptied, in words; null if it would not. */
  readonly refuses: string | null;
}

/** Reads the retired hosts of a shard that are still to be emptied. Changes nothing. */
export async function inspectLeaving(
  driver: OverlayDriver,
  applied: AppliedShard,
): Promise<LeavingInspection[]> {
  const readings = await readWhole(driver, [...applied.leavingHosts], applied);
  return Array.from(readings, ([host, reading]) => ({
    host,
    found: reading.kind === 'away' ? reading.problem : foundWords(reading),
    known: reading.kind !== 'away',
    // It is emptied under whatever plan it is marked with: only what is not of this shard is left alone.
    refuses:
      reading.kind === 'foreign'
        ? reading.fault.message
        : reading.kind === 'unreadable'
          ? ofAnotherWords(host, reading, { plan: Math.max(applied.plan, 1) })
          : null,
  }));
}

/** What a host would need by what was found there. Most hold the planned set, whose `delta` is worked out once. */
function needOf(
  reading: HostContents,
  { applied, desired, delta }: { applied: AppliedShard; desired: readonly OverlayObject[]; delta: Delta },
): Delta {
  if (reading.kind !== 'objects') return deltaOf(new Map(), desired);
  return isEmpty(reading.delta) ? delta : deltaOf(objectsAfter(applied.objects, reading.delta), desired);
}

/** The objects of earlier plans are not kept: of those it is only known that they differ. */
function differenceOf({ plan }: AppliedShard, reading: HostContents): Delta | null {
  return reading.kind === 'objects' && reading.mark.plan === plan ? reading.delta : null;
}

/** The number of the last plan that would lead a shard there: what only takes away has a plan of its own. */
function nextPlan(
  {
    applied,
    intended,
    desired,
  }: { applied: AppliedShard; intended: Intended; desired: readonly OverlayObject[] },
  delta: Delta,
): number {
  const restrictions = restrictionsOn(applied, { delta, intended });
  // What is taken away first may have to be put again elsewhere.
  const rest = isEmpty(restrictions) ? delta : deltaOf(objectsAfter(applied.objects, restrictions), desired);
  return applied.plan + [restrictions, rest].filter((plan) => !isEmpty(plan)).length;
}

function refusalWords(host: string, reading: HostContents, target: Target): string | null {
  switch (reading.kind) {
    case 'foreign':
      return reading.fault.message;
    case 'unreadable':
      return ofAnotherWords(host, reading, target);
    case 'objects':
      return fenceAhead(host, reading.mark, target)?.message ?? null;
    case 'nothing':
      return null;
  }
}

function ofAnotherWords(
  host: string,
  { ofAnother }: Extract<WholeReading, { kind: 'unreadable' }>,
  { plan }: { plan: number },
): string | null {
  return ofAnother === undefined ? null : new Fenced({ host, plan, held: ofAnother, is: 'shard' }).message;
}

/** As fenceOf, where the plans from `last` on are not made yet: a host that is marked with one of those has it from elsewhere. */
function fenceAhead(
  host: string,
  { plan: held, digest }: Mark,
  { plan, history, last }: Target,
): Fenced | undefined {
  if (held <= last || held > plan) return fenceOf(host, { plan: held, digest }, { plan, history });
  return new Fenced({ host, plan, held, is: 'another' });
}
