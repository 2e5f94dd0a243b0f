import { readEnvelope } from '../../events/codec/decode.ts';
import { liesUnder } from '../ledger/conditions.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { categoryOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { failureOf } from './failure.ts';

/** An entry that arrived. It may be of a batch without effect: it says that there is something to look at, and no more. */
export interface Arrival {
  readonly seq: number;
  readonly subject: string;
  readonly type: string;
  readonly tenant: string | undefined;
  readonly author: string;
  readonly recordedAt: string;
}

export interface FollowerOfLedger {
  readonly log: Logger;
  /** Hears why the ledger cannot be followed, each time that it was tried. */
  readonly onFault: (fault: unknown) => void;
  readonly onAnswer: () => void;
}

type ArrivalListener = (arrival: Arrival) => void;

/** How long it takes until a ledger that did not answer is asked again, in milliseconds. */
const againMs = 1_000;

/** The entries that arrive at a ledger, for all roles of a process: one of them asks the ledger, not each. */
export class Arrivals {
  readonly #ledger: LedgerReader;
  readonly #clock: Clock;
  readonly #listeners = new Set<ArrivalListener>();
  /** The last entry that says who took a role, by its subject. */
  readonly #taken = new Map<string, number>();
  #seq: number;

  constructor({ ledger, clock, after }: { ledger: LedgerReader; clock: Clock; after: number }) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#seq = after;
  }

  /** The last entry that arrived. */
  get seq(): number {
    return this.#seq;
  }

  /** True if none of the entries that arrived after one says that a role was taken. */
  isQuietSince(subjects: readonly string[], seq: number): boolean {
    return subjects.every((subject) => (this.#taken.get(subject) ?? -1) <= seq);
  }

  /** Hears of each entry that arrives, until the signal aborts. */
  listen(listener: ArrivalListener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }

  /** Follows the ledger until the signal aborts. What keeps it from that is told, and logged when it is something else than before. */
  async follow(signal: AbortSignal, { log, onFault, onAnswer }: FollowerOfLedger): Promise<void> {
    let last: string | undefined;
    while (!signal.aborted) {
      try {
        for await (const item of this.#ledger.subscribe({ after: this.#seq, signal })) {
          if (last !== undefined) log.info('the ledger is followed again');
          last = undefined;
          onAnswer();
          if (item.kind !== 'entry') continue;
          const { subject, type, tenant, actor, recordedAt } = readEnvelope(item.entry);
          if (liesUnder(subject, 'role')) this.#taken.set(subject, item.entry.seq);
          this.#seq = item.entry.seq;
          const arrival = { seq: this.#seq, subject, type, tenant, author: actor.name, recordedAt };
          for (const listener of this.#listeners) listener(arrival);
        }
      } catch (error) {
        const { code, words } = failureOf(error);
        const isForGood = categoryOf(error) === 'integrity';
        const level = last === `${code} ${words}` ? 'debug' : isForGood ? 'error' : 'warn';
        last = `${code} ${words}`;
        log[level](
          { err: error },
          isForGood
            ? 'the ledger is not what was followed: the roles that act on it stop'
            : 'the ledger cannot be followed; it is tried again',
        );
        onFault(error);
      }
      await this.#clock.sleep(againMs, signal);
    }
  }
}

/** What a role sleeps by: until a time is up, or something came that concerns it, also before it slept. */
export class Wake {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #woken = new AbortController();

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Wakes at entries under one of the subjects that were recorded after those that it is done with. */
  by(arrivals: Arrivals, { subjects, done }: { subjects: readonly string[]; done: () => number }): this {
    const listener = ({ seq, subject }: Arrival): void => {
      if (seq > done() && subjects.some((prefix) => liesUnder(subject, prefix))) this.call();
    };
    arrivals.listen(listener, this.#signal);
    return this;
  }

  call(): void {
    this.#woken.abort();
  }

  async sleep(milliseconds: number): Promise<void> {
    const either = AbortSignal.any([this.#signal, this.#woken.signal]);
    await this.#clock.sleep(milliseconds, either);
    this.#woken = new AbortController();
  }
}
