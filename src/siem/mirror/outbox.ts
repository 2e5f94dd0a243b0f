import type { Mirror, MirrorMessage } from './port.ts';

interface Sent {
  readonly message: MirrorMessage;
  isThere: boolean;
}

/** Why something did not arrive, or may not have. The last message may simply be another's: there is no cause then. */
export interface Trouble {
  readonly cause: Error | undefined;
}

/** Messages under way to a mirror: several at once, in order, and kept until they are known to be there. */
export class Outbox {
  readonly #mirror: Mirror;
  readonly #max: number;
  #sent: Sent[] = [];
  #underWay = 0;
  #trouble: Trouble | undefined;
  #done: number;
  #change = Promise.withResolvers<undefined>();

  /** `done` is the seq of the last entry that is there, -1 for none. */
  constructor(mirror: Mirror, { done, max }: { done: number; max: number }) {
    this.#mirror = mirror;
    this.#done = done;
    this.#max = max;
  }

  /** The last entry that is there, and all before it. */
  get done(): number {
    return this.#done;
  }

  /** All that was sent is there. */
  get isEmpty(): boolean {
    return this.#sent.length === 0;
  }

  /** How many more may be under way. */
  get room(): number {
    return Math.max(0, this.#max - this.#sent.length);
  }

  /** What was sent behind what did not arrive did not arrive either. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Settles at the next answer. */
  changed(): Promise<undefined> {
    return this.#change.promise;
  }

  send(message: MirrorMessage): void {
    const sent = { message, isThere: false };
    this.#sent.push(sent);
    // What comes behind a message that did not arrive is refused, and waits with it.
    if (this.#trouble === undefined) void this.#publish(sent);
  }

  /** Returns once nothing is under way. */
  async settled(): Promise<void> {
    while (this.#underWay > 0) await this.changed();
  }

  /**
   * Sends again what is not among the first `count` messages, which are known to be there. False where there are fewer than were
   * before, so that the missing ones have to be read again.
   */
  resume(count: number): boolean {
    if (count < this.#done + 1) return false;
    this.#trouble = undefined;
    for (const sent of this.#sent) sent.isThere = sent.message.seq < count;
    this.#drop();
    for (const sent of this.#sent) void this.#publish(sent);
    return true;
  }

  async #publish(sent: Sent): Promise<void> {
    this.#underWay += 1;
    try {
      sent.isThere = await this.#mirror.publish(sent.message);
      if (!sent.isThere) this.#trouble ??= { cause: undefined };
    } catch (error) {
      this.#trouble ??= { cause: error instanceof Error ? error : new Error(String(error)) };
    }
    this.#underWay -= 1;
    this.#drop();
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve(undefined);
  }

  #drop(): void {
    const first = this.#sent.findIndex(({ isThere }) => !isThere);
    const gone = this.#sent.splice(0, first === -1 ? this.#sent.length : first);
    this.#done = gone.at(-1)?.message.seq ?? this.#done;
  }
}
