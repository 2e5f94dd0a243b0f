import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { HostChange, Mark } from '../port.ts';
import { SetModel } from './pipeline/model.ts';

/** A set with its digest. */
interface DigestedSet {
  readonly digest: string;
  readonly objects: Iterable<OverlayObject>;
}

/** A change from a mark. */
export type StepChange = HostChange & { readonly from: Mark };

/** The digest of a set without objects, of which a host holds no flows either. */
export const digestOfNothing = digestOfObjects([]);

/**
 * The set of a shard that was asked for last, as a model. Hosts of a shard are mostly asked about one set, or led on by one
 * change: so the model is made once, and then led on and back at the cost of the change. Whoever gets it uses it before
 * anything else is waited for.
 */
export class ShardModel {
  #digest = digestOfNothing;
  #model = SetModel.of([]);

  /** The model of a set. */
  of({ digest, objects }: DigestedSet): SetModel {
    if (this.#digest !== digest) {
      this.#model = SetModel.of(objects);
      this.#digest = digest;
    }
    return this.#model;
  }

  /** The model of the set that a change leads on from. */
  before({ from, digest, after, former }: StepChange): SetModel {
    if (this.#digest === from.digest) return this.#model;
    const model = this.of({ digest, objects: after.values() });
    this.#digest = from.digest;
    for (const [key, object] of former) {
      if (object === undefined) model.remove(key);
      else model.put(object);
    }
    return model;
  }

  /** Says that the model of `before` was led on to the set of the change. */
  isLedOn({ digest }: StepChange): void {
    this.#digest = digest;
  }
}
