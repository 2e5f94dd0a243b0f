import { Engine, type Stop } from '../../../projections/isolation/engine/engine.ts';
import type { Batch } from '../../ledger/batch-reader.ts';
import { clockAhead } from '../../ledger/clocks.ts';
import type { Condition, LedgerReader } from '../../ledger/port.ts';
import { replay, start, type Cursor } from '../../ledger/replay.ts';
import type { WallClock } from '../../runtime/clock.ts';
import { Fault } from '../../runtime/errors.ts';
import { VerifierDisagrees } from '../../../projections/isolation/judging/witness.ts';
import { VerdictContradicted } from '../faults.ts';
import { ViolationBook, type DueEvent } from './violation-book.ts';

/**
 * Why a watch is not at the end of the ledger: an entry is of a time that the clock has not come to, more than a minute ahead. Nobody can tell
 * then what is late.
 */
export interface WatchHeld {
  readonly seq: number;
  readonly recordedAt: string;
}

/** What is to be recorded together, and what has to hold for that. */
export interface Recording {
  readonly events: readonly DueEvent[];
  readonly conditions: readonly Condition[];
}

/** Knows the violations of a ledger, and what is recorded of them. One that keeps what it knows would be another one of these. */
export interface ViolationWatch {
  /**
   * Follows the ledger to its end, and the clock after that. Throws Overtaken where this watch is of no use any more, VerdictContradicted, and
   * the errors of `replay`. Ends early, and without an error, where the signal aborts.
   */
  catchUp(ledger: LedgerReader, by: WatchedBy): Promise<WatchHeld | undefined>;
  /** What is to be recorded next, of what was found up to where the last catchUp came; undefined where nothing is. */
  due(): Recording | undefined;
  /** The last entry that was judged, -1 before the first; and the time up to which was judged. */
  readonly judged: { readonly seq: number; readonly time: string };
  /** The next instant at which something may change by the clock alone, and at which that is judged. */
  readonly next: string | undefined;
}

export interface WatchedBy {
  readonly clock: WallClock;
  readonly signal: AbortSignal;
  /** Hears of each batch that was judged. */
  readonly onJudged?: (batch: Batch) => void;
}

/**
 * What the clock alone brings is judged this much later, in milliseconds: an entry may be on its way that was recorded before. One that comes
 * later still makes the watch begin anew.
 */
const graceMs = 1_000;

/** The most events that are recorded together. */
const eventsMax = 100;

/** The first words of all subjects that there are. */
export const everySubject = [
  ...['external', 'host', 'observed', 'overlay', 'role', 'shard', 'sink', 'state', 'tenant', 'verify'],
] as const;

/** An entry was recorded at a time that was judged already: what follows from it can be told only by a watch that begins anew. */
export class Overtaken extends Fault {
  readonly code = 'Overtaken';
  readonly category = 'conflict';
}

/** An entry is ahead of the clock: caught where it was thrown. */
class LedgerAhead extends Error {
  readonly held: WatchHeld;

  constructor(held: WatchHeld) {
    super('the ledger is ahead of the clock');
    this.held = held;
  }
}

/** Follows a ledger with an engine in memory, from its first entry. It is judged by what hosts acknowledged. */
export class LiveWatch implements ViolationWatch {
  readonly #book = new ViolationBook();
  readonly #engine: Engine;
  #cursor: Cursor = start;
  #recordedAt = '';
  #seq = -1;
  /** The last instant that was judged by the clock alone. */
  #byClock = '';
  /** Up to where time was followed. */
  #passed = '';

  constructor() {
    this.#engine = new Engine('applied', (stop) => {
      this.#look(stop);
    });
  }

  get judged(): { readonly seq: number; readonly time: string } {
    return { seq: this.#seq, time: this.#passed };
  }

  get next(): string | undefined {
    const { next } = this.#engine;
    return next && later(next, graceMs);
  }

  async catchUp(ledger: LedgerReader, by: WatchedBy): Promise<WatchHeld | undefined> {
    const { clock, signal } = by;
    try {
      await this.#read(ledger, by);
      const until = later(clock.now(), -graceMs);
      if (until > this.#passed) {
        this.#engine.passTime(until, { including: true });
        this.#passed = until;
      }
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error instanceof LedgerAhead) return error.held;
      throw error instanceof VerifierDisagrees ? new VerdictContradicted(error) : error;
    }
  }

  async #read(ledger: LedgerReader, by: WatchedBy): Promise<void> {
    await replay(ledger, {
      from: this.#cursor,
      onBatch: (batch) => {
        by.signal.throwIfAborted();
        this.#follow(batch, by);
      },
      onSettled: (cursor) => {
        this.#cursor = cursor;
      },
    });
  }

  due(): Recording | undefined {
    const events = this.#book.due.slice(0, eventsMax);
    if (events.length === 0) return undefined;
    const unchangedSince = this.#cursor.size - 1;
    // What the clock brought after the last entry rests on that no other entry came before it.
    const isSettled = events.every(
      ({ cause }) => cause === null || cause.seq !== null || cause.time < this.#recordedAt,
    );
    const subjects = isSettled ? ['verify'] : everySubject;
    return { events, conditions: [{ subjects, unchangedSince }] };
  }

  #follow(batch: Batch, { clock, onJudged }: WatchedBy): void {
    const { recordedAt, last, entries } = batch;
    if (clockAhead({ recordedAt, now: clock.now() }) !== undefined)
      throw new LedgerAhead({ seq: last, recordedAt });
    if (recordedAt <= this.#byClock)
      throw new Overtaken(
        `entry ${String(last)} is of ${recordedAt}, and ${this.#byClock} was judged before`,
      );
    this.#engine.follow(batch);
    this.#book.record(entries);
    [this.#seq, this.#recordedAt] = [last, recordedAt];
    if (recordedAt > this.#passed) this.#passed = recordedAt;
    onJudged?.(batch);
  }

  #look(stop: Stop): void {
    if (stop.cause.seq === null) this.#byClock = stop.instant;
    this.#book.take(stop);
  }
}

function later(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}
