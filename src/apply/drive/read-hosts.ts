import { digestOfObjects } from '../../../events/overlay-objects.ts';
import type { AppliedShard, OpenDrift } from '../../../projections/applied/applied.ts';
import { OverlayUnavailable } from '../../overlay/faults.ts';
import type { HostMark, HostReading, Mark, OverlayDriver } from '../../overlay/port.ts';
import { ForeignState } from '../../runtime/errors.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import { expectedOf } from './expected-set.ts';

/** How many hosts of a shard are read or driven at a time. */
export const hostsAtOnce = 8;

/** What a whole host was found to hold, compared with the last planned set; `foreign`: another ledger's objects. */
export type HostContents = HostReading | { readonly kind: 'foreign'; readonly fault: ForeignState };

/** What a whole host was found to hold; `away` where it could not be read, with the problem in words. */
export type WholeReading = HostContents | { readonly kind: 'away'; readonly problem: string };

/**
 * What is known of a host: what was found there; or its mark, where no more was read than that, and it is as it should be.
 * A host that did not take what it was given is `away` too.
 */
export type Reading = WholeReading | Extract<HostMark, { kind: 'marked' }>;

/** What is known of each host of a shard. */
export type Readings = ReadonlyMap<string, Reading>;

/** Reads hosts whole, side by side, and compares them with the last planned set. */
export async function readWhole(
  driver: OverlayDriver,
  hosts: readonly string[],
  applied: AppliedShard,
): Promise<ReadonlyMap<string, WholeReading>> {
  const expected = expectedOf(applied);
  return readEach(hosts, (host) => driver.read(host, expected));
}

/**
 * Reads hosts, side by side: whole where that is asked for, else their marks. A host whose mark is not what it acknowledged is
 * read whole in any case, and so is one whose drift is not put right yet.
 */
export async function readHosts(
  driver: OverlayDriver,
  hosts: readonly string[],
  of: { applied: AppliedShard; isWhole: (host: string) => boolean },
): Promise<Readings> {
  const { applied, isWhole } = of;
  const expected = expectedOf(applied);
  return readEach(hosts, async (host): Promise<HostReading | HostMark> => {
    if (!isWhole(host)) {
      const mark = await driver.mark(host);
      if (mark.kind !== 'marked' || isAsItShould(applied, host, mark)) return mark;
    }
    return driver.read(host, expected);
  });
}

/** Whether all that a host holds was seen: where it holds nothing, its mark says as much. */
export function isSeenWhole(reading: Reading | undefined): boolean {
  return reading?.kind === 'nothing' || reading?.kind === 'objects';
}

async function readEach<Found>(
  hosts: readonly string[],
  read: (host: string) => Promise<Found>,
): Promise<ReadonlyMap<string, Found | Exclude<WholeReading, HostReading>>> {
  const work = async (host: string): Promise<[string, Found | Exclude<WholeReading, HostReading>]> => [
    host,
    await readOne(() => read(host)),
  ];
  return new Map(await sideBySide(hosts, { atOnce: hostsAtOnce, work }));
}

/** What is read of a host, or why it is not: what keeps one host from being read keeps nobody from reading the others. */
export async function readOne<Found>(
  read: () => Promise<Found>,
): Promise<Found | Exclude<WholeReading, HostReading>> {
  try {
    return await read();
  } catch (fault) {
    if (fault instanceof ForeignState) return { kind: 'foreign', fault };
    if (fault instanceof OverlayUnavailable) return { kind: 'away', problem: fault.message };
    throw fault;
  }
}

/**
 * A mark that the host never acknowledged is of a change that was broken off, or found fault with: nobody tells any more what stands
 * beside it.
 */
