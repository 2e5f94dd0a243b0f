import type { DomainEvent, EventData } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Actor } from '../../../events/entry.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { Conflict } from '../../ledger/faults.ts';
import type { Ledger } from '../../ledger/port.ts';
import { Fenced, FoundBeside, MarkDiffers, OverlayUnavailable } from '../../overlay/faults.ts';
import { isSameMark } from '../../overlay/fence.ts';
import type { HeldSet, HostChange, Mark, OverlayDriver } from '../../overlay/port.ts';
import { ForeignState } from '../../runtime/errors.ts';
import { foundText } from '../../runtime/found-text.ts';
import { BypassOpen, leadBeside, type HostBeside } from './drive-beside.ts';
import { expectedOf } from './expected-set.ts';
import { changeFor, targetOf, trustedMark, wholeFor } from './host-change.ts';
import type { HandWatch } from './hand-watch.ts';
import type { JoinedAppends } from './joined-appends.ts';
import { foundWords, type Reading } from './read-hosts.ts';
import { driftOf } from './record-drift.ts';

/** What driving a host needs: the driver, and where what comes of it is recorded. */
export interface Driving {
  readonly ledger: Ledger;
  readonly actor: Actor;
  readonly driver: OverlayDriver;
  readonly shard: string;
  readonly appends: JoinedAppends;
  /** The time as the ledger has it. */
  readonly now: () => string;
  /** By host, the last instant in this run at which the whole host was seen to be right, or was given the whole set. */
  readonly seen: Map<string, string>;
  /** By host, the bypass that was known to be closed there before the whole host was seen to be right in this round. */
  readonly seenSince: Map<string, number>;
  /** Bypasses that are opened while this goes on. */
  readonly handWatch: HandWatch;
  /** Failures that are in the ledger already, as `plan/host`: a host that stays away is recorded once, not at every try. */
  readonly reported: Pick<Set<string>, 'has' | 'add'>;
}

/**
 * `held`: it held the plan already. `driven`: it does now. `away`: the problem in words. `refused`: it holds what this
 * applier may not replace, which no waiting cures.
 */
export type Outcome =
  | { readonly kind: 'held' | 'driven' }
  | { readonly kind: 'away'; readonly problem: string }
  | { readonly kind: 'refused'; readonly fault: HostRefusal };

/** The fault of a host that refuses: it holds the set of a later plan, or another ledger's objects; or is changed by hand. */
export type HostRefusal = Fenced | ForeignState | BypassOpen;

/**
 * Drives one host to the last plan, unless it is known to hold it, and records what came of it. The acknowledgement of a
 * host that had drifted, as the ledger says by now, also says that the drift is gone: such a host is given the whole set, also where somebody took away what was
 * found wrong, since an overlay may go on with what it decided while that was there. And it is read whole once more, since its mark may
 * say so while what was found wrong is still there.
 */
export async function driveHost(
  driving: Driving,
  at: { host: string; reading: Reading; applied: AppliedShard; isDrifted: boolean },
): Promise<Outcome> {
  const { host, reading, applied, isDrifted } = at;
  const target = targetOf(applied);
  try {
    if (reading.kind === 'away') throw new OverlayUnavailable(reading.problem);
    if (reading.kind === 'foreign') throw reading.fault;
    if (applied.bypasses.open.has(host)) return await driveBeside(driving, at);
    const bypass = applied.bypasses.closed.get(host);
    const mark = isDrifted ? undefined : trustedMark(applied, reading);
    const held = mark !== undefined && isSameMark(mark, target) ? mark : undefined;
    const change = isDrifted ? wholeFor : changeFor;
    const holding = held ?? (await give(driving, { host, bypass }, change(applied, reading)));
    requireTaken(host, holding, target);
    if (isDrifted) await requirePutRight(driving, { host, applied });
    const events = acknowledgements(driving, { host, holding, applied, isDrifted });
    const settled = settlements(driving, { host, holding, bypass });
    if (events.length + settled.length > 0) await driving.appends.append([...events, ...settled]);
    return { kind: held !== undefined && events.length === 0 ? 'held' : 'driven' };
  } catch (fault) {
    const outcome = outcomeOfFault(fault);
    const beside = besideIn(fault);
    if (beside !== undefined && !isDrifted) await recordBeside(driving, { host, applied, problem: beside });
    const holds = fault instanceof Fenced ? { holds: fault.held } : {};
    await reportFailure(driving, { host, plan: target.plan, problem: problemOf(outcome), ...holds });
    return outcome;
  }
}

/** Drives a host that a person changes by hand. What was found there is not put right, so that nothing is said of that. */
async function driveBeside(driving: Driving, at: HostBeside): Promise<Outcome> {
  const { host, applied, isDrifted } = at;
  const holding = await leadBeside(driving, at);
  if (holding === undefined) return { kind: 'held' };
  requireTaken(host, holding, targetOf(applied));
  const seen = isDrifted ? new Map<string, string>() : driving.seen;
  const on = { host, holding, applied, isDrifted: false };
  const events = acknowledgements({ ...driving, seen }, on);
  // One whose mark was set back is led on again to what it has acknowledged.
  if (events.length > 0) await driving.appends.append(events);
  return { kind: 'driven' };
}

/** What a change was taken beside, if the fault says so. */
function besideIn(fault: unknown): string | undefined {
  if (fault instanceof FoundBeside) return fault.message;
  return fault instanceof BypassOpen ? fault.beside : undefined;
}

