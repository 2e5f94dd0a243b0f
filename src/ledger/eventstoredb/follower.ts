import { LedgerForked } from '../faults.ts';
import { readOn } from './continuation.ts';
import type { StreamPlace } from './reader.ts';
import { StreamLog } from './stream-log.ts';

/** Entries read with one call. */
const pageEntries = 1000;
const pauseMilliseconds = 50;

/** Keeps a log of what the stream holds up to date. */
export class Follower {
  readonly log = new StreamLog();
  readonly #place: StreamPlace;
  readonly #graceMilliseconds: number;
  #catchingUp: Promise<unknown> = Promise.resolve();
  #fork: LedgerForked | undefined;

  /** `graceMilliseconds`: how long an unfinished batch is left the time to be finished. */
  constructor(place: StreamPlace, { graceMilliseconds }: { graceMilliseconds: number }) {
    this.#place = place;
    this.#graceMilliseconds = graceMilliseconds;
  }

  /** Reads all that there is by now. Throws what readOn throws, and UnreadableEntry. */
  catchUp(): Promise<void> {
    // One after the other, each from where the one before ended, whether or not that one failed.
    const turn = this.#catchingUp.then(() => this.#readOn());
    this.#catchingUp = turn.catch((error: unknown) => {
      if (error instanceof LedgerForked) this.#fork = error;
    });
    return turn;
  }

  /** A stream that was once found to be another one stays that, whatever is written to it. Throws that LedgerForked. */
  requireNoFork(): void {
    if (this.#fork !== undefined) throw this.#fork;
  }

  /**
   * Reads on until entry `seq` is there, which somebody else wrote: a server may refuse a write because of one that cannot
   * be read yet. Throws LedgerForked where it does not come to light while patience lasts, and as catchUp.
   */
  async catchUpWith(seq: number): Promise<void> {
    const { clock, totalMilliseconds } = this.#place.patience;
    const deadlineMs = clock.elapsedMs() + totalMilliseconds;
    for (;;) {
      await this.catchUp();
      if (this.log.size > seq) return;
      if (clock.elapsedMs() > deadlineMs) throw new LedgerForked({ place: this.#place.place, from: seq });
      await clock.sleep(pauseMilliseconds);
    }
  }

  /**
   * Waits while somebody may still be writing a batch in several parts: whatever is appended now would make it void. One
   * that no longer grows is waited for until its time is up. Clocks of other machines have no say in it.
   */
  async leaveTimeToFinish(): Promise<void> {
    const { clock } = this.#place.patience;
    let size = this.log.size;
    let sinceMs = clock.elapsedMs();
    while (this.log.settledSize < this.log.size && clock.elapsedMs() - sinceMs < this.#graceMilliseconds) {
      await clock.sleep(Math.min(pauseMilliseconds, this.#graceMilliseconds));
      await this.catchUp();
      if (this.log.size > size) sinceMs = clock.elapsedMs();
      size = this.log.size;
    }
  }

  async #readOn(): Promise<void> {
    this.requireNoFork();
    for (;;) {
      const page = await readOn(this.#place, { last: this.log.last, from: 0, count: pageEntries });
      for (const entry of page) this.log.take(entry);
      if (page.length < pageEntries) return;
    }
  }
}
