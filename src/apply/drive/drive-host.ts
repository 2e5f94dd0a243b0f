import type { DomainEvent, EventData } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Actor } from '../../../events/entry.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { Conflict } from '../../ledger/faults.ts';
import type { Condition, Ledger } from '../../ledger/port.ts';
import { Fenced, OverlayUnavailable } from '../../overlay/faults.ts';
import type { HostReading, HostState, HostTarget, OverlayDriver } from '../../overlay/port.ts';
import { ForeignState } from '../../runtime/errors.ts';
import { foundText } from '../../runtime/found-text.ts';
import type { Reading } from './read-hosts.ts';

/** What driving a host needs: the driver, and where what comes of it is recorded. */
export interface Driving {
  readonly ledger: Ledger;
  readonly actor: Actor;
  readonly driver: OverlayDriver;
  readonly shard: string;
  /** Failures that are in the ledger already, as `plan/host`: a host that stays away is recorded once, not at every try. */
  readonly reported: Set<string>;
}

/**
 * `held`: it held the plan already. `driven`: it does now. `away`: the problem in words. `refused`: it holds what this
 * applier may not replace, which no waiting cures.
 */
export type Outcome =
  | { readonly kind: 'held' | 'driven' }
  | { readonly kind: 'away'; readonly problem: string }
  | { readonly kind: 'refused'; readonly fault: HostRefusal };

/** The fault of a host that refuses: it holds the set of a later plan, or another ledger's objects. */
export type HostRefusal = Fenced | ForeignState;

/**
 * Drives one host to a target, unless it was read to hold it, and records what came of it. The acknowledgement of a
 * host that had drifted also says that the drift is gone.
 */
export async function driveHost(
  driving: Driving,
  at: { host: string; reading: Reading; target: HostTarget; applied: AppliedShard },
): Promise<Outcome> {
  const { host, reading, target, applied } = at;
  try {
    if (reading.kind === 'away') throw new OverlayUnavailable(reading.problem);
    if (reading.kind === 'foreign') throw reading.fault;
    const held = heldState(reading, { target, digest: applied.digest });
    const state = held ?? (await driving.driver.apply(host, target));
    if (state.digest !== applied.digest) {
      throw new OverlayUnavailable(`what was read back from host ${host} is not what was written`);
    }
    const events = acknowledgements(driving, { host, state, applied });
    if (events.length > 0) await append(driving, events);
    return { kind: held === undefined || events.length > 0 ? 'driven' : 'held' };
  } catch (fault) {
    const outcome = outcomeOfFault(fault);
    const holds = fault instanceof Fenced ? { holds: fault.held } : {};
    await reportFailure(driving, { host, plan: target.plan, problem: problemOf(outcome), ...holds });
    return outcome;
  }
}

type Failed = Extract<Outcome, { kind: 'away' | 'refused' }>;

/** Throws any fault that says nothing of the host. */
function outcomeOfFault(fault: unknown): Failed {
  if (fault instanceof Fenced || fault instanceof ForeignState) return { kind: 'refused', fault };
  if (fault instanceof OverlayUnavailable) return { kind: 'away', problem: fault.message };
  throw fault;
}

function problemOf(failed: Failed): string {
  return failed.kind === 'away' ? failed.problem : failed.fault.message;
}

/** What was read, where it is the target already. */
function heldState(
  reading: HostReading,
  { target, digest }: { target: HostTarget; digest: string | undefined },
): HostState | undefined {
  if (reading.kind !== 'objects') return undefined;
  const { state } = reading;
  return state.plan === target.plan && state.digest === digest ? state : undefined;
}

/** Whatever the ledger does not say yet of a host that holds the last plan. */
function acknowledgements(
  { driver, shard }: Driving,
  { host, state, applied }: { host: string; state: HostState; applied: AppliedShard },
): DomainEvent[] {
  const { plan, digest } = state;
  const events: DomainEvent[] = [];
  // A host that did not take the plan before says so no longer.
  if (applied.hosts.get(host)?.plan !== plan || applied.failed.has(host)) {
    const evidence = { driver: driver.name, objects: state.objects.length };
    events.push({ type: 'ChangeApplied', data: { shard, host, plan, digest, evidence } });
  }
  if (applied.drifted.has(host)) events.push({ type: 'DriftCorrected', data: { shard, host, plan, digest } });
  return events;
}

/**
 * Empties a host that was retired, and records that it holds nothing. Where the host was registered again meanwhile,
 * nothing is recorded: the next round sees it among the shard's hosts.
 */
export async function clearHost(
  driving: Driving,
  { host, plan, seen }: { host: string; plan: number; seen: number },
): Promise<Outcome> {
  const { driver, shard } = driving;
  try {
    const reading = await driver.read(host);
    const isEmpty =
      reading.kind === 'nothing' || (reading.kind === 'objects' && reading.state.objects.length === 0);
    const held = reading.kind === 'objects' ? reading.state.plan : 0;
    if (!isEmpty) await driver.apply(host, { plan: Math.max(plan, held), objects: [] });
    const evidence = { driver: driver.name, objects: 0 };
    const cleared = { shard, host, digest: digestOfObjects([]), evidence };
    const conditions = [{ subjects: [`host/${host}`], unchangedSince: seen }];
    await append(driving, [{ type: 'HostCleared', data: cleared }], conditions);
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
  await append(driving, [{ type: 'ChangeFailed', data }]);
}

/** Appends events as one batch, whatever else was recorded meanwhile, but for the conditions that are given. */
export async function append(
  { ledger, actor }: Pick<Driving, 'ledger' | 'actor'>,
  events: readonly DomainEvent[],
  conditions: readonly Condition[] = [],
): Promise<void> {
  await ledger.append({ events: events.map(draftOf), actor, conditions });
}
