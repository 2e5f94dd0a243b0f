/** How long to wait before something that failed is tried again. */
export class Retry {
  readonly #shortestMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #times = 0;

  /** Each failure in a row doubles the wait. `random` gives at least 0 and less than 1: what failed together is not tried together. */
  constructor(of: { shortestMs: number; longestMs: number; random: () => number }) {
    this.#shortestMs = of.shortestMs;
    this.#longestMs = of.longestMs;
    this.#random = of.random;
  }

  /** How often it failed in a row. */
  get times(): number {
    return this.#times;
  }

  /** Hears that it failed once more, and says how long to wait, in milliseconds. */
  failed(): number {
    this.#times += 1;
    const waitMs = Math.min(this.#longestMs, this.#shortestMs * 2 ** (this.#times - 1));
    return Math.round(waitMs * (0.5 + this.#random() / 2));
  }

  succeeded(): void {
    this.#times = 0;
  }
}
