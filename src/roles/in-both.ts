import { RoleHeld } from './faults.ts';
import type { HeldRole, Roles } from './port.ts';

/**
 * Roles that are held in two ways at once: among machines, and beside the commands of this machine. What is asked for first is what
 * others have mostly; the second is not touched then. One that let the role run out among machines, and stands still, does not keep it
 * by what it holds of the second: the ledger refuses what it would still append, and hosts its plans.
 */
export function inBoth(first: Pick<Roles, 'hold'>, second: Pick<Roles, 'hold'>): Pick<Roles, 'hold'> {
  return {
    hold: async (role) => {
      const one = await first.hold(role);
      try {
        return both(one, await second.hold(role));
      } catch (error) {
        if (isOfLapsed(error, one)) return one;
        await one.release();
        throw error;
      }
    },
  };
}

/** Whether the role is kept by a process that let it run out, and that has held it since before that. */
function isOfLapsed(error: unknown, { lapsed = [] }: HeldRole): boolean {
  if (!(error instanceof RoleHeld)) return false;
  const { holder } = error;
  return lapsed.some(
    ({ pid, host, at }) =>
      holder?.pid === pid && holder.host === host && Date.parse(holder.since) <= Date.parse(at),
  );
}

function both(one: HeldRole, other: HeldRole): HeldRole {
  const losable = [one.lost, other.lost].filter((lost) => lost !== undefined);
  return {
    release: async () => {
      await other.release();
      await one.release();
    },
    ...(losable.length === 0 ? {} : { lost: AbortSignal.any(losable) }),
  };
}
