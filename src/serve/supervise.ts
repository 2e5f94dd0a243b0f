import { Conflict } from '../ledger/faults.ts';
import { liesUnder } from '../ledger/conditions.ts';
import type { Condition } from '../ledger/port.ts';
import { RoleHeld } from '../roles/faults.ts';
import type { HeldRole, Roles } from '../roles/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { categoryOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { ServeRole } from './role.ts';
import type { RoleFailure, RoleStandings } from './states.ts';

export interface SupervisionMeans {
  readonly clock: Clock;
  readonly log: Logger;
  readonly standings: RoleStandings;
  readonly holdRole: Roles['hold'];
  /** Records that this process took a role, and returns what holds until another one does. */
  readonly recordTaken: (role: string) => Promise<Condition>;
  /** At least 0, less than 1: spreads what would else be tried at the same moment. */
  readonly random: () => number;
}

/** How soon a role is tried again that another process has, in milliseconds. */
const leaseWaitMs = 500;
/** How long a role waits after it failed: at first, and at most. Each failure in a row doubles it. */
const restartMsMin = 250;
const restartMsMax = 30_000;
/** A role that ran for so long begins anew with the shortest wait. */
const soundMs = 60_000;

/** The subject of what is recorded of a role. */
function roleSubject(role: string): string {
  return `role/${role}`;
}

/**
 * Runs a role until the signal aborts: takes its lease where it needs one, and starts it again where it failed or lost the lease.
 * It never throws; what came of the role is in its standing and in the log. It returns before the signal aborts only where
 * the role stopped for good.
 */
export async function supervise(
  role: ServeRole,
  signal: AbortSignal,
  means: SupervisionMeans,
): Promise<void> {
  const { clock, standings } = means;
  const log = means.log.child({ role: role.name });
  const one = { ...means, log };
  for (let times = 0; !signal.aborted;) {
    const begunMs = clock.elapsedMs();
    try {
      await runOnce(role, signal, one);
      times = 0;
    } catch (error) {
      const why = failureOf(error);
      if (categoryOf(error) === 'integrity') {
        standings.set(role.name, { kind: 'stopped', why });
        log.error({ err: error }, 'the role stopped, and stays so until a person has looked');
        return;
      }
      times = clock.elapsedMs() - begunMs >= soundMs ? 1 : times + 1;
      await waitAfter(role, signal, { ...one, error, times });
    }
  }
  standings.set(role.name, { kind: 'ended' });
}

function failureOf(error: unknown): RoleFailure {
  if (!(error instanceof Error)) return { code: 'Error', words: String(error) };
  return { code: 'code' in error ? String(error.code) : error.name, words: error.message };
}

async function waitAfter(
  { name }: ServeRole,
  signal: AbortSignal,
  { clock, log, standings, random, ...failed }: SupervisionMeans & { error: unknown; times: number },
): Promise<void> {
  if (signal.aborted) return;
  const { error, times } = failed;
  standings.set(name, { kind: 'restarting', why: failureOf(error), times });
  const level = categoryOf(error) === 'bug' ? 'error' : 'warn';
  const longestMs = Math.min(restartMsMax, restartMsMin * 2 ** (times - 1));
  const inMs = Math.round(longestMs * (0.5 + random() / 2));
  log[level]({ err: error, times, inMs }, 'the role failed, and is started again');
  await clock.sleep(inMs, signal);
}

async function runOnce(role: ServeRole, signal: AbortSignal, means: SupervisionMeans): Promise<void> {
  const { standings, log } = means;
  const tell = standings.tell.bind(standings, role.name);
  standings.set(role.name, { kind: 'starting' });
  if (!role.needsLease) {
    await role.run({ signal, log, tell });
    return;
  }
  const lease = await takeLease(role, signal, means);
  if (lease === undefined) return;
  try {
    const fence = await means.recordTaken(role.name);
    standings.set(role.name, { kind: 'starting' });
    log.info('took the role');
    const whileHeld = lease.lost === undefined ? signal : AbortSignal.any([signal, lease.lost]);
    await role.run({ signal: whileHeld, log, tell, fence });
  } catch (error) {
    if (!isTakenByAnother(error, role.name)) throw error;
    log.warn('another process took the role');
  } finally {
    await lease.release();
  }
}

/** An append made as a role was refused since another process took the role after this one. */
function isTakenByAnother(error: unknown, role: string): boolean {
  return error instanceof Conflict && liesUnder(error.subject, roleSubject(role));
}

/** Waits until no other process has the role. Undefined where the signal aborts before. */
async function takeLease(
  { name }: ServeRole,
  signal: AbortSignal,
  { clock, standings, holdRole, random }: SupervisionMeans,
): Promise<HeldRole | undefined> {
  while (!signal.aborted) {
    try {
      return await holdRole(name);
    } catch (fault) {
      if (!(fault instanceof RoleHeld)) throw fault;
      const { holder } = fault;
      const words = holder && `process ${String(holder.pid)} on ${holder.host} since ${holder.since}`;
      standings.set(name, { kind: 'waiting', holder: words });
    }
    await clock.sleep(leaseWaitMs * (0.5 + random()), signal);
  }
  return undefined;
}
