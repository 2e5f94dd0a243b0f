import type { ServeRole } from './role.ts';
import { supervise, type SupervisionMeans } from './supervise.ts';

interface CrewMember {
  readonly role: ServeRole;
  readonly ending: AbortController;
  readonly done: Promise<void>;
  /** To be started once this one is over. */
  next?: ServeRole;
}

/** The roles of a process, each kept running by itself. */
export class Crew {
  readonly #signal: AbortSignal;
  readonly #means: SupervisionMeans;
  readonly #members = new Map<string, CrewMember>();
  readonly #stopped = new Map<string, ServeRole>();

  /** All roles end once the signal aborts. */
  constructor(signal: AbortSignal, means: SupervisionMeans) {
    this.#signal = signal;
    this.#means = means;
  }

  /** Starts a role. One of that name that runs still, and may be about to end, is followed by this one when it ends. */
  start(role: ServeRole): void {
    this.#stopped.delete(role.name);
    const running = this.#members.get(role.name);
    if (running !== undefined) {
      running.next = role;
      return;
    }
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#signal, ending.signal]);
    const done = supervise(role, signal, this.#means).then(() => {
      this.#ended(role.name);
    });
    this.#members.set(role.name, { role, ending, done });
  }

  /** Starts those that stopped for good again: a person has looked. */
  startStopped(): void {
    for (const role of [...this.#stopped.values()]) this.start(role);
  }

  /** Ends a role, and starts another one of that name if one is given. */
  end(name: string, next?: ServeRole): void {
    const running = this.#members.get(name);
    if (running === undefined) {
      this.#means.standings.forget(name);
      this.#stopped.delete(name);
      if (next !== undefined) this.start(next);
      return;
    }
    if (next !== undefined) running.next = next;
    running.ending.abort();
  }

  /** Stops every role that one process at a time may have, for a fault of the category `integrity`: a person has to look. */
  halt(fault: unknown): void {
    for (const { role, ending } of this.#members.values()) if (role.needsLease) ending.abort(fault);
  }

  /** Returns once no role runs any more. */
  async over(): Promise<void> {
    while (this.#members.size > 0) await Promise.all(Array.from(this.#members.values(), ({ done }) => done));
  }

  #ended(name: string): void {
    const { next, role } = this.#members.get(name) ?? {};
    this.#members.delete(name);
    const { standings } = this.#means;
    // One that stopped for good stays to be seen.
    if (standings.all().get(name)?.kind === 'ended') standings.forget(name);
    else if (role !== undefined) this.#stopped.set(name, role);
    if (next !== undefined && !this.#signal.aborted) this.start(next);
  }
}
