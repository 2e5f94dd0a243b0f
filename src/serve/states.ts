import type { Clock } from '../runtime/clock.ts';
import type { RoleProgress } from './role.ts';

/** Why a role does not run: the code of what was thrown, and its words. */
export interface RoleFailure {
  readonly code: string;
  readonly words: string;
}

/** What is told of something that was thrown. */
export function failureOf(error: unknown): RoleFailure {
  if (!(error instanceof Error)) return { code: 'Error', words: String(error) };
  return { code: 'code' in error ? String(error.code) : error.name, words: error.message };
}

/**
 * What a role of this process is at.
 * - `waiting`: another process has it: `holder`, in words.
 * - `starting`: it has not said yet how far it is.
 * - `following`: it has done all that there was; `behind`: it has entries yet to do, for so many seconds.
 * - `restarting`: it failed so many times in a row, and is started again.
 * - `stopped`: it stays so until a person has looked.
 * - `ended`: this process is ending.
 */
export type RoleStanding =
  | { readonly kind: 'waiting'; readonly holder: string }
  | { readonly kind: 'starting' | 'ended' }
  | { readonly kind: 'following'; readonly seq: number }
  | {
      readonly kind: 'behind';
      readonly seq: number;
      readonly entries: number;
      readonly seconds: number;
      /** What keeps the ledger from being read, where it is that: how far the role is behind is not known then. */
      readonly why?: RoleFailure;
    }
  | { readonly kind: 'restarting'; readonly why: RoleFailure; readonly times: number }
  | { readonly kind: 'stopped'; readonly why: RoleFailure };

/** How each role of this process stands: what readiness and metrics read. */
export class RoleStandings {
  readonly #clock: Clock;
  readonly #standings = new Map<string, RoleStanding>();
  readonly #behindSince = new Map<string, number>();
  #ledgerFailure: { readonly why: RoleFailure; readonly sinceMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** By the name of the role, in the order in which they were started. */
  all(): ReadonlyMap<string, RoleStanding> {
    return new Map(Array.from(this.#standings, ([role, standing]) => [role, this.#asOfNow(role, standing)]));
  }

  set(role: string, standing: Exclude<RoleStanding, { kind: 'following' | 'behind' }>): void {
    this.#behindSince.delete(role);
    this.#standings.set(role, standing);
  }

  tell(role: string, { seq, behind }: RoleProgress): void {
    if (behind <= 0) {
      this.#behindSince.delete(role);
      this.#standings.set(role, { kind: 'following', seq });
      return;
    }
    if (!this.#behindSince.has(role)) this.#behindSince.set(role, this.#clock.elapsedMs());
    this.#standings.set(role, { kind: 'behind', seq, entries: behind, seconds: 0 });
  }

  /** Why the ledger cannot be read; undefined while it can. */
  get ledgerFailure(): RoleFailure | undefined {
    return this.#ledgerFailure?.why;
  }

  /** Hears why the ledger cannot be read: no role follows it from here on, whatever it told. */
  ledgerFailed(why: RoleFailure): void {
    this.#ledgerFailure = { why, sinceMs: this.#ledgerFailure?.sinceMs ?? this.#clock.elapsedMs() };
  }

  ledgerAnswered(): void {
    this.#ledgerFailure = undefined;
  }

  forget(role: string): void {
    this.#behindSince.delete(role);
    this.#standings.delete(role);
  }

  #asOfNow(role: string, standing: RoleStanding): RoleStanding {
    if (standing.kind !== 'following' && standing.kind !== 'behind') return standing;
    const failure = this.#ledgerFailure;
    const since = this.#behindSince.get(role) ?? failure?.sinceMs;
    if (since === undefined) return standing;
    const seconds = (this.#clock.elapsedMs() - since) / 1_000;
    const why = failure === undefined ? {} : { why: failure.why };
    return { entries: 0, ...standing, kind: 'behind', seconds, ...why };
  }
}
