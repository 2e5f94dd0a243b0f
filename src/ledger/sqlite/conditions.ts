import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Conflict } from '../faults.ts';
import type { Condition } from '../port.ts';
import { integerOf, textOf } from './columns.ts';

/** Subjects below a prefix, by whole path segments: `0` is the character after `/`. */
const below = "subject > ?1 || '/' AND subject < ?1 || '0'";

/** Asks the entries whether conditions hold. */
export class Conditions {
  readonly #latestOf: StatementSync;
  readonly #anyBelow: StatementSync;
  readonly #latestBelow: StatementSync;

  constructor(database: DatabaseSync) {
    this.#latestOf = database.prepare(
      'SELECT seq, subject FROM entry WHERE subject = ?1 AND seq > ?2 ORDER BY seq DESC LIMIT 1',
    );
    this.#anyBelow = database.prepare(`SELECT 1 FROM entry WHERE ${below} LIMIT 1`);
    this.#latestBelow = database.prepare(
      `SELECT seq, subject FROM entry NOT INDEXED WHERE ${below} AND seq > ?2 ORDER BY seq DESC LIMIT 1`,
    );
  }

  /** Throws a Conflict that names the latest entry which breaks any of the conditions on a ledger of `size` entries. */
  require(conditions: readonly Condition[], size: number): void {
    const latest = conditions
      .filter(({ unchangedSince }) => unchangedSince < size - 1)
      .flatMap(({ subjects, unchangedSince: since }) =>
        subjects.flatMap((prefix) => this.#changes(prefix, since)),
      )
      .sort((one, other) => other.found - one.found)
      .at(0);
    if (latest !== undefined) throw new Conflict(latest);
  }

  /**
   * The latest entry of the prefix itself is a look-up in the index. Below it, entries are walked from the head
   * backwards: what a caller has seen is near the head, while the subjects below a prefix may be very many.
   */
  #changes(prefix: string, since: number): { subject: string; since: number; found: number }[] {
    const rows = [
      this.#latestOf.get(prefix, since),
      this.#anyBelow.get(prefix) && this.#latestBelow.get(prefix, since),
    ];
    return rows
      .filter((row) => row !== undefined)
      .map((row) => ({ subject: textOf(row, 'subject'), since, found: integerOf(row, 'seq') }));
  }
}
