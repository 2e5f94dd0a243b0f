import type { Question } from './contacts.ts';
import type { Finding } from './findings.ts';
import type { Gap } from '../hosts/gap.ts';
import type { FoundDrift } from '../hosts/sights.ts';
import type { TakenBack } from '../hosts/vouches.ts';

/** The time of which a ledger can tell: UTC with milliseconds, both ends included. */
export interface RecordedTime {
  /** The time of its first batch; undefined while there is none. */
  readonly since: string | undefined;
  /**
   * The time up to which nothing else was recorded: the later of now and the time of its last batch; of a ledger as it
   * was known once, the time at which the next batch came.
   */
  readonly until: string;
}

/** Whatever a whole ledger tells, by its end, about every instant of it. */
export interface Hindsight extends RecordedTime {
  /** The drifts that were found. */
  readonly drifts: readonly FoundDrift[];
  /** The words that a host is gone which were taken back. */
  readonly takenBack: readonly TakenBack[];
  /** The time of the last entry and the clock of whoever asks, where the clock is far behind it. */
  readonly clockAhead?: { readonly recordedAt: string; readonly now: string } | undefined;
  readonly untimed?: Untimed | undefined;
}

/**
 * Entries with times ahead of the clock of whoever asks, which an answer about a time leaves out. If that clock is right, they were
 * recorded at some time since the last one that it has come to, so that all of that time may have been as they say.
 */
export interface Untimed {
  readonly now: string;
  /** The time of the last entry that the clock has come to; undefined where there is none. */
  readonly since: string | undefined;
  /** The first of those entries, by seq. */
  readonly first: number;
}

/**
 * The instants from which on less is known: the first one still to come, the first one that a clock has not come to, and the first
 * one at which later entries may have been there.
 */
export function edgesOf({ until, clockAhead, untimed }: Hindsight): string[] {
  return [until, clockAhead?.now, untimed?.since].filter((last) => last !== undefined).map(justAfter);
}

/**
 * The instants from which on hosts may have held something else, as was found later: just after they were last seen right.
 */
export function edgesOfDrifts({ drifts }: Hindsight): string[] {
  return [...new Set(drifts.map(({ seen }) => seen.time))].map(justAfter);
}

function justAfter(instant: string): string {
  return new Date(Date.parse(instant) + 1).toISOString();
}

/** An instant, and the last entry that counts there. */
export interface RecordedMoment {
  readonly state: Pick<Question['state'], 'seq'>;
  readonly instant: string;
}

/** True of an instant after the recorded time. */
export function isToCome(instant: string, { until }: Pick<RecordedTime, 'until'>): boolean {
  return instant > until;
}

/**
 * The gaps of an instant outside the recorded time, however right everything looks there. Before the first entry
 * hosts may have held anything. Of the time to come only the time bounds are known: `mayChange` names what may still
 * change.
 */
export function ledgerGaps(
  { state, instant }: RecordedMoment,
  { since, until }: RecordedTime,
  mayChange: string,
): Gap[] {
  const problems: string[] = [];
  if (state.seq < 0) {
    problems.push(
      since === undefined
        ? 'nothing was recorded yet'
        : `the ledger begins at ${since}: nothing is known of before`,
    );
  }
  if (isToCome(instant, { until }))
    problems.push(`what comes after ${until} is still to come: ${mayChange} by then`);
  return problems.map((problem) => ({ kind: 'ledger', about: 'ledger', problem }));
}

/**
 * The gaps of an instant that nobody knew of yet: a host was found otherwise later, and had not been looked at since. It was
 * looked at some time before the entry that says so. The state of a drift that was found already tells it by itself.
 */
export function driftsFoundLater({ state: { seq }, instant }: RecordedMoment, { drifts }: Hindsight): Gap[] {
  // A clock behind the ledger's may have told of a sight before the first entry. Nothing is known there anyway.
  if (seq < 0) return [];
  return drifts
    .filter(({ seen, found }) => seq < found.seq && (seen.seq <= seq || seen.time < instant))
    .map(({ host, seen, found, what }) => ({
      kind: 'drift',
      about: `host/${host}`,
      problem: `was found at seq ${String(found.seq)} (${found.time}) to hold ${what} instead of what it acknowledged, and was last seen ${seen.isDrift === true ? 'whole' : 'right'} at seq ${String(seen.seq)} (${seen.time})`,
    }));
}

/** The gaps of an instant at which a host counted as gone by a word that was taken back later. */
export function wordsTakenBack(
  { state: { seq } }: Pick<RecordedMoment, 'state'>,
  { takenBack }: Hindsight,
): Gap[] {
  return takenBack
    .filter(({ said, back }) => said.seq <= seq && seq < back.seq)
    .map(({ host, shard, said, back }) => ({
      kind: 'acknowledgement',
      about: host,
      problem: `it was said at seq ${String(said.seq)} to be gone, and that was taken back at seq ${String(back.seq)} (${back.time}): meanwhile it may have held what ${shard} gave it`,
    }));
}

/**
 * The gap of a time at which entries may have been there that an answer about it leaves out, since their own times are ahead of the
 * clock of whoever asks.
 */
export function untimedGaps({ instant }: Pick<Question, 'instant'>, { untimed }: Hindsight): Gap[] {
  if (untimed === undefined || (untimed.since !== undefined && instant <= untimed.since)) return [];
  const { now, first } = untimed;
  const problem = `the entries from seq ${String(first)} on bear times ahead of the clock of whoever asks (${now}): which of them were there by then cannot be told`;
  return [{ kind: 'clock', about: 'ledger', problem }];
}

/**
 * The gap of an instant that the clock of whoever asks has not come to, though the ledger has: how much time has passed
 * there nobody can tell. It matters where a limit is being counted, as for a revocation that is not carried out yet.
 */
export function clockGaps(
  { instant, findings }: Pick<Question, 'instant'> & { readonly findings: readonly Finding[] },
  { clockAhead }: Hindsight,
): Gap[] {
  if (clockAhead === undefined || instant <= clockAhead.now) return [];
  if (findings.every(({ kind }) => kind !== 'pending-revocation')) return [];
  const { recordedAt, now } = clockAhead;
  const problem = `the last entry is of ${recordedAt}, ahead of the clock of whoever asks (${now}): how late a revocation is cannot be told`;
  return [{ kind: 'clock', about: 'ledger', problem }];
}
