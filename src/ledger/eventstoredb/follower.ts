import { LedgerForked } from '../faults.ts';
import { readOn } from './continuation.ts';
import type { StreamPlace } from './reader.ts';
import { StreamLog } from './stream-log.ts';

/** Entries read with one call. */
const pageEntries = 1000;
const pauseMilliseconds = 50;

/** Keeps the log of a stream up to date. */
export class Follower {
  readonly log = new StreamLog();
  readonly #place: StreamPlace;
  readonly #graceMilliseconds: number;
  #catchingUp: Promise<unknown> = Promise.resolve();
  #fork: LedgerForked | undefined;

  /** `graceMilliseconds`: the time that an unfinished batch is given to be finished. */
  constructor(place: StreamPlace, { graceMilliseconds }: { graceMilliseconds: number }) {
    this.#place = place;
    this.#graceMilliseconds = graceMilliseconds;
  }

  /** Reads all entries that there are by now. Throws the errors of readOn, and UnreadableEntry. */
  catchUp(): Promise<void> {
    // Readings run one after the other, each from the end of the one before, also if that one failed.
    const turn = this.#catchingUp.then(() => this.#readOn());
    this.#catchingUp = turn.catch((error: unknown) => {
      if (error instanceof LedgerForked) this.#fork = error;
    });
    return turn;
  }

  /** Throws the LedgerForked that was found once: such a stream stays another one, whatever is written to it. */
  requireNoFork(): void {
    if (this.#fork !== undefined) throw this.#fork;
  }

  /**
   * Reads on until entry `seq` of another writer is there: a server may refuse a write because of an entry that
   * cannot be read yet. Throws LedgerForked if the entry does not appear while patience lasts, and the errors of
   * catchUp.
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
   * Waits while another process may be writing a batch in several parts, since an append now would make that batch
   * void. The wait ends when the batch has not grown for its time of grace. Clocks of other machines have no say in
   * it.
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
