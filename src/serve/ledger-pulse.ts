import { readEnvelope } from '../../events/codec/decode.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { aborted } from '../runtime/aborted.ts';
import type { Clock } from '../runtime/clock.ts';
import { categoryOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { timeAwake } from '../runtime/time-awake.ts';
import { failureOf, type RoleFailure } from './failure.ts';
import { type RoleStandings } from './states.ts';

export interface LedgerPulseMeans {
  readonly ledger: LedgerReader;
  readonly clock: Clock;
  readonly standings: RoleStandings;
  readonly log: Logger;
  /** For how long a ledger may be silent until roles are given back, in milliseconds: as long as a lease lasts. */
  readonly giveBackMs: number;
}

/** Whether a ledger answers, for those who act on it. */
export interface LedgerHeard {
  /** Aborts once the ledger has been silent for as long as a lease lasts. There is another one once it has answered again. */
  readonly silent: AbortSignal;
  /** Returns once the ledger answers, or the signal aborts. */
  untilHeard(signal: AbortSignal): Promise<void>;
}

/** How often the ledger is asked, and after how long it counts as silent, in milliseconds. */
const askMs = 1_000;
const silentMs = 2_000;

/**
 * Asks a ledger now and again for its head. A server that stands still, or a connection that leads nowhere, fails no call for a long
 * time: who waits for an answer cannot tell. One question at a time is under way, and time in which this process itself stood still
 * counts for nothing.
 */
export class LedgerPulse implements LedgerHeard {
  readonly #means: LedgerPulseMeans;
  #quietMs = 0;
  #trouble: RoleFailure | undefined;
  #silence = new AbortController();
  #heard = Promise.withResolvers<undefined>();
  #isTold = false;

  constructor(means: LedgerPulseMeans) {
    this.#means = means;
  }

  get silent(): AbortSignal {
    return this.#silence.signal;
  }

  async untilHeard(signal: AbortSignal): Promise<void> {
    while (this.#silence.signal.aborted && !signal.aborted)
      await Promise.race([this.#heard.promise, aborted(signal)]);
  }

  /** Hears that the ledger answered, whoever asked. */
  answered(): void {
    const { standings, log } = this.#means;
    this.#quietMs = 0;
    this.#trouble = undefined;
    if (!this.#isTold) return;
    this.#isTold = false;
    standings.ledgerAnswered('asking');
    log.info('the ledger answers again');
    if (this.#silence.signal.aborted) this.#silence = new AbortController();
    this.#heard.resolve(undefined);
    this.#heard = Promise.withResolvers();
  }

  /** Asks until the signal aborts. It never throws. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const over = new AbortController();
      const asked = this.#ask().finally(() => {
        over.abort();
      });
      await this.#listen(AbortSignal.any([signal, over.signal]));
      if (isOver(signal)) return;
      await asked;
      if (this.#trouble === undefined) await this.#means.clock.sleep(askMs, signal);
      else await this.#listen(signal, askMs);
    }
  }

  async #ask(): Promise<void> {
    const { ledger, standings } = this.#means;
    try {
      const { size } = await ledger.head();
      standings.sawHead(size - 1);
      this.answered();
      await this.#date();
    } catch (error) {
      // What a person has to look at is an answer: those who follow the ledger find the same, and stop.
      if (categoryOf(error) === 'integrity') this.answered();
      else this.#trouble = failureOf(error);
    }
  }

  /** Looks up since when roles are behind that are further behind than what arrived while this process ran. */
  async #date(): Promise<void> {
    const { ledger, standings } = this.#means;
    for (const [role, seq] of standings.undated())
      for await (const entry of ledger.read({ after: seq - 1, to: seq }))
        standings.dated(role, { seq, recordedAt: readEnvelope(entry).recordedAt });
  }

  /** Counts the time for which nothing is heard, until the signal aborts, or for so long. */
  async #listen(signal: AbortSignal, forMs = Infinity): Promise<void> {
    const stepMs = askMs / 2;
    for (let leftMs = forMs; leftMs > 0 && !signal.aborted; leftMs -= stepMs) {
      await timeAwake(this.#means.clock, stepMs, signal);
      if (isOver(signal)) return;
      this.#quietMs += stepMs;
      this.#tellSilence();
    }
  }

  #tellSilence(): void {
    const { standings, log, giveBackMs } = this.#means;
    if (this.#quietMs < silentMs) return;
    const seconds = String(Math.round(this.#quietMs / 1_000));
    const why = this.#trouble ?? {
      ...{ code: 'LedgerSilent', words: `the ledger has not answered for ${seconds} seconds` },
    };
    standings.ledgerFailed(why, 'asking');
    if (!this.#isTold) log.warn({ why }, 'the ledger does not answer');
    this.#isTold = true;
    if (this.#quietMs >= giveBackMs) this.#silence.abort();
  }
}

/** A function of its own, since the compiler takes the signal for unchanged while something is waited for. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