export function isAsItShould(applied: AppliedShard, host: string, mark: Mark): boolean {
  const isAcknowledged = applied.hosts.get(host)?.plan === mark.plan;
  return isAcknowledged && !applied.drifted.has(host) && mayHold(applied, host, mark);
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

/** A host that was found so, and whether that was recorded by whoever found it now, or before. */
export interface ToldDrift extends Drifted {
  readonly isNew: boolean;
}

/** Hosts that were found now, and whether the ledger says so already. */
export function toldDrifts(shard: AppliedShard, found: readonly Drifted[]): ToldDrift[] {
  return found.map((one) => ({ ...one, isNew: !isKnown(shard.drifted.get(one.host), one.reading) }));
}

/** What was found earlier and later, by host: what was new at either time is new. */
export function joinedDrifts<Drift extends { readonly host: string; readonly isNew: boolean }>(
  earlier: readonly Drift[],
  later: readonly Drift[],
): Drift[] {
  const news = new Set(earlier.filter(({ isNew }) => isNew).map(({ host }) => host));
  const found = new Set(later.map(({ host }) => host));
  return [
    ...earlier.filter(({ host }) => !found.has(host)),
    ...later.map((drift) => ({ ...drift, isNew: drift.isNew || news.has(drift.host) })),
  ];
}

/**
 * The hosts that hold something else than they acknowledged, or a later plan would have given them: somebody else
 * changed, damaged, emptied or took them over. A host that never acknowledged anything, or is to be emptied, may hold
 * nothing.
 */
export function driftedHosts(shard: AppliedShard, readings: Readings): Drifted[] {
  return Array.from(readings).flatMap(([host, reading]) => {
    if (reading.kind === 'away' || reading.kind === 'marked' || isNoDrift(shard, host, reading)) return [];
    return [{ host, plan: shard.hosts.get(host)?.plan ?? 0, reading }];
  });
}

function isNoDrift(shard: AppliedShard, host: string, reading: HostContents): boolean {
  switch (reading.kind) {
    case 'nothing':
      return mayBeEmpty(shard, host);
    case 'objects':
      // A mark of another set says that somebody else gave the host that, whatever it holds now.
      return reading.digest === reading.mark.digest && mayHold(shard, host, reading.mark);
    case 'unreadable':
      return isHandedOver(shard, host, reading);
    case 'foreign':
      return false;
  }
}

/** A host that takes the switch of a retired one waits until that is emptied, and is not read under its own name before. */
function isHandedOver(
  { hosts, leavingHosts }: AppliedShard,
  host: string,
  { ofHost }: Extract<HostContents, { kind: 'unreadable' }>,
): boolean {
  return ofHost !== undefined && leavingHosts.has(ofHost) && !hosts.has(host) && !leavingHosts.has(host);
}

const digestOfNothing = digestOfObjects([]);

/** Whether a host may hold a set under the number of a plan. */
function mayHold(shard: AppliedShard, host: string, { plan, digest }: Mark): boolean {
  if (digest === digestOfNothing && mayBeEmpty(shard, host)) return true;
  const acknowledged = shard.hosts.get(host);
  if (shard.digests.get(plan) === digest) return plan >= (acknowledged?.plan ?? 0);
  // The digests of old plans are not kept, and a host that comes again may hold one of those.
  return acknowledged === undefined && plan <= shard.plan && !shard.digests.has(plan);
}

function mayBeEmpty({ hosts, leavingHosts }: AppliedShard, host: string): boolean {
  return !hosts.has(host) || leavingHosts.has(host);
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
    case 'objects': {
      const words = `a set of ${String(reading.objects)} objects that calls itself plan ${String(reading.mark.plan)}`;
      const settings = settingsWords(reading);
      return settings === '' ? words : `${settings}, in ${words}`;
    }
  }
}

/** So many settings are named. */
const settingsMax = 3;

/** What a host has otherwise than it was given beside its objects, which stand for it; empty where there is nothing. */
export function settingsWords({ settings = [] }: Extract<HostReading, { kind: 'objects' }>): string {
  if (settings.length === 0) return '';
  const more = settings.length > settingsMax ? ` and ${String(settings.length - settingsMax)} more` : '';
  return `other settings than it was given: ${settings.slice(0, settingsMax).join(', ')}${more}`;
}

/** Whether what was found now is what the ledger already says was found. */
function isKnown(open: OpenDrift | undefined, reading: HostContents): boolean {
  return (
    open?.found === reading.kind && open.digest === (reading.kind === 'objects' ? reading.digest : undefined)
  );
}
