import { defined } from '../../events/codec/defined.ts';
import type { Condition } from '../ledger/port.ts';
import { holderWords, RoleHeld, RolesUnavailable } from '../roles/faults.ts';
import type { HeldRole, RoleHolder, Roles } from '../roles/port.ts';
import { aborted } from '../runtime/aborted.ts';
import type { Clock } from '../runtime/clock.ts';
import { categoryOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { RoleLost } from './fenced-ledger.ts';
import type { LedgerHeard } from './ledger-pulse.ts';
import { Retry } from '../runtime/retry.ts';
import type { ServeRole } from './role.ts';
import { isRoleConflict, type RoleRecord } from './role-record.ts';
import { failureOf, type RoleFailure } from './failure.ts';
import { soundMs, type RoleStanding, type RoleStandings } from './states.ts';

export interface SupervisionMeans {
  readonly clock: Clock;
  readonly log: Logger;
  readonly standings: RoleStandings;
  readonly holdRole: Roles['hold'];
  /** This process, as roles name it. */
  readonly holder: Pick<RoleHolder, 'pid' | 'host'>;
  /** Records that this process took a role, and returns what holds until another one does. */
  readonly recordTaken: RoleRecord['take'];
  /** Whether the ledger answers: while it does not, no role is had that others may need. */
  readonly heard: LedgerHeard;
  /** Hears that a role did not end in time, and goes on beside whatever comes: nothing that it still wants to record is taken. */
  readonly onLeftBehind: () => void;
  /** At least 0, less than 1: spreads what would else be tried at the same moment. */
  readonly random: () => number;
}

/** How soon a role is tried again that another process has, in milliseconds. */
const leaseWaitMs = 500;
/** How long a role waits after it failed, in milliseconds. */
const restartMs = { shortestMs: 250, longestMs: 30_000 };
/** How long it waits where leases cannot be looked at: for no longer than that is a role nobody's once they can. */
const unavailableMs = { shortestMs: 250, longestMs: 2_000 };

/** How long a role may take to end what it has in hand, in milliseconds. */
const endMsMax = 8_000;

/** `over`: the role had nothing more to do. `left`: it is to be taken anew, since another process took it, or its lease was lost. */
type RoleEnd = 'over' | 'left';

/**
 * Runs a role until the signal aborts: takes its lease where it needs one, and starts it again where it failed or lost the lease.
 * It never throws; what came of the role is in its standing and in the log. It returns before the signal aborts only where
 * the role stopped for good, or is over. A role whose signal aborts for a fault of the category `integrity` is stopped by that.
 */
export async function supervise(
  role: ServeRole,
  signal: AbortSignal,
  means: SupervisionMeans,
): Promise<void> {
  const { clock, standings, random, heard } = means;
  const log = means.log.child({ role: role.name });
  if (role.follows !== undefined) standings.follows(role.name, role.follows);
  // From now on it is one of the roles of the service, also while it waits until the ledger is heard.
  standings.set(role.name, { kind: 'starting' });
  const retry = new Retry({ ...restartMs, random });
  const leaseRetry = new Retry({ ...unavailableMs, random });
  let isAgain = false;
  while (!isOver(signal)) {
    const begunMs = clock.elapsedMs();
    const waitMs = (): number => {
      if (clock.elapsedMs() - begunMs >= soundMs) retry.succeeded();
      return retry.failed();
    };
    try {
      if (role.needsLease) await heard.untilHeard(signal);
      if (isOver(signal)) break;
      const end = await runOnce(role, signal, { ...means, log, isAgain, leaseRetry });
      if (end === 'over') break;
      isAgain = false;
      // Two processes that both think that the role is theirs do not take it from each other without end.
      await clock.sleep(waitMs(), signal);
    } catch (error) {
      if (isOver(signal)) {
        log.warn({ err: error }, 'the role failed while it was ending');
        break;
      }
      const why = failureOf(error);
      if (categoryOf(error) === 'integrity') {
        stop(role.name, error, { log, standings });
        return;
      }
      isAgain = true;
      const inMs = waitMs();
      standings.set(role.name, { kind: 'restarting', why, times: retry.times });
      const level = categoryOf(error) === 'bug' ? 'error' : 'warn';
      log[level]({ err: error, times: retry.times, inMs }, 'the role failed, and is started again');
      await clock.sleep(inMs, signal);
    }
  }
  if (categoryOf(signal.reason) === 'integrity') stop(role.name, signal.reason, { log, standings });
  else standings.set(role.name, { kind: 'ended' });
}

/** What a person is to do about a role that stopped. */
const toDo =
  'isoledger doctor says what is wrong, and what to do about it; once it is put right, send SIGHUP, or start the service again';

/** The one way in which a role stops: whatever the reason, it is logged with what somebody is to do. */
function stop(
  role: string,
  fault: unknown,
  { log, standings }: Pick<SupervisionMeans, 'log' | 'standings'>,
): void {
  standings.set(role, { kind: 'stopped', why: failureOf(fault) });
  log.error({ err: fault, do: toDo }, 'the role stopped, and stays so until a person has looked');
}

function isOver({ aborted }: AbortSignal): boolean {
  return aborted;
}

async function runOnce(
  role: ServeRole,
  signal: AbortSignal,
  means: SupervisionMeans & { isAgain: boolean; leaseRetry: Retry },
): Promise<RoleEnd> {
  means.standings.set(role.name, { kind: 'starting' });
  if (!role.needsLease) {
    await runWhile(role, [signal], means);
    return 'over';
  }
  const lease = await takeLease(role, signal, means);
  if (lease === undefined) return 'over';
  const { log, heard, standings } = means;
  // Another process may reach the ledger: it does not have to wait until this one has noticed with all that it has in hand.
  const giveBack = (): void => {
    log.warn('the role is given back, since the ledger does not answer');
    lease.release().catch((error: unknown) => {
      log.warn({ err: error }, 'the role could not be given back');
    });
  };
  const { silent } = heard;
  silent.addEventListener('abort', giveBack, { once: true });
  const ends = [signal, silent, ...(lease.lost === undefined ? [] : [lease.lost])];
  try {
    // It was waited for until this process is to end: there is nothing to take it for.
    if (isOver(signal)) return 'over';
    await runAsHolder(role, ends, means);
    if (isOver(signal)) return 'over';
    if (silent.aborted) {
      standings.set(role.name, { kind: 'restarting', why: silence(means), times: 1 });
      return 'left';
    }
    if (lease.lost?.aborted !== true) return 'over';
    log.warn('the lease of the role is lost');
    standings.set(role.name, { kind: 'restarting', why: leaseLost, times: 1 });
    return 'left';
  } catch (error) {
    if (!(error instanceof RoleLost) && !isRoleConflict(error, role.name)) throw error;
    log.warn({ err: error }, 'another process took the role');
    standings.set(role.name, { kind: 'waiting', holder: 'another process' });
    return 'left';
  } finally {
    silent.removeEventListener('abort', giveBack);
    await lease.release();
  }
}

const leaseLost: RoleFailure = { code: 'LeaseLost', words: 'the lease of the role was lost' };

const ownLeaseLeft: RoleFailure = {
  ...leaseLost,
  words: 'the lease that this process lost has not run out yet',
};

function silence({ standings }: Pick<SupervisionMeans, 'standings'>): RoleFailure {
  return standings.ledgerFailure ?? { code: 'LedgerSilent', words: 'the ledger did not answer' };
}

/** Records that the role was taken, and runs it until one of the signals aborts. */
async function runAsHolder(
  role: ServeRole,
  ends: AbortSignal[],
  means: SupervisionMeans & { isAgain: boolean },
): Promise<void> {
  const { isAgain, log, standings, recordTaken } = means;
  // What is recorded after that is nobody's: whoever takes the role looks in the ledger.
  const fence = await Promise.race([recordTaken(role.name, { isAgain }), aborted(AbortSignal.any(ends))]);
  if (fence === undefined) return;
  standings.set(role.name, { kind: 'starting' });
  log.info('took the role');
  await runWhile(role, ends, { ...means, fence });
}

/**
 * Runs a role until one of the signals aborts, and it has ended what it has in hand, or the time for that is up. What it began by its
 * own signal ends with it, however it ends.
 */
async function runWhile(
  role: ServeRole,
  signals: readonly AbortSignal[],
  { log, standings, clock, fence, onLeftBehind }: SupervisionMeans & { fence?: Condition },
): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([...signals, ended.signal]);
  const tell = standings.tell.bind(standings, role.name);
  const running = role.run({ signal, log, tell, ...defined({ fence }) });
  try {
    await Promise.race([running, aborted(signal)]);
    if (await isOverWithin(running, clock, endMsMax)) return;
    log.warn('what the role has in hand takes too long, and is left behind');
    onLeftBehind();
  } finally {
    ended.abort();
  }
}

