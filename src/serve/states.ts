import { defined } from '../../events/codec/defined.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Arrival } from './arrivals.ts';
import type { RoleFailure } from './failure.ts';
import { isFollowed, RecentArrivals, type FollowedEntries } from './recent-arrivals.ts';
import type { RoleProgress, RoleWait } from './role.ts';

/**
 * What a role of this process is at.
 * - `waiting`: another process has it: `holder`, in words.
 * - `starting`: it has not said yet how far it is.
 * - `following`: it has done all that there was; `behind`: it has entries yet to do, of which the first was recorded so many seconds ago.
 * - `restarting`: it failed so many times in a row, or its lease was lost, and is started again.
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
      /** What it waits for, where it waits. */
      readonly waitsFor?: RoleWait;
    }
  | { readonly kind: 'restarting'; readonly why: RoleFailure; readonly times: number }
  | { readonly kind: 'stopped'; readonly why: RoleFailure };

/** A role that ran for so long is not counted as failing again and again, in milliseconds. */
export const soundMs = 60_000;

/** By whom it was found that the ledger does not answer: whoever follows it, or whoever asks it now and again. */
type LedgerWitness = 'following' | 'asking';

/**
 * How each role of this process stands: what readiness and metrics read. How far a role is behind is told by whoever follows the
 * ledger, and not by the role: one that hangs tells nothing.
 */
