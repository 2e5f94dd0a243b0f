import type { Moment } from '../../projections/isolation/history/interval.ts';
import { HostStates } from '../../projections/isolation/hosts/host-states.ts';
import { foldedFor, type Lane } from '../../projections/isolation/judging/lanes.ts';
import type { Hindsight, Untimed } from '../../projections/isolation/judging/recorded.ts';
import { IsolationState, type FoldedBatch } from '../../projections/isolation/state.ts';
import { clockAhead } from '../ledger/clocks.ts';
import { isAfter, judgedAt, type Instant } from '../ledger/instants.ts';
import { replay, type Batch, type Cursor, type Unfinished } from '../ledger/replay.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { WallClock } from '../runtime/clock.ts';
import { NoSuchInstant } from './faults.ts';

export type { Moment };

/** Those who hear of batches while a ledger is folded up to an instant. */
export interface FoldListeners {
  /** Hears each batch that counts at the instant. */
  readonly also?: ((batch: FoldedBatch) => void) | undefined;
  /** Hears each batch of the whole ledger. */
  readonly onBatch?: ((batch: Batch) => void) | undefined;
  /** Hears at the end what of the whole ledger takes no effect. */
  readonly onUnfinished?: ((unfinished: Unfinished) => void) | undefined;
}

/** What a fold is for, and who hears of it. */
export interface FoldFor extends FoldListeners {
  /** The lane that is asked about; the applied one if it is left out. */
  readonly lane?: Lane;
}

/**
 * The clock of whoever asks. Of a ledger as it was known once, `knownUntil` is the time at which more was recorded: time
 * had passed up to there with nothing else in it.
 */
export interface AskersClock extends WallClock {
  readonly knownUntil?: string;
  /** Likewise, what the clock itself shows: the ledger may have been ahead of it. */
  readonly shown?: string;
}

export interface Folded {
  readonly state: IsolationState;
  readonly moment: Moment;
  /** What the whole ledger tells, whatever instant is asked about. */
  readonly known: Hindsight;
}

/**
 * The state at an instant. A time means the last batch recorded at or before it. Now is the head, judged at the
 * clock's time, but never before the last batch. Throws NoSuchInstant for an entry that
 * is not there, and the errors of `replay`.
 */
export async function foldAt(
  ledger: LedgerReader,
  at: Instant,
  clock: AskersClock,
  { lane = 'applied', also, onBatch, onUnfinished }: FoldFor = {},
): Promise<Folded> {
  const now = clock.now();
  const state = new IsolationState({ clock: clock.shown ?? now, ...foldedFor(lane) });
  const hindsight = new HindsightFold(clock, at.kind === 'now' ? state.hosts : lane);
  const voidBatches: { first: number; last: number }[] = [];
  await replay(ledger, {
    onVoid: (first, last) => {
      voidBatches.push({ first, last });
    },
    onPending: (pending) => onUnfinished?.({ pending, voidBatches }),
    onBatch: (batch) => {
      hindsight.take(batch);
      onBatch?.(batch);
      if (isAfter(at, batch)) return;
      state.follow(batch);
      also?.(batch);
    },
  });
  const time = instantOf(at, state, { now: () => now });
  const moment = { seq: state.seq, time };
  return { state, moment, known: hindsight.asOf(now, { at, moment }) };
}

/** An instant that is asked about, or the end of an interval, and the moment that it means. */
interface AskedInstant {
  readonly at: Instant;
  readonly moment: Moment;
}

/** Folds a whole ledger to what only its end can tell. */
export class HindsightFold {
  readonly #clock: AskersClock;
  readonly #shown: string;
  readonly #hosts: HostStates;
  /** Whether somebody else follows the hosts. */
  readonly #areFollowed: boolean;
  #since: string | undefined;
  /** The last batch that the clock has come to. */
  #timely: Moment = { seq: -1, time: '' };
  #last: Moment = { seq: -1, time: '' };

  /** For a lane; or `hosts` that the caller follows through the whole ledger, and which need not be folded twice. */
  constructor(clock: AskersClock, hosts: HostStates | Lane) {
    this.#areFollowed = typeof hosts !== 'string';
    this.#hosts = typeof hosts === 'string' ? new HostStates(foldedFor(hosts)) : hosts;
    this.#clock = clock;
    this.#shown = clock.shown ?? clock.now();
  }

  take({ entries, last: seq, recordedAt: time }: FoldedBatch): void {
    this.#since ??= time;
    this.#last = { seq, time };
    if (time <= this.#shown) this.#timely = this.#last;
    if (!this.#areFollowed) this.#hosts.follow(entries);
  }

  asOf(now: string, asked: AskedInstant): Hindsight {
    const { knownUntil = now, shown = now } = this.#clock;
    const { time: recordedAt } = this.#last;
    const ahead = clockAhead({ recordedAt, now: shown });
    return {
      since: this.#since,
      until: judgedAt(knownUntil, recordedAt),
      drifts: this.#hosts.foundDrifts,
      takenBack: this.#hosts.takenBack,
      clockAhead: ahead,
      untimed: ahead && this.#untimedAt(asked),
    };
  }

  /** Whoever asks about an entry, or about now, leaves none out that was there. */
  #untimedAt({ at, moment }: AskedInstant): Untimed | undefined {
    if (at.kind !== 'time' || moment.seq >= this.#last.seq) return undefined;
    const { seq, time } = this.#timely;
    return { now: this.#shown, since: time === '' ? undefined : time, first: seq + 1 };
  }
}

/** Gives the batches up to an instant, in order, and the place after the last batch of all. */
export async function replayUntil(
  ledger: LedgerReader,
  at: Instant,
  onBatch: (batch: FoldedBatch) => void,
): Promise<Cursor> {
  return replay(ledger, {
    onBatch: (batch) => {
      if (!isAfter(at, batch)) onBatch(batch);
    },
  });
}

/** The time of an instant, given the last batch that counts there. Throws NoSuchInstant. */
export function instantOf(
  at: Instant,
  last: Pick<IsolationState, 'seq' | 'recordedAt'>,
  clock: WallClock,
): string {
  switch (at.kind) {
    case 'seq':
      if (last.seq < at.seq) throw new NoSuchInstant({ seq: at.seq, head: last.seq });
      return last.recordedAt;
    case 'time':
      return at.instant;
    case 'now':
      return judgedAt(clock.now(), last.recordedAt);
  }
}
