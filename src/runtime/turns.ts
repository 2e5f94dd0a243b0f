/**
 * What several have in common, and only one at a time may use: each takes turns, in the order in which they asked. After a fault
 * of one of them nobody has a turn any more: the others end with that fault, since what they have in common may be broken.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();
  #fault: { readonly is: unknown } | undefined;

  /** Does work once it has the turn, which it may give up for a while. */
  async with<Result>(work: (turn: HeldTurn) => Promise<Result>): Promise<Result> {
    let release = await this.#take();
    const aside = async <Found>(waiting: () => Promise<Found>): Promise<Found> => {
      release();
      try {
        return await waiting();
      } finally {
        release = await this.#take();
      }
    };
    try {
      return await work({ aside });
    } catch (fault) {
      this.#fault ??= { is: fault };
      throw this.#fault.is;
    } finally {
      release();
    }
  }

  async #take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    await before;
    const release = (): void => {
      resolve(undefined);
    };
    if (this.#fault === undefined) return release;
    release();
    throw this.#fault.is;
  }
}

/** The turn of one of them. */
export interface HeldTurn {
  /** Waits for something without the turn, so that others go on meanwhile; afterwards it has the turn again. */
  readonly aside: <Found>(waiting: () => Promise<Found>) => Promise<Found>;
}
