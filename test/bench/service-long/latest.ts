/** Does some work again whenever it is asked for; what is asked for while it is being done is done once more, and not oftener. */
export class Latest {
  readonly #work: () => Promise<void>;
  #isAsked = false;
  #doing: Promise<void> | undefined;
  #fault: Error | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  ask(): void {
    this.#isAsked = true;
    this.#doing ??= this.#run().finally(() => (this.#doing = undefined));
  }

  /** Returns once nothing is asked for. Throws what the work threw. */
  async settled(): Promise<void> {
    await this.#doing;
    if (this.#fault !== undefined) throw this.#fault;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        await this.#work();
      }
    } catch (fault) {
      this.#fault ??= fault instanceof Error ? fault : new Error(String(fault));
    }
  }
}
