import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import {
  appliedShard,
  emptyApplied,
  foldApplied,
  type AppliedShard,
  type OpenDrift,
} from '../../../projections/applied/applied.ts';
import { replay } from '../../ledger/replay.ts';
import type { Ledger } from '../../ledger/port.ts';
import { driftEvents, type HostContents } from '../../overlay/drift.ts';
import { OverlayUnavailable } from '../../overlay/faults.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import { ForeignState } from '../../runtime/errors.ts';

/**
 * What was found at a host (`foreign` where it holds another ledger's objects); `away` where it could not be read, with the
 * problem in words.
 */
export type Reading = HostContents | { readonly kind: 'away'; readonly problem: string };

/** What was found at each host of a shard. */
export type Readings = ReadonlyMap<string, Reading>;

/** Reads hosts one by one. */
export async function readHosts(driver: OverlayDriver, hosts: readonly string[]): Promise<Readings> {
  const readings = new Map<string, Reading>();
  for (const host of hosts) {
    try {
      readings.set(host, await driver.read(host));
    } catch (fault) {
      if (fault instanceof ForeignState) readings.set(host, { kind: 'foreign', fault });
      else if (fault instanceof OverlayUnavailable)
        readings.set(host, { kind: 'away', problem: fault.message });
      else throw fault;
    }
  }
  return readings;
}

/**
 * The faults of hosts that hold another ledger's objects, where all hosts do: then it is this ledger that is the wrong
 * one. Undefined where some host does not.
 */
export function allForeign(readings: Readings): ReadonlyMap<string, ForeignState> | undefined {
  const foreign = new Map<string, ForeignState>();
  for (const [host, reading] of readings) if (reading.kind === 'foreign') foreign.set(host, reading.fault);
  return foreign.size > 0 && foreign.size === readings.size ? foreign : undefined;
}

/** A host that does not hold what it acknowledged. */
export interface Drifted {
  readonly host: string;
  /** The plan that it acknowledged; 0 if it never acknowledged one. */
  readonly plan: number;
  readonly reading: HostContents;
}

/**
 * The hosts that hold something else than they acknowledged, or a later plan would have given them: somebody else
 * changed, damaged, emptied or took them over. A host that never acknowledged anything, or is to be emptied, may hold
 * nothing.
 */
export function driftedHosts(shard: AppliedShard, readings: Readings): Drifted[] {
  return Array.from(readings).flatMap(([host, reading]) => {
    if (reading.kind === 'away' || mayHold(shard, host, reading)) return [];
    return [{ host, plan: shard.hosts.get(host)?.plan ?? 0, reading }];
  });
}

function mayHold(shard: AppliedShard, host: string, reading: HostContents): boolean {
  const acknowledged = shard.hosts.get(host);
  const mayBeEmpty = acknowledged === undefined || shard.leavingHosts.has(host);
  if (reading.kind === 'nothing') return mayBeEmpty;
  if (reading.kind !== 'objects') return false;
  const { plan, digest, objects } = reading.state;
  if (mayBeEmpty && objects.length === 0) return true;
  if (shard.digests.get(plan) === digest) return plan >= (acknowledged?.plan ?? 0);
  // The digests of old plans are not kept, and a host that comes again may hold one of those.
  return acknowledged === undefined && plan <= shard.plan && !shard.digests.has(plan);
}

/** What was found at a host, in words. */
export function foundWords(reading: HostContents): string {
  switch (reading.kind) {
    case 'nothing':
      return 'nothing';
    case 'unreadable':
      return reading.problem;
    case 'foreign':
      return `objects of ledger ${reading.fault.ledger}`;
    case 'objects':
      return `a set of ${String(reading.state.objects.length)} objects that calls itself plan ${String(reading.state.plan)}`;
  }
}

/** Whether what was found now is what the ledger already says was found. */
export function isKnown(open: OpenDrift | undefined, reading: HostContents): boolean {
  return (
    open?.found === reading.kind &&
    open.digest === (reading.kind === 'objects' ? reading.state.digest : undefined)
  );
}

/** DriftDetected for one host, exact to the object: what it acknowledged is looked up in the ledger. */
export async function driftOf(
  ledger: Ledger,
  { shard, drifted }: { shard: string; drifted: Drifted },
): Promise<DomainEvent[]> {
  const { host, plan, reading } = drifted;
  const objects = await objectsOfPlan(ledger, { shard, plan });
  return driftEvents({ shard, host, plan, expected: digestOfObjects(objects.values()), objects }, reading);
}

/** The set of a plan that may no longer be the last one: folded from the ledger anew, since drift is rare. */
async function objectsOfPlan(
  ledger: Ledger,
  { shard, plan }: { shard: string; plan: number },
): Promise<ReadonlyMap<string, OverlayObject>> {
  const applied = emptyApplied();
  await replay(ledger, {
    onBatch: ({ entries }) => {
      for (const entry of entries) {
        if (entry.type === 'ChangePlanned' && entry.data.shard === shard && entry.data.plan <= plan)
          foldApplied(applied, entry);
      }
    },
  });
  return appliedShard(applied, shard).objects;
}
