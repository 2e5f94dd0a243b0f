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

/** A role that ran for so long is not counted as failing again and again, in milliseconds. */
export const soundMs = 60_000;

/** How each role of this process stands: what readiness and metrics read. */
export class RoleStandings {
  readonly #clock: Clock;
  readonly #standings = new Map<string, RoleStanding>();
  readonly #behindSince = new Map<string, number>();
  /** The last entry that a role said that it is done with. */
  readonly #seqs = new Map<string, number>();
  readonly #failures = new Map<string, { readonly times: number; readonly atMs: number }>();
  #head = -1;
  #ledgerFailure: { readonly why: RoleFailure; readonly sinceMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** By the name of the role, in the order in which they were started. */
  all(): ReadonlyMap<string, RoleStanding> {
    return new Map(Array.from(this.#standings, ([role, standing]) => [role, this.#asOfNow(role, standing)]));
  }

  /** A role that is started again after it failed stays `restarting` until it has told that it came further. */
  set(role: string, standing: Exclude<RoleStanding, { kind: 'following' | 'behind' }>): void {
    if (standing.kind === 'starting' && this.#standings.get(role)?.kind === 'restarting') return;
    if (standing.kind === 'restarting')
      this.#failures.set(role, { times: standing.times, atMs: this.#clock.elapsedMs() });
    this.#standings.set(role, standing);
    this.#noteLag(role);
  }

  tell(role: string, { seq, behind }: RoleProgress): void {
    const known = this.#seqs.get(role) ?? -1;
    this.#seqs.set(role, seq);
    if (behind <= 0) {
      this.#behindSince.delete(role);
      this.#standings.set(role, { kind: 'following', seq });
      return;
    }
    if (!this.#behindSince.has(role)) this.#behindSince.set(role, this.#clock.elapsedMs());
    // What a role says when it begins anew is where it was before.
    if (this.#standings.get(role)?.kind === 'restarting' && seq <= known) return;
    this.#standings.set(role, { kind: 'behind', seq, entries: behind, seconds: 0 });
  }

  /** Hears which entry is the last one of the ledger. */
  sawHead(seq: number): void {
    this.#head = seq;
    for (const role of this.#standings.keys()) this.#noteLag(role);
  }

  /** How often a role failed since it last ran soundly. */
  failuresInARow(role: string): number {
    const failed = this.#failures.get(role);
    if (failed === undefined) return 0;
    const isAtWork = ['following', 'behind'].includes(this.#standings.get(role)?.kind ?? '');
    return isAtWork && this.#clock.elapsedMs() - failed.atMs >= soundMs ? 0 : failed.times;
  }

  /** How far a role is behind. Undefined where it is another process's, or never said how far it is. */
  lagOf(role: string): { readonly entries: number; readonly seconds: number } | undefined {
    const standing = this.all().get(role);
    if (standing?.kind === 'behind') return standing;
    if (standing?.kind === 'following') return { entries: 0, seconds: 0 };
    const entries = this.#unseenBy(role);
    const since = this.#behindSince.get(role);
    if (entries === undefined) return undefined;
    return { entries, seconds: since === undefined ? 0 : (this.#clock.elapsedMs() - since) / 1_000 };
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
    this.#seqs.delete(role);
    this.#failures.delete(role);
    this.#behindSince.delete(role);
    this.#standings.delete(role);
  }

  /** How many entries a role that does not run has not seen. Undefined for others, and where it never said how far it is. */
  #unseenBy(role: string): number | undefined {
    const kind = this.#standings.get(role)?.kind;
    const seq = this.#seqs.get(role);
    if (seq === undefined || (kind !== 'starting' && kind !== 'restarting' && kind !== 'stopped'))
      return undefined;
    return Math.max(0, this.#head - seq);
  }

  #noteLag(role: string): void {
    const kind = this.#standings.get(role)?.kind;
    if (kind === 'following' || kind === 'behind') return;
    const entries = this.#unseenBy(role) ?? 0;
    if (entries === 0) this.#behindSince.delete(role);
    else if (!this.#behindSince.has(role)) this.#behindSince.set(role, this.#clock.elapsedMs());
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
