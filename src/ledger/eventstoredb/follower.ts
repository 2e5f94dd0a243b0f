import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../runtime/clock.ts';
import { readPage, type StreamPlace } from './reader.ts';
import { StreamLog } from './stream-log.ts';

/** Entries read with one call. */
const pageEntries = 1000;
const pauseMilliseconds = 50;

/** Keeps a log of what the stream holds up to date. */
export class Follower {
  readonly log = new StreamLog();
  readonly #place: StreamPlace;
  readonly #clock: Clock;
  readonly #graceMilliseconds: number;
  #catchingUp: Promise<unknown> = Promise.resolve();

  /** `graceMilliseconds`: how long an unfinished batch is left the time to be finished. */
  constructor(place: StreamPlace, { clock, graceMilliseconds }: { clock: Clock; graceMilliseconds: number }) {
    this.#place = place;
    this.#clock = clock;
    this.#graceMilliseconds = graceMilliseconds;
  }

  /** Reads all that there is by now. Throws what readPage throws, and UnreadableEntry. */
  catchUp(): Promise<void> {
    // One after the other, each from where the one before ended, whether or not that one failed.
    const turn = this.#catchingUp.then(() => this.#readOn());
    this.#catchingUp = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Waits while somebody may still be writing a batch in several parts: whatever is appended now would make it void. One
   * whose writer is gone is waited for until its time is up.
   */
  async leaveTimeToFinish(): Promise<void> {
    for (;;) {
      const { pending } = this.log;
      if (pending === undefined) return;
      const age = Date.parse(this.#clock.now()) - Date.parse(pending.recordedAt);
      if (age >= this.#graceMilliseconds) return;
      await sleep(pauseMilliseconds);
      await this.catchUp();
    }
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const page = await readPage(this.#place, { from: this.log.size, count: pageEntries });
      for (const entry of page) this.log.take(entry);
      if (page.length < pageEntries) return;
    }
  }
}
