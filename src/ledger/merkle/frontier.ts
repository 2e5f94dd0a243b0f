import { emptyRoot, nodeHash } from './hash.ts';

/**
 * The right edge of a growing Merkle tree: the roots of its complete subtrees, largest first, one for each bit that is
 * set in `size`. That is all it takes to append leaves and to know the root, at O(log n) memory for n leaves.
 */
export class Frontier {
  #size: number;
  readonly #hashes: string[];

  /** Takes up an edge where `hashes` left it. Throws a RangeError where the number of hashes does not belong to `size`. */
  constructor(edge: { readonly size: number; readonly frontier: readonly string[] }) {
    if (edge.frontier.length !== bitsSetIn(edge.size)) {
      throw new RangeError(
        `a tree of ${String(edge.size)} leaves has no edge of ${String(edge.frontier.length)} hashes`,
      );
    }
    this.#size = edge.size;
    this.#hashes = [...edge.frontier];
  }

  get size(): number {
    return this.#size;
  }

  /** The hashes of the edge, as they can be stored and given to the constructor again. */
  hashes(): readonly string[] {
    return [...this.#hashes];
  }

  /** Appends one leaf hash. It completes as many subtrees as `size` has ones at its end, and they become one. */
  append(leaf: string): void {
    const completed = this.#hashes.splice(this.#hashes.length - onesAtTheEndOf(this.#size));
    this.#hashes.push(completed.reduceRight((right, left) => nodeHash(left, right), leaf));
    this.#size += 1;
  }

  /** The Merkle tree hash over all leaves. */
  root(): string {
    return this.#size === 0 ? emptyRoot : this.#hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

function bitsSetIn(size: number): number {
  return size.toString(2).replaceAll('0', '').length;
}

function onesAtTheEndOf(size: number): number {
  let ones = 0;
  for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) ones += 1;
  return ones;
}
