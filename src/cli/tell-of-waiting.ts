import { RoleHeld } from '../roles/faults.ts';
import type { Roles } from '../roles/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { say } from '../words/shown.ts';
import type { Io } from './io.ts';
import { parseDurationMs } from './duration.ts';

/** How long somebody at a terminal waits without a word, in milliseconds. */
const silenceMaxMs = 1_500;

/** Refusals of one role that are further apart than this belong to two waits, in milliseconds. */
const pauseMaxMs = 1_000;

interface Wait {
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly isTold: boolean;
}

/**
 * Takes roles as `hold` does. A command that tries again and again for a role of another process says, once, for whom it
 * waits and until when: on stderr, terminal or not. `timeout` is how long it tries.
 */
export function tellingOfWaits(
  hold: Roles['hold'],
  { io, clock, timeout }: { io: Pick<Io, 'err'>; clock: Clock; timeout: string },
): Roles['hold'] {
  const waits = new Map<string, Wait>();
  return async (role) => {
    try {
      return await hold(role);
    } catch (fault) {
      if (fault instanceof RoleHeld) note(fault);
      throw fault;
    }
  };

  function note({ role, holder }: RoleHeld): void {
    const nowMs = clock.elapsedMs();
    const before = waits.get(role);
    const wait =
      before === undefined || nowMs - before.lastMs > pauseMaxMs
        ? { sinceMs: nowMs, isTold: false }
        : { sinceMs: before.sinceMs, isTold: before.isTold };
    const isDue = nowMs - wait.sinceMs >= silenceMaxMs;
    waits.set(role, { sinceMs: wait.sinceMs, lastMs: nowMs, isTold: wait.isTold || isDue });
    if (!isDue || wait.isTold) return;
    const leftMs = wait.sinceMs + parseDurationMs(timeout) - nowMs;
    const until = new Date(Date.parse(clock.now()) + leftMs).toISOString();
    const who =
      holder === undefined
        ? 'another process'
        : `process ${String(holder.pid)} on ${holder.host}, since ${holder.since}`;
    io.err(
      say`isoledger: waiting for the role ${role}, which is held by ${who}; until ${until} at the latest (--timeout ${timeout})\n`,
    );
  }
}