/** The mark of a host says that it took its plan, to whoever looks next: what was found beside that is in the ledger before. */
async function recordBeside(
  { ledger, shard, appends }: Driving,
  { host, applied, problem }: { host: string; applied: AppliedShard; problem: string },
): Promise<void> {
  const plan = applied.hosts.get(host)?.plan ?? 0;
  const drifted = { host, plan, reading: { kind: 'unreadable', problem } } as const;
  await appends.append(await driftOf(ledger, { shard, applied, drifted }));
}

async function give(
  { driver, shard, now, seen, seenSince, handWatch }: Driving,
  { host, bypass }: { host: string; bypass: number | undefined },
  change: HostChange,
): Promise<HeldSet> {
  const { plan } = change;
  if (typeof change.from === 'string' && (await handWatch.isOpenedAt(host)))
    throw new BypassOpen({ shard, host, plan, why: 'it was to be given all of its objects' });
  const before = now();
  const holding = await driver.apply(host, change);
  if (typeof change.from !== 'string') return holding;
  seen.set(host, before);
  if (bypass !== undefined) seenSince.set(host, bypass);
  return holding;
}

function requireTaken(host: string, holding: Mark, target: Mark): void {
  if (isSameMark(holding, target)) return;
  throw new OverlayUnavailable(`what was read back from host ${host} is not what was written`);
}

/**
 * Whatever was found wrong, and however it is put right, a fresh reading decides whether it is. Nothing is acknowledged otherwise: no
 * verdict may rest on a word that a look has put in doubt.
 */
async function requirePutRight(
  { driver }: Driving,
  { host, applied }: { host: string; applied: AppliedShard },
): Promise<void> {
  const target = targetOf(applied);
  const reading = await driver.read(host, expectedOf(applied));
  const isRight =
    reading.kind === 'objects' && reading.digest === target.digest && isSameMark(reading.mark, target);
  if (!isRight)
    throw new OverlayUnavailable(`it was given its objects anew, and still: ${foundWords(reading)}`);
}

type Failed = Extract<Outcome, { kind: 'away' | 'refused' }>;

/** Throws any fault that says nothing of the host. One that changed since it was read is read again before the next try. */
function outcomeOfFault(fault: unknown): Failed {
  if (fault instanceof Fenced || fault instanceof ForeignState || fault instanceof BypassOpen)
    return { kind: 'refused', fault };
  if (fault instanceof OverlayUnavailable || fault instanceof MarkDiffers)
    return { kind: 'away', problem: fault.message };
  throw fault;
}

function problemOf(failed: Failed): string {
  return failed.kind === 'away' ? failed.problem : failed.fault.message;
}

/** Whatever the ledger does not say yet of a host that holds the last plan. */
function acknowledgements(
  { driver, shard, seen }: Driving,
  {
    host,
    holding,
    applied,
    isDrifted,
  }: { host: string; holding: HeldSet; applied: AppliedShard; isDrifted: boolean },
): DomainEvent[] {
  const { plan, digest, objects } = holding;
  const events: DomainEvent[] = [];
  const seenWhole = seen.get(host) ?? null;
  // A host that did not take the plan before says so no longer.
  if (applied.hosts.get(host)?.plan !== plan || applied.failed.has(host)) {
    const evidence = { driver: driver.name, objects };
    events.push({ type: 'ChangeApplied', data: { shard, host, plan, digest, seenWhole, evidence } });
  }
  if (isDrifted) {
    events.push({ type: 'DriftCorrected', data: { shard, host, plan, digest, seenWhole } });
  }
  return events;
}

/** That a bypass is over, where all of the host was seen, by somebody who knew already that it was closed. */
function settlements(
  { shard, seen, seenSince }: Driving,
  { host, holding, bypass }: { host: string; holding: Mark; bypass: number | undefined },
): DomainEvent[] {
  const seenWhole = seen.get(host);
  if (bypass === undefined || seenWhole === undefined || seenSince.get(host) !== bypass) return [];
  const { plan, digest } = holding;
  return [{ type: 'BypassSettled', data: { shard, host, bypass, plan, digest, seenWhole } }];
}

/**
 * Empties a host that was retired, and records that it holds nothing. It was read whole before. Where the host was registered
 * again meanwhile, nothing is recorded: the next round sees it among the shard's hosts.
 */
export async function clearHost(
  driving: Driving,
  { host, plan, seen }: { host: string; plan: number; seen: number },
): Promise<Outcome> {
  const { ledger, actor, driver, shard } = driving;
  const empty = { objects: 0, digest: digestOfObjects([]) };
  try {
    const mark = await driver.mark(host);
    const held = mark.kind === 'marked' ? mark.plan : 0;
    const nothing = { put: [], removed: [], after: new Map(), former: new Map() };
    const change = { from: 'anything', plan: Math.max(plan, held), ...empty, ...nothing } as const;
    // Also where it says that it holds nothing: a host that lost its mark may have kept what packets go by.
    requireTaken(host, await driver.apply(host, change), change);
    const evidence = { driver: driver.name, objects: 0 };
    const data = { shard, host, digest: empty.digest, evidence };
    const conditions = [{ subjects: [`host/${host}`], unchangedSince: seen }];
    await ledger.append({ events: [draftOf({ type: 'HostCleared', data })], actor, conditions });
    return { kind: 'driven' };
  } catch (fault) {
    return fault instanceof Conflict ? { kind: 'held' } : outcomeOfFault(fault);
  }
}

async function reportFailure(
  driving: Driving,
  failure: Omit<EventData<'ChangeFailed'>, 'shard'>,
): Promise<void> {
  const key = `${String(failure.plan)}/${failure.host}`;
  if (driving.reported.has(key)) return;
  driving.reported.add(key);
  const data = { shard: driving.shard, ...failure, problem: foundText(failure.problem) };
  await driving.appends.append([{ type: 'ChangeFailed', data }]);
}
