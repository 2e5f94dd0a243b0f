import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { LedgerDamaged } from '../faults.ts';
import { endsOfSubtrees, Frontier } from '../merkle/frontier.ts';
import { bytesOf, integerOf } from './columns.ts';

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
  readonly #selectNoted: StatementSync;

  constructor(database: DatabaseSync) {
    this.#selectSize = database.prepare('SELECT coalesce(max(seq), -1) + 1 AS size FROM entry');
    this.#selectEntry = database.prepare('SELECT subtree, bytes FROM entry WHERE seq = ?1');
    this.#selectNoted = database.prepare('SELECT size FROM head');
  }

  /** The number of entries, by the seq of the last one. */
  size(): number {
    return integerOf(this.#selectSize.get(), 'size');
  }

  /**
   * The frontier of the tree. Throws LedgerDamaged if there are fewer entries than were noted once, or if an entry
   * that keeps a part of the frontier is missing.
   */
  tree(): Frontier {
    const size = this.size();
    const noted = this.noted();
    if (size < noted)
      throw new LedgerDamaged(
        `the ledger has lost its end: ${String(noted)} entries were there, and ${String(size)} are left`,
      );
    const frontier = endsOfSubtrees(size).map((end) => this.#subtreeAt(end - 1));
    return new Frontier({ size, frontier });
  }

  /** Tree and time. Throws as `tree` does, and UnreadableEntry if the last entry cannot be read. */
  read(): StoredHead {
    const tree = this.tree();
    return { tree, recordedAt: tree.size === 0 ? '' : this.#recordedAt(tree.size - 1) };
  }

  /** The number of entries that was noted last. Throws LedgerDamaged if the note is missing. */
  noted(): number {
    const row = this.#selectNoted.get();
    if (row === undefined) throw new LedgerDamaged('the ledger has lost its head');
    return integerOf(row, 'size');
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
