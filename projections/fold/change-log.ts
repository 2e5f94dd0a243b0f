/** What a change touches that touches all there is. */
export const everyone = '*';

/** How many changes are remembered: whoever has fallen further behind starts anew. */
const rememberedMax = 4096;

/**
 * What the events folded lately touched (tenants, keys of objects), in order, so that what is derived from a state can be
 * brought up to date without looking at the rest of it. `*` is everyone.
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

  /** What the changes from a position on touched; undefined where that is everyone, or not all of it is remembered. */
  since(position: number): ReadonlySet<string> | undefined {
    if (position < this.#first) return undefined;
    const touched = new Set(this.#touched.slice(position - this.#first));
    return touched.has(everyone) ? undefined : touched;
  }
}
