import { emptyRoot, nodeHash } from './hash.ts';

/**
 * The right edge of a growing Merkle tree: the roots of its complete subtrees, largest first, one for each bit that
 * is set in `size`. These hashes are enough to append leaves and to compute the root, with O(log n) memory for n
 * leaves.
 */
export class Frontier {
  #size: number;
  readonly #hashes: string[];

  /**
   * Goes on with an edge as `hashes` gave it. Throws a RangeError if the number of hashes does not belong to `size`.
   */
  constructor(edge: { readonly size: number; readonly frontier: readonly string[] }) {
    if (!isEdge(edge)) {
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

  /**
   * Appends one leaf hash. The leaf and the subtrees for the ones at the end of `size` (in binary) become one
   * subtree. Returns the root of it: the largest complete subtree whose last leaf is this one.
   */
  append(leaf: string): string {
    const completed = this.#hashes.splice(this.#hashes.length - onesAtTheEndOf(this.#size));
    const subtree = completed.reduceRight((right, left) => nodeHash(left, right), leaf);
    this.#hashes.push(subtree);
    this.#size += 1;
    return subtree;
  }

  /** The Merkle tree hash over all leaves. */
  root(): string {
    return this.#size === 0 ? emptyRoot : this.#hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** Whether there are as many hashes as a tree of `size` leaves has at its edge. */
export function isEdge({
  size,
  frontier,
}: {
  readonly size: number;
  readonly frontier: readonly string[];
}): boolean {
  return frontier.length === bitsSetIn(size);
}

/** By complete subtree of a frontier, the number of leaves up to its end: 4, 6, 7 for 7 leaves. */
export function endsOfSubtrees(size: number): readonly number[] {
  const ends: number[] = [];
  let end = 0;
  for (let leaves = 2 ** Math.floor(Math.log2(size)); leaves >= 1; leaves /= 2) {
    if (end + leaves > size) continue;
    end += leaves;
    ends.push(end);
  }
  return ends;
}

function bitsSetIn(size: number): number {
  return size.toString(2).replaceAll('0', '').length;
}

function onesAtTheEndOf(size: number): number {
  let ones = 0;
  for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) ones += 1;
  return ones;
}