/** Whether work is over soon. Throws what it throws until then. */
async function isOverWithin(work: Promise<void>, clock: Clock, milliseconds: number): Promise<boolean> {
  const over = new AbortController();
  const late = Symbol('late');
  try {
    return (await Promise.race([work, clock.sleep(milliseconds, over.signal).then(() => late)])) !== late;
  } finally {
    over.abort();
  }
}

/** Waits until no other process has the role, and leases can be looked at. Undefined where the signal aborts before. */
async function takeLease(
  { name }: ServeRole,
  signal: AbortSignal,
  means: SupervisionMeans & { leaseRetry: Retry },
): Promise<HeldRole | undefined> {
  const { clock, log, standings, holdRole, random, leaseRetry } = means;
  while (!signal.aborted) {
    try {
      const lease = await holdRole(name);
      leaseRetry.succeeded();
      return lease;
    } catch (fault) {
      if (fault instanceof RoleHeld) {
        leaseRetry.succeeded();
        standings.set(name, heldBy(fault.holder, means));
        await clock.sleep(leaseWaitMs * (0.5 + random()), signal);
      } else if (fault instanceof RolesUnavailable) {
        const inMs = leaseRetry.failed();
        standings.set(name, { kind: 'restarting', why: failureOf(fault), times: leaseRetry.times });
        // Once is enough: it may be tried for days.
        log[leaseRetry.times === 1 ? 'warn' : 'debug']({ err: fault, inMs }, 'the role cannot be taken yet');
        await clock.sleep(inMs, signal);
      } else throw fault;
    }
  }
  return undefined;
}

/** A lease that this process lost names it until it has run out: nobody has the role then. */
function heldBy(
  found: RoleHolder | undefined,
  { holder: { pid, host } }: Pick<SupervisionMeans, 'holder'>,
): Extract<RoleStanding, { kind: 'waiting' | 'restarting' }> {
  if (found?.pid !== pid || found.host !== host) return { kind: 'waiting', holder: holderWords(found) };
  return { kind: 'restarting', why: ownLeaseLeft, times: 1 };
}
