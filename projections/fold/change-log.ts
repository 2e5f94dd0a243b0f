/** The name of a change that concerns everyone. */
export const everyone = '*';

/** The number of changes that are remembered at least. A reader that has fallen further behind starts anew. */
const rememberedMax = 4096;

/**
 * The names that recent events touched (tenants, or keys of objects), in order. A state that is derived from another
 * one follows these changes, and need not look at the rest. `*` is everyone.
 */
export class ChangeLog {
  #first = 0;
  #touched: string[] = [];

  /** The position behind the last change. */
  get end(): number {
    return this.#first + this.#touched.length;
  }

  note(name: string): void {
    this.#touched.push(name);
    if (this.#touched.length <= 2 * rememberedMax) return;
    this.#first += this.#touched.length - rememberedMax;
    this.#touched = this.#touched.slice(-rememberedMax);
  }

  /** The names touched since a position. Undefined if a change concerned everyone, or is no longer remembered. */
  since(position: number): ReadonlySet<string> | undefined {
    if (position < this.#first) return undefined;
    const touched = new Set(this.#touched.slice(position - this.#first));
    return touched.has(everyone) ? undefined : touched;
  }
}
