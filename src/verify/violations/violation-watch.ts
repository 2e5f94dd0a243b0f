import { Engine, type Stop } from '../../../projections/isolation/engine/engine.ts';
import type { Batch } from '../../ledger/batch-reader.ts';
import { clockAhead } from '../../ledger/clocks.ts';
import type { Condition, LedgerReader } from '../../ledger/port.ts';
import { replay, rootOf, start, type Cursor } from '../../ledger/replay.ts';
import { unhurried } from '../../ledger/unhurried.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Fault } from '../../runtime/errors.ts';
import { turnsBy } from '../../runtime/next-turn.ts';
import { VerifierDisagrees } from '../../../projections/isolation/judging/witness.ts';
import { VerdictContradicted } from '../faults.ts';
import type { HistoryKeeping } from '../history/history-keeping.ts';
import type { Resuming } from '../history/resuming.ts';
import { upTo, type KeptStop } from './kept-stops.ts';
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

/** Knows the violations of a ledger, and what is recorded of them. */
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
  /**
   * Keeps what the last catchUp came to, if it keeps anything: the next watch begins there. It costs what all that is kept comes to, in
   * one turn.
   */
  keep(): void;
  /** The same, and lets go of its files. It may go on with catchUp. */
  close(): void;
  /** Lets go of its files, and of what it came to since it was kept last: this watch is of no use any more. */
  drop(): void;
}

export interface WatchedBy {
  readonly clock: Pick<Clock, 'now' | 'elapsedMs'>;
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

/** What a watch begins with instead of the first entry: an index whose entries are to be folded, and the stops that it has. */
interface KeptBeginning {
  readonly resuming: Resuming;
  readonly stops: KeptStop[];
}

/**
 * Follows a ledger with an engine in memory, from its first entry, or from what is kept. It is judged by what hosts acknowledged. Where
 * it begins with what is kept, catchUp throws IndexDamaged, KeptRefused, and the errors of SQLite as well: then it is of no use.
 */
export class LiveWatch implements ViolationWatch {
  readonly #book = new ViolationBook();
  readonly #kept: KeptBeginning | undefined;
  readonly #newKeeping: (() => HistoryKeeping) | undefined;
  #engine: Engine | undefined;
  #keeping: HistoryKeeping | undefined;
  #cursor: Cursor = start;
  #recordedAt = '';
  #seq = -1;
  /** The last instant that was judged by the clock alone. */
  #byClock = '';
  /** Up to where time was followed. */
  #passed = '';
  /** Whether the last catchUp came to its end. */
  #isWhole = false;

  /** `keeping` makes what hears the engine, before it follows anything. */
  constructor({ kept, keeping }: { kept?: KeptBeginning; keeping?: () => HistoryKeeping } = {}) {
    this.#kept = kept;
    this.#newKeeping = keeping;
  }

  get judged(): { readonly seq: number; readonly time: string } {
    return { seq: this.#seq, time: this.#passed };
  }

  get next(): string | undefined {
    const next = this.#engine?.next;
    return next && later(next, graceMs);
  }

  async catchUp(ledger: LedgerReader, by: WatchedBy): Promise<WatchHeld | undefined> {
    const { clock, signal } = by;
    this.#isWhole = false;
    try {
      if (this.#engine !== undefined) this.#keeping?.goOn(this.#engine.state);
      await this.#read(unhurried(ledger, turnsBy(clock)), by);
      const engine = this.#goOn();
      const until = later(clock.now(), -graceMs);
      if (until > this.#passed) {
        engine.passTime(until, { including: true });
        this.#passed = until;
      }
      this.#isWhole = true;
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
        if (this.#engine === undefined) this.#kept?.resuming.confirm(cursor);
      },
    });
  }

  keep(): void {
    this.#save();
    if (this.#engine !== undefined) this.#keeping?.goOn(this.#engine.state);
  }

  close(): void {
    // Who was stopped halfway goes on with the files that it has.
    if (!this.#isWhole) return;
    this.#save();
    this.#keeping?.drop();
  }

  drop(): void {
    this.#keeping?.drop();
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
    this.#judgeOrFold(batch, onJudged);
    this.#book.record(entries);
    [this.#seq, this.#recordedAt] = [last, recordedAt];
    if (recordedAt > this.#passed) this.#passed = recordedAt;
  }

  #judgeOrFold(batch: Batch, onJudged: WatchedBy['onJudged']): void {
    if (this.#engine === undefined && this.#kept?.resuming.fold(batch) === true) {
      for (const stop of upTo(this.#kept.stops, batch.last)) this.#book.take(stop);
      return;
    }
    const engine = this.#goOn();
    engine.follow(batch);
    this.#keeping?.follow(batch, engine.state);
    onJudged?.(batch);
  }

  /** The engine, which begins once all is folded that is kept. */
  #goOn(): Engine {
    if (this.#engine !== undefined) return this.#engine;
    const look = (stop: Stop): void => {
      this.#look(stop, engine);
    };
    const { resuming, stops = [] } = this.#kept ?? {};
    const engine: Engine = resuming?.engine(look) ?? new Engine('applied', look);
    for (const stop of stops) this.#book.take(stop);
    this.#byClock = resuming?.index.meta.byClock ?? '';
    this.#keeping = this.#newKeeping?.();
    this.#engine = engine;
    return engine;
  }

  #look(stop: Stop, engine: Engine): void {
    if (stop.cause.seq === null) this.#byClock = stop.instant;
    this.#book.take(stop);
    this.#keeping?.look(stop, engine);
  }

  #save(): void {
    const [engine, cursor, passed] = [this.#engine, this.#cursor, this.#passed];
    if (!this.#isWhole || engine === undefined) return;
    this.#keeping?.save({ cursor, head: { size: cursor.size, root: rootOf(cursor) }, passed, engine });
  }
}

/** Whether something that time alone brings is not judged yet, since an entry may be on its way that was recorded before. */
export function isToJudgeLater(instant: string, now: string): boolean {
  return instant > later(now, -graceMs);
}

function later(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}
