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
import { driftEvents } from '../../overlay/drift.ts';
import { OverlayUnavailable } from '../../overlay/faults.ts';
import type { HostReading, OverlayDriver } from '../../overlay/port.ts';
import { ForeignState } from '../../runtime/errors.ts';

/**
 * What was found at a host; `away` where it could not be read, with the problem in words; `foreign` where it holds
 * another ledger's objects.
 */
export type Reading =
  | HostReading
  | { readonly kind: 'away'; readonly problem: string }
  | { readonly kind: 'foreign'; readonly fault: ForeignState };

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
  readonly plan: number;
  readonly reading: HostReading;
}

/**
 * The hosts that hold something else than they acknowledged, or a later plan would have given them: somebody else
 * changed, damaged or emptied them. A host that never acknowledged anything cannot have drifted.
 */
export function driftedHosts(shard: AppliedShard, readings: Readings): Drifted[] {
  return Array.from(readings).flatMap(([host, reading]) => {
    const acknowledged = shard.hosts.get(host);
    if (acknowledged === undefined || reading.kind === 'away' || reading.kind === 'foreign') return [];
    return holdsPlanned(shard, acknowledged.plan, reading)
      ? []
      : [{ host, plan: acknowledged.plan, reading }];
  });
}

function holdsPlanned({ digests }: AppliedShard, oldest: number, reading: HostReading): boolean {
  if (reading.kind !== 'objects') return false;
  const { plan, digest } = reading.state;
  return plan >= oldest && digests.get(plan) === digest;
}

/** What was found at a host, in words. */
export function foundWords(reading: HostReading): string {
  switch (reading.kind) {
    case 'nothing':
      return 'nothing';
    case 'unreadable':
      return reading.problem;
    case 'objects':
      return `a set of ${String(reading.state.objects.length)} objects that calls itself plan ${String(reading.state.plan)}`;
  }
}

/** Whether what was found now is what the ledger already says was found. */
export function isKnown(open: OpenDrift | undefined, reading: HostReading): boolean {
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
