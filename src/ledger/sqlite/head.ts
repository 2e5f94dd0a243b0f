import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LedgerDamaged } from '../faults.ts';
import { Frontier } from '../merkle/frontier.ts';
import { integerOf, textOf } from './columns.ts';

/**
 * Where the ledger ends: the Merkle frontier over its entries (and so its size), and the time of the last one ('' for
 * none). Both move on as a transaction appends.
 */
export interface StoredHead {
  readonly tree: Frontier;
  recordedAt: string;
}

/** The one row of the table `head`. */
export class HeadRow {
  readonly #select: StatementSync;
  readonly #update: StatementSync;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare('SELECT size, frontier, recorded_at FROM head');
    this.#update = database.prepare('UPDATE head SET size = ?1, frontier = ?2, recorded_at = ?3');
  }

  /** Throws LedgerDamaged where there is no head, or none that any entries could have. */
  read(): StoredHead {
    const row = this.#select.get();
    if (row === undefined) throw new LedgerDamaged('the ledger has lost its head');
    const frontier = textOf(row, 'frontier').split(' ').filter(Boolean);
    try {
      const tree = new Frontier({ size: integerOf(row, 'size'), frontier });
      return { tree, recordedAt: textOf(row, 'recorded_at') };
    } catch (cause) {
      throw new LedgerDamaged("the ledger's head contradicts itself", { cause });
    }
  }

  write({ tree, recordedAt }: StoredHead): void {
    this.#update.run(tree.size, tree.hashes().join(' '), recordedAt);
  }
}
