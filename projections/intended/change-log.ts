/** What a change concerns that touches everyone: shards, hosts, externals. */
export const everyone = '*';

/** How many changes are remembered: whoever has fallen further behind starts anew. */
const rememberedMax = 4096;

/**
 * Which tenants the events folded lately touched, in order, so that what is derived from an intended state can be brought
 * up to date without looking at the rest of it. `*` is everyone.
 */
export class ChangeLog {
  #first = 0;
  #touched: string[] = [];

  /** The position behind the last change. */
  get end(): number {
    return this.#first + this.#touched.length;
  }

  note(tenant: string): void {
    this.#touched.push(tenant);
    if (this.#touched.length <= 2 * rememberedMax) return;
    this.#first += this.#touched.length - rememberedMax;
    this.#touched = this.#touched.slice(-rememberedMax);
  }

  /** Whom the changes from a position on touched; undefined where not all of them are remembered. */
  since(position: number): ReadonlySet<string> | undefined {
    if (position < this.#first) return undefined;
    const touched = new Set(this.#touched.slice(position - this.#first));
    return touched.has(everyone) ? undefined : touched;
  }
}
