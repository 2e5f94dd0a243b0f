import { objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { knownLines, type KnownLines } from './host-set.ts';
import { setText } from './host-text.ts';

/**
 * The set that a shard's hosts are to hold, as it stands in their files. It is the same for each of them, so that it is
 * put into words for the first, and kept for the others: as long as it consists of the same objects.
 */
export class SetInLines {
  readonly #objects: readonly OverlayObject[];
  #known: KnownLines | undefined;
  #text: string | undefined;

  constructor(objects: readonly OverlayObject[]) {
    this.#objects = [...objects];
  }

  /** Whether this is the set of these objects, in their order. Objects are never changed. */
  isOf(objects: readonly OverlayObject[]): boolean {
    return (
      objects.length === this.#objects.length &&
      objects.every((object, index) => object === this.#objects[index])
    );
  }

  /** The lines of the set, beside those that were read since. */
  known(): KnownLines {
    this.#known ??= knownLines(objectsByKey(this.#objects));
    return this.#known;
  }

  text(): string {
    this.#text ??= setText(this.#objects);
    return this.#text;
  }
}
