import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { LedgerDamaged } from '../faults.ts';
import { endsOfSubtrees, Frontier } from '../merkle/frontier.ts';
import { bytesOf, integerOf } from './columns.ts';
import { formatOf } from './recognise.ts';
import { laggingFormatVersion } from './schema.ts';

/** A program of the former format wrote the head with the entry at every multiple of this number, and when it left. */
const laggingNotedEvery = 1000;

/**
 * The end of the ledger: the Merkle frontier over its entries, with their number, and the time of the last entry (''
 * for none). Both move on as a transaction appends.
 */
export interface StoredHead {
  readonly tree: Frontier;
  recordedAt: string;
}

/** Reads the end of the ledger from its tables. */
export class HeadReader {
  readonly #selectSize: StatementSync;
  readonly #selectEntry: StatementSync;
  readonly #selectBoth: StatementSync;
  readonly #mayLag: boolean;

  constructor(database: DatabaseSync) {
    this.#selectSize = database.prepare('SELECT coalesce(max(seq), -1) + 1 AS size FROM entry');
    this.#selectEntry = database.prepare('SELECT subtree, bytes FROM entry WHERE seq = ?1');
    this.#selectBoth = database.prepare(
      'SELECT size AS noted, (SELECT coalesce(max(seq), -1) + 1 FROM entry) AS size FROM head',
    );
    this.#mayLag = formatOf(database) === laggingFormatVersion;
  }

  /** The number of entries, by the seq of the last one. */
  size(): number {
    return integerOf(this.#selectSize.get(), 'size');
  }

  /**
   * The frontier of the tree. Throws LedgerDamaged if there are fewer entries than were noted, if that note was lowered, or
   * if an entry that keeps a part of the frontier is missing.
   */
  tree(): Frontier {
    return this.treeAt(this.soundSize());
  }

  /** The frontier of the tree when it had so many entries, of those that are there. Throws as `tree` does. */
  treeAt(size: number): Frontier {
    const frontier = endsOfSubtrees(size).map((end) => this.#subtreeAt(end - 1));
    return new Frontier({ size, frontier });
  }

  /** Tree and time. Throws as `tree` does, and UnreadableEntry if the last entry cannot be read. */
  read(): StoredHead {
    const tree = this.tree();
    return { tree, recordedAt: tree.size === 0 ? '' : this.#recordedAt(tree.size - 1) };
  }

  /**
   * The number of entries, which is the one that was noted with the last of them; in the former format at least with the last
   * thousandth. Both are read at one moment, since others append. A note that is too low would hide the loss of entries. Throws
   * LedgerDamaged.
   */
  soundSize(): number {
    const row = this.#selectBoth.get();
    if (row === undefined) throw new LedgerDamaged('the ledger has lost its head');
    const [noted, size] = [integerOf(row, 'noted'), integerOf(row, 'size')];
    if (size < noted)
      throw new LedgerDamaged(
        `the ledger has lost its end: ${String(noted)} entries were there, and ${String(size)} are left`,
      );
    if (noted < (this.#mayLag ? size - (size % laggingNotedEvery) : size))
      throw new LedgerDamaged(
        `the ledger's note of its size was lowered: it says ${String(noted)}, and ${String(size)} entries are there`,
      );
    return size;
  }

  #subtreeAt(seq: number): string {
    const hash = Buffer.from(bytesOf(this.#selectEntry.get(seq), 'subtree'));
    if (hash.length !== 32) throw new LedgerDamaged(`entry ${String(seq)} has lost its place in the tree`);
    return hash.toString('hex');
  }

  #recordedAt(seq: number): string {
    return readEnvelope({ seq, bytes: bytesOf(this.#selectEntry.get(seq), 'bytes') }).recordedAt;
  }
}
