import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import type { SetChange } from '../../events/set-digest.ts';

/** What a shard was to hold, as a step from the set that was planned for it. */
export interface DesiredStep extends SetChange {
  /** The instant at which it was judged. UTC with milliseconds. */
  readonly at: string;
}

/**
 * What a shard was to hold where its state was kept. It hears of what the planned set loses after that, and so can tell the
 * whole of it later: whoever goes on from there need not translate the shard again.
 */
export class DesiredThen {
  /** The instant at which it was judged. */
  readonly judgedAt: string;
  /** By key at which it differed from the set that was planned then, its object. */
  readonly #stepped = new Map<string, OverlayObject | undefined>();
  /** By key that was touched since, the object that the planned set had. */
  readonly #former = new Map<string, OverlayObject | undefined>();

  constructor(step: DesiredStep) {
    this.judgedAt = step.at;
    for (const key of step.removed) this.#stepped.set(key, undefined);
    for (const object of step.put) this.#stepped.set(keyOf(object), object);
  }

  /** The number of keys of the planned set that were touched since. */
  get touched(): number {
    return this.#former.size;
  }

  /** Hears that an object of the planned set is replaced, taken away, or put where there was none. */
  note(key: string, former: OverlayObject | undefined): void {
    if (!this.#former.has(key)) this.#former.set(key, former);
  }

  /** The keys at which it differed from the set that was planned then. */
  differing(): Iterable<string> {
    return this.#stepped.keys();
  }

  /** Its object at a key, told from the set that is planned now. */
  at(key: string, planned: ReadonlyMap<string, OverlayObject>): OverlayObject | undefined {
    if (this.#stepped.has(key)) return this.#stepped.get(key);
    return this.#former.has(key) ? this.#former.get(key) : planned.get(key);
  }

  /** Its objects by key, told from the set that is planned now. */
  objects(planned: ReadonlyMap<string, OverlayObject>): ReadonlyMap<string, OverlayObject> {
    const objects = new Map(planned);
    for (const key of new Set([...this.#former.keys(), ...this.differing()])) {
      const object = this.at(key, planned);
      if (object === undefined) objects.delete(key);
      else objects.set(key, object);
    }
    return objects;
  }
}
