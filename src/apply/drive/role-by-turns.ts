import type { RolesUnavailable } from '../../roles/faults.ts';
import type { HeldRole } from '../../roles/port.ts';
import type { Clock } from '../../runtime/clock.ts';

/** How a role is taken at first, and again within so many milliseconds. Undefined where another process has it until then. */
interface TakeRole {
  readonly first: () => Promise<HeldRole | RolesUnavailable | undefined>;
  readonly again: (timeoutMs: number) => Promise<HeldRole | RolesUnavailable | undefined>;
}

/**
 * The role of whoever drives a shard, which is given up for as long as nothing is driven: another process that has something to do
 * there, such as an emergency cut, does not wait for a host that only this one waits for.
 */
export class RoleByTurns {
  readonly #take: TakeRole;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  #held: HeldRole | undefined;

  private constructor(take: TakeRole, of: { held: HeldRole; clock: Clock; deadlineMs: number }) {
    this.#take = take;
    this.#clock = of.clock;
    this.#deadlineMs = of.deadlineMs;
    this.#held = of.held;
  }

  static async take(
    { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
    take: TakeRole,
  ): Promise<RoleByTurns | RolesUnavailable | undefined> {
    const deadlineMs = clock.elapsedMs() + timeoutMs;
    const held = await take.first();
    return held !== undefined && 'release' in held
      ? new RoleByTurns(take, { held, clock, deadlineMs })
      : held;
  }

  /** The time that is left to take the role and to wait for hosts, together. */
  leftMs(): number {
    return Math.max(0, this.#deadlineMs - this.#clock.elapsedMs());
  }

  /** Waits without the role, and takes it again. False where the time is up before that, or nobody can take it any more. */
  async aside(waiting: () => Promise<void>): Promise<boolean> {
    await this.release();
    await waiting();
    const held = await this.#take.again(this.leftMs());
    if (held === undefined || !('release' in held)) return false;
    this.#held = held;
    return true;
  }

  /** A second call does nothing. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.release();
  }
}
