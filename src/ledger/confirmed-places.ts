import { LedgerDamaged, LedgerForked } from './faults.ts';
import { Frontier } from './merkle/frontier.ts';
import { leafHash } from './merkle/hash.ts';
import type { LedgerReader } from './port.ts';
import { rootOf, start, type Cursor } from './replay.ts';

/** How many entries lie between two places that are kept. */
const gap = 4_096;

/**
 * Places in a ledger that all entries up to them led to, and through which they led to its root. With two of them a part of the ledger
 * can be checked by itself, so that whoever reads it in pages has each entry hashed a few times, and not once a page.
 */
export class ConfirmedPlaces {
  readonly #ledger: LedgerReader;
  #places: readonly Cursor[] = [start];
  #end: Cursor = start;
  /** Only one goes on from where the last one came to. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(ledger: LedgerReader) {
    this.#ledger = ledger;
  }

  /** In order, from before the first entry to the head of now. Throws LedgerForked, LedgerDamaged, and what reading a ledger throws. */
  now(): Promise<readonly Cursor[]> {
    const asked = this.#last.then(() => this.#catchUp());
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  async #catchUp(): Promise<readonly Cursor[]> {
    const { size, root } = await this.#ledger.head();
    const before = this.#end;
    const found: Cursor[] = [];
    const tree = new Frontier(before);
    for await (const { bytes } of this.#ledger.read({ after: before.size - 1, to: size - 1 })) {
      tree.append(leafHash(bytes));
      if (tree.size % gap === 0) found.push(placeOf(tree));
    }
    requireRoot(before, tree, { size, root });
    // Nothing counts before the root was reached.
    this.#places = [...this.#places, ...found];
    this.#end = placeOf(tree);
    return this.#places.at(-1)?.size === size ? this.#places : [...this.#places, this.#end];
  }
}

function placeOf(tree: Frontier): Cursor {
  return { size: tree.size, frontier: tree.hashes() };
}

function requireRoot(before: Cursor, tree: Frontier, { size, root }: { size: number; root: string }): void {
  if (tree.size === size && tree.root() === root) return;
  if (size > before.size)
    throw new LedgerDamaged(
      `its ${String(tree.size)} entries give the root ${tree.root()}, the ledger says ${root} of ${String(size)}`,
    );
  throw new LedgerForked({
    ...{ size: before.size, expectedRoot: rootOf(before), actualRoot: root },
    ...(size === before.size ? {} : { actualSize: size }),
  });
}

/** A ledger as it was when it had so many entries. It has none to come. */
export function ledgerAsOf(ledger: LedgerReader, place: Cursor): LedgerReader {
  const { size } = place;
  return {
    id: ledger.id,
    read: ({ to = size - 1, ...range } = {}) => ledger.read({ ...range, to: Math.min(to, size - 1) }),
    subscribe: (options) => ledger.subscribe(options),
    head: () => Promise.resolve({ size, root: rootOf(place) }),
  };
}
