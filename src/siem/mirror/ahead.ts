import type { MirrorMessage } from './port.ts';

/** Messages that were written ahead, up to a bound, while others are under way: so that many are sent at once. */
export class Ahead {
  readonly #max: number;
  readonly #pumping: Promise<void>;
  #waiting: MirrorMessage[] = [];
  #isOver = false;
  #failure: { readonly cause: unknown } | undefined;
  #change = Promise.withResolvers<undefined>();
  #room = Promise.withResolvers<undefined>();

  constructor(messages: AsyncIterable<MirrorMessage>, { max }: { max: number }) {
    this.#max = max;
    this.#pumping = this.#pump(messages);
  }

  /** All were taken, and no more come. */
  get isDone(): boolean {
    return this.#isOver && this.#waiting.length === 0;
  }

  /** Settles once there is more to take, or no more comes. */
  changed(): Promise<undefined> {
    return this.#change.promise;
  }

  /** The first messages that wait, at most so many. Throws what reading threw, once what was read before is taken. */
  take(count: number): readonly MirrorMessage[] {
    if (this.#waiting.length === 0 && this.#failure !== undefined) throw this.#failure.cause;
    const taken = this.#waiting.splice(0, count);
    if (this.#waiting.length < this.#max) this.#room.resolve(undefined);
    return taken;
  }

  /** Returns once nothing is read any more. Whoever follows the ledger has told it to end before. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#room.resolve(undefined);
    await this.#pumping;
  }

  async #pump(messages: AsyncIterable<MirrorMessage>): Promise<void> {
    try {
      for await (const message of messages) {
        this.#waiting.push(message);
        this.#changed();
        if (this.#waiting.length >= this.#max) await this.#roomAgain();
        if (this.#isOver) return;
      }
    } catch (cause) {
      this.#failure = { cause };
    } finally {
      this.#isOver = true;
      this.#changed();
    }
  }

  async #roomAgain(): Promise<void> {
    if (this.#isOver) return;
    this.#room = Promise.withResolvers();
    await this.#room.promise;
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve(undefined);
  }
}