export class RoleStandings {
  readonly #clock: Clock;
  readonly #standings = new Map<string, RoleStanding>();
  readonly #follows = new Map<string, FollowedEntries>();
  readonly #arrivals = new RecentArrivals();
  /** Since when a role is seen to be behind, by the reading of the clock. */
  readonly #behindSince = new Map<string, number>();
  /** What a role said last. */
  readonly #told = new Map<string, RoleProgress>();
  /** When the entry was recorded that a role is to do next, where that had to be looked up. */
  readonly #looked = new Map<string, { readonly seq: number; readonly recordedMs: number }>();
  readonly #failures = new Map<string, { readonly times: number; readonly atMs: number }>();
  readonly #ledgerFailures = new Map<
    LedgerWitness,
    { readonly why: RoleFailure; readonly sinceMs: number }
  >();
  #head = -1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** By the name of the role, in the order in which they were started. */
  all(): ReadonlyMap<string, RoleStanding> {
    return new Map(Array.from(this.#standings, ([role, standing]) => [role, this.#asOfNow(role, standing)]));
  }

  /** Hears which entries a role has something to do for. Of any other role, what it says of itself counts. */
  follows(role: string, entries: FollowedEntries): void {
    this.#follows.set(role, entries);
  }

  /** A role that is started again after it failed stays `restarting` until it has told that it came further, or what it waits for. */
  set(role: string, standing: Exclude<RoleStanding, { kind: 'following' | 'behind' }>): void {
    if (standing.kind === 'starting' && this.#standings.get(role)?.kind === 'restarting') return;
    if (standing.kind === 'restarting')
      this.#failures.set(role, { times: standing.times, atMs: this.#clock.elapsedMs() });
    this.#standings.set(role, standing);
    this.#noteLag(role);
  }

  tell(role: string, progress: RoleProgress): void {
    const known = this.#told.get(role)?.seq ?? -1;
    this.#told.set(role, progress);
    // What a role says when it begins anew is where it was before, unless it has come to something that it waits for.
    const isAnew =
      this.#standings.get(role)?.kind === 'restarting' &&
      progress.seq <= known &&
      progress.waitsFor === undefined;
    if (!isAnew || this.#leftBy(role, progress) === 0)
      this.#standings.set(role, { kind: 'following', seq: progress.seq });
    this.#noteLag(role);
  }

  /** Hears behind which entry the ledger is followed: those up to it do not arrive. */
  followedFrom(seq: number): void {
    this.#arrivals.begin(seq);
    this.sawHead(seq);
  }

  /** Hears which entry is the last one of the ledger. */
  sawHead(seq: number): void {
    this.#head = Math.max(this.#head, seq);
    this.#noteBehind((role) => this.#isBehindHead(role));
  }

  /** Hears of an entry that arrived. It costs the same, however many did. */
  arrived(arrival: Pick<Arrival, 'seq' | 'subject' | 'recordedAt'>): void {
    this.#arrivals.note(arrival);
    this.#head = Math.max(this.#head, arrival.seq);
    this.#noteBehind((role) => isFollowed(arrival, this.#follows.get(role) ?? 'all'));
  }

  /** The entries that roles are to do next, by role, of which nobody knows yet when they were recorded. */
  undated(): ReadonlyMap<string, number> {
    const behind = Array.from(this.#told).filter(
      ([role, { seq }]) =>
        this.#follows.get(role) === 'all' && this.#head > seq && this.#recordedMs(role, seq) === undefined,
    );
    return new Map(behind.map(([role, { seq }]) => [role, seq + 1]));
  }

  /** Hears when the entry was recorded that a role is to do next. */
  dated(role: string, { seq, recordedAt }: { readonly seq: number; readonly recordedAt: string }): void {
    this.#looked.set(role, { seq, recordedMs: Date.parse(recordedAt) });
  }

  /** How often a role failed since it last ran soundly. */
  failuresInARow(role: string): number {
    const failed = this.#failures.get(role);
    if (failed === undefined) return 0;
    const isAtWork = this.#standings.get(role)?.kind === 'following';
    return isAtWork && this.#clock.elapsedMs() - failed.atMs >= soundMs ? 0 : failed.times;
  }

  /** How far a role is behind. Undefined where it is another process's, or never said how far it is. */
  lagOf(role: string): { readonly entries: number; readonly seconds: number } | undefined {
    const standing = this.all().get(role);
    if (standing?.kind === 'behind') return standing;
    if (standing?.kind === 'following') return { entries: 0, seconds: 0 };
    const entries = this.#unseenBy(role);
    return entries === undefined ? undefined : { entries, seconds: this.#secondsBehind(role) };
  }

  /** Why the ledger cannot be read; undefined while it can. */
  get ledgerFailure(): RoleFailure | undefined {
    return this.#worstFailure()?.why;
  }

  /** For how long the ledger has not been readable, in seconds; 0 while it is. */
  get ledgerFailureSeconds(): number {
    const failure = this.#worstFailure();
    return failure === undefined ? 0 : (this.#clock.elapsedMs() - failure.sinceMs) / 1_000;
  }

  /** Hears why the ledger cannot be read: no role follows it from here on, whatever it told. */
  ledgerFailed(why: RoleFailure, by: LedgerWitness = 'following'): void {
    const sinceMs = this.#ledgerFailures.get(by)?.sinceMs ?? this.#clock.elapsedMs();
    this.#ledgerFailures.set(by, { why, sinceMs });
  }

  ledgerAnswered(by: LedgerWitness = 'following'): void {
    this.#ledgerFailures.delete(by);
  }

  forget(role: string): void {
    for (const known of [this.#follows, this.#told, this.#looked, this.#failures]) known.delete(role);
    this.#behindSince.delete(role);
    this.#standings.delete(role);
  }

  #worstFailure(): { readonly why: RoleFailure; readonly sinceMs: number } | undefined {
    return this.#ledgerFailures.get('following') ?? this.#ledgerFailures.get('asking');
  }

  /** How many entries a role has yet to do. */
  #leftBy(role: string, { seq, behind = 0 }: RoleProgress): number {
    const follows = this.#follows.get(role);
    if (follows === undefined) return Math.max(0, behind);
    if (follows === 'all') return Math.max(0, behind, this.#head - seq);
    if (follows.length === 0) return 0;
    // What did not arrive yet may be for it.
    const arrived = this.#arrivals.last;
    const unseen = arrived === undefined ? 0 : this.#head - Math.max(seq, arrived);
    return Math.max(0, behind, this.#arrivals.countAfter(seq, follows) + Math.max(0, unseen));
  }

  /** How many entries a role that does not run has not seen. Undefined for others, and where it never said how far it is. */
  #unseenBy(role: string): number | undefined {
    const kind = this.#standings.get(role)?.kind;
    const told = this.#told.get(role);
    if (told === undefined || (kind !== 'starting' && kind !== 'restarting' && kind !== 'stopped'))
      return undefined;
    return this.#follows.has(role) ? this.#leftBy(role, told) : Math.max(0, this.#head - told.seq);
  }

  /** Notes since when roles are behind that were not, and have something to do now. */
  #noteBehind(isBehind: (role: string) => boolean): void {
    for (const [role, { kind }] of this.#standings) {
      if (kind === 'waiting' || kind === 'ended' || this.#behindSince.has(role)) continue;
      const isOfItsOwn = kind === 'following' && !this.#follows.has(role);
      if (!isOfItsOwn && this.#told.has(role) && isBehind(role))
        this.#behindSince.set(role, this.#clock.elapsedMs());
    }
  }

  #isBehindHead(role: string): boolean {
    const follows = this.#follows.get(role) ?? 'all';
    const seq = this.#told.get(role)?.seq ?? this.#head;
    if (follows === 'all') return this.#head > seq;
    const arrived = this.#arrivals.last ?? this.#head;
    return follows.length > 0 && this.#head > Math.max(seq, arrived);
  }

  #noteLag(role: string): void {
    const told = this.#told.get(role);
    const isFollowing = this.#standings.get(role)?.kind === 'following';
    const entries =
      isFollowing && told !== undefined ? this.#leftBy(role, told) : (this.#unseenBy(role) ?? 0);
    if (entries === 0) this.#behindSince.delete(role);
    else if (!this.#behindSince.has(role)) this.#behindSince.set(role, this.#clock.elapsedMs());
  }

  #recordedMs(role: string, seq: number): number | undefined {
    const follows = this.#follows.get(role);
    const looked = this.#looked.get(role);
    if (follows === undefined) return undefined;
    return (
      this.#arrivals.firstAfter(seq, follows) ?? (looked?.seq === seq + 1 ? looked.recordedMs : undefined)
    );
  }

  /** How long ago the first entry was recorded that a role has yet to do; where nobody knows that, for how long it is seen to be behind. */
  #secondsBehind(role: string): number {
    const told = this.#told.get(role);
    const recordedMs = told && this.#recordedMs(role, told.seq);
    const since = this.#behindSince.get(role);
    if (since === undefined) return 0;
    if (recordedMs === undefined) return (this.#clock.elapsedMs() - since) / 1_000;
    return Math.max(0, (Date.parse(this.#clock.now()) - recordedMs) / 1_000);
  }

  #asOfNow(role: string, standing: RoleStanding): RoleStanding {
    const told = this.#told.get(role);
    if (standing.kind !== 'following' || told === undefined) return standing;
    const { seq, waitsFor } = told;
    const entries = this.#leftBy(role, told);
    const why = this.ledgerFailure;
    // Whatever came since that it has nothing to do for, it is done with.
    if (entries === 0 && why === undefined) return { kind: 'following', seq: Math.max(seq, this.#head) };
    const seconds = Math.max(this.#secondsBehind(role), this.ledgerFailureSeconds);
    return { kind: 'behind', seq, entries, seconds, ...defined({ why, waitsFor }) };
  }
}
