import type { Entry } from '../../../events/entry.ts';
import { portKey, type Documents } from '../documents/document-fold.ts';

/** The ports that were ever bound, but for those of which it was seen since that a document names them, or named them once. */
export class UnnamedPorts {
  readonly #unnamed = new Set<string>();
  readonly #bound = new Set<string>();

  follow(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.type !== 'ChangePlanned') continue;
      for (const object of entry.data.put) {
        if (object.kind !== 'binding') continue;
        const key = portKey(object);
        if (!this.#bound.has(key)) this.#unnamed.add(key);
        this.#bound.add(key);
      }
    }
  }

  /** True if there are any. */
  areThere({ occupants }: Documents): boolean {
    for (const key of this.#unnamed) if (occupants.has(key)) this.#unnamed.delete(key);
    return this.#unnamed.size > 0;
  }
}
