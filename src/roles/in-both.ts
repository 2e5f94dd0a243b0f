import type { Clock } from '../runtime/clock.ts';
import { RoleHeld, RolesUnavailable } from './faults.ts';
import type { HeldRole, LapsedHolder, RoleHolder, Roles, RoleState } from './port.ts';

/** How soon the second is tried again where one that let the role run out still has it, in milliseconds. */
const againMs = 250;

/** The second way, which can also be looked at: to ask for what another one has may keep the whole process for a while. */
export type SecondRoles = Pick<Roles, 'hold'> & {
  /** Throws RolesUnavailable. */
  readonly stateOf: (role: string) => Promise<RoleState>;
};

/**
 * Roles that are held in two ways at once: among machines, and beside the commands of this machine. What is asked for first is what
 * others have mostly; the second is not touched then. One that let the role run out among machines, and stands still, does not keep it
 * by what it holds of the second: the ledger refuses what it would still append, and hosts its plans. Once it lets go, the second is
 * taken as well, so that no command takes it for free; where a command was faster, the role is lost.
 */
export function inBoth(
  first: Pick<Roles, 'hold'>,
  second: SecondRoles,
  clock: Pick<Clock, 'sleep'>,
): Pick<Roles, 'hold'> {
  return {
    hold: async (role) => {
      const one = await first.hold(role);
      try {
        return both(one, await second.hold(role));
      } catch (error) {
        if (error instanceof RoleHeld && isLapsed(error.holder, one)) {
          const following = new SecondToCome({ role, one, second, clock });
          return both(one, following);
        }
        await one.release();
        throw error;
      }
    },
  };
}

/** Whether a process let the role run out, and has held it since before that. */
function isLapsed(holder: RoleHolder | undefined, { lapsed = [] }: HeldRole): boolean {
  const isOf = ({ pid, host, at }: LapsedHolder): boolean =>
    holder?.pid === pid && holder.host === host && Date.parse(holder.since) <= Date.parse(at);
  return lapsed.some(isOf);
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

interface SoughtSecond {
  readonly role: string;
  readonly one: HeldRole;
  readonly second: SecondRoles;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** The second, which one that let the role run out still has: it is tried until it is had, or the role is released or lost. */
class SecondToCome implements HeldRole {
  readonly #sought: SoughtSecond;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  readonly #trying: Promise<HeldRole | undefined>;

  constructor(sought: SoughtSecond) {
    this.#sought = sought;
    this.#trying = this.#try();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    this.#over.abort();
    // It may have come just now.
    await (await this.#trying)?.release();
  }

  async #try(): Promise<HeldRole | undefined> {
    const { role, one, second, clock } = this.#sought;
    const ends = AbortSignal.any([this.#over.signal, ...(one.lost === undefined ? [] : [one.lost])]);
    for (;;) {
      await clock.sleep(againMs, ends);
      if (ends.aborted) return undefined;
      try {
        const { held, holder } = await second.stateOf(role);
        if (held === true && isLapsed(holder, one)) continue;
        const other = await second.hold(role);
        other.lost?.addEventListener('abort', () => {
          this.#lost.abort();
        });
        return other;
      } catch (error) {
        if (error instanceof RolesUnavailable) continue;
        if (error instanceof RoleHeld && isLapsed(error.holder, one)) continue;
        // A command was faster: whoever takes the role anew waits for it. So it shows as well where it cannot be taken at all.
        this.#lost.abort();
        return undefined;
      }
    }
  }
}
