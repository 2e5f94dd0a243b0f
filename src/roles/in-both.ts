import type { HeldRole, Roles } from './port.ts';

/**
 * Roles that are held in two ways at once: among machines, and beside the commands of this machine. What is asked for first is what
 * others have mostly; the second is not touched then.
 */
export function inBoth(first: Pick<Roles, 'hold'>, second: Pick<Roles, 'hold'>): Pick<Roles, 'hold'> {
  return {
    hold: async (role) => {
      const one = await first.hold(role);
      try {
        return both(one, await second.hold(role));
      } catch (error) {
        await one.release();
        throw error;
      }
    },
  };
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
