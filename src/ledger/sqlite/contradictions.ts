import type { DatabaseSync } from 'node:sqlite';
import { LedgerDamaged } from '../faults.ts';
import { Frontier } from '../merkle/frontier.ts';
import { leafHash } from '../merkle/hash.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';
import { KeyRecords } from './key-records.ts';

/** A member of an entry, read from its exact bytes. NULL if the bytes are not JSON, which a replay reports. */
const member = (name: string): string =>
  `CASE WHEN json_valid(CAST(entry.bytes AS TEXT)) THEN CAST(entry.bytes AS TEXT) ->> '$.${name}' END`;

const batchMember = (name: 'id' | 'index' | 'count'): string =>
  `(CAST(entry.bytes AS TEXT) ->> '$.batch.${name}')`;

/** Queries that find nothing in a sound ledger. Each returns the first offender, as `offender`. */
const contradictions: readonly { readonly sql: string; readonly words: (offender: string) => string }[] = [
  {
    sql: "SELECT integrity_check AS offender FROM pragma_integrity_check WHERE integrity_check <> 'ok' LIMIT 1",
    words: (offender) => `SQLite finds ${offender}`,
  },
  {
    sql: 'SELECT CAST(count(*) AS TEXT) AS offender FROM entry HAVING count(*) <> coalesce(max(seq), -1) + 1',
    words: (offender) => `it holds ${offender} entries, and the last one is numbered otherwise`,
  },
  {
    // An entry of a void batch is filed under no subject, and its batch lacks entries.
    sql: `SELECT CAST(seq AS TEXT) AS offender FROM entry WHERE subject IS NOT ${member('subject')} AND (subject <> ''
      OR (SELECT count(*) FROM entry AS other WHERE other.seq BETWEEN entry.seq - ${batchMember('index')}
        AND entry.seq - ${batchMember('index')} + ${batchMember('count')} - 1
        AND CAST(other.bytes AS TEXT) ->> '$.batch.id' = ${batchMember('id')}) = ${batchMember('count')}) ORDER BY seq LIMIT 1`,
    words: (offender) => `entry ${offender} is filed under a subject that is not its own`,
  },
  {
    sql: `SELECT key AS offender FROM idempotency_key WHERE key IS NOT
      (SELECT ${member('idempotencyKey')} FROM entry WHERE seq = first) OR last > (SELECT max(seq) FROM entry) LIMIT 1`,
    words: (offender) => `the idempotency key ${offender} points at entries that do not have it`,
  },
  {
    sql: `SELECT CAST(seq AS TEXT) AS offender FROM entry WHERE ${member('idempotencyKey')} IS NOT NULL AND subject <> ''
      AND NOT EXISTS (SELECT 1 FROM idempotency_key WHERE key = ${member('idempotencyKey')} AND seq BETWEEN first AND last)
      ORDER BY seq LIMIT 1`,
    words: (offender) => `the idempotency key of entry ${offender} was forgotten`,
  },
  {
    // The last place of its batch is empty, or is taken by an entry of another batch.
    sql: `SELECT CAST(seq AS TEXT) AS offender FROM entry WHERE subject <> '' AND ${member('batch.count')} > 1
      AND NOT EXISTS (SELECT 1 FROM entry AS other WHERE other.seq = entry.seq - ${batchMember('index')} + ${batchMember('count')} - 1
        AND CAST(other.bytes AS TEXT) ->> '$.batch.id' = ${batchMember('id')}) ORDER BY seq LIMIT 1`,
    words: (offender) => `entry ${offender} is filed so that it takes effect, and its batch lacks entries`,
  },
];

/**
 * Checks the parts of the file that a replay does not show, since a replay reads only the bytes of entries: pages,
 * indexes, and the columns for conditions and idempotency keys. Throws LedgerDamaged at the first contradiction.
 */
export function requireConsistent(database: DatabaseSync, path: string): void {
  for (const { sql, words } of contradictions) {
    const row = database.prepare(sql).get();
    if (row !== undefined)
      throw new LedgerDamaged(`${path} contradicts itself: ${words(textOf(row, 'offender'))}`);
  }
  requireTree(database, path);
  new KeyRecords(database).requireAll();
}

/**
 * The share of an entry in the Merkle tree follows from its bytes and from the shares before it. Throws LedgerDamaged
 * with the first entry for which this is not so.
 */
function requireTree(database: DatabaseSync, path: string): void {
  const tree = new Frontier({ size: 0, frontier: [] });
  for (const row of database.prepare('SELECT seq, subtree, bytes FROM entry ORDER BY seq').iterate()) {
    const subtree = Buffer.from(tree.append(leafHash(bytesOf(row, 'bytes'))), 'hex');
    if (!subtree.equals(bytesOf(row, 'subtree')))
      throw new LedgerDamaged(
        `${path} contradicts itself: entry ${String(integerOf(row, 'seq'))} is not the one that was appended there`,
      );
  }
}
