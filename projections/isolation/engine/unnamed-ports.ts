import type { Entry } from '../../../events/entry.ts';
import { portKey, type Documents } from '../documents/document-fold.ts';

/** Whether any plan, or anybody beside all plans, ever bound a port that no document ever named. No port that was named is ever without an occupant again. */
export class UnnamedPorts {
  readonly #occupants: Documents['occupants'];
  readonly #unnamed: Set<string>;

  /** `bound` are the ports that plans bound so far, as far as a host may still hold that. */
  constructor({ occupants }: Documents, bound: Iterable<string>) {
    this.#occupants = occupants;
    this.#unnamed = new Set(bound);
  }

  /** Takes entries, after the documents have. */
  follow(entries: readonly Entry[]): void {
    for (const { type, data } of entries) {
      if (type !== 'ChangePlanned' && type !== 'DriftDetected') continue;
      for (const object of data.put) {
        if (object.kind === 'binding' && !this.#occupants.has(portKey(object)))
          this.#unnamed.add(portKey(object));
      }
    }
  }

  get any(): boolean {
    for (const key of this.#unnamed) if (this.#occupants.has(key)) this.#unnamed.delete(key);
    return this.#unnamed.size > 0;
  }
}
