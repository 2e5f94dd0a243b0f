import type { DatabaseSync } from 'node:sqlite';
import { Conflict } from '../faults.ts';
import { leafHash } from '../merkle/hash.ts';
import { contentDigestOf } from '../seal.ts';
import type { SettledBatch } from '../settled.ts';
import { bytesOf } from './columns.ts';
import { HeadRow, type StoredHead } from './head.ts';
import { faultOf } from './sqlite-error.ts';

/** What an entry without effect is filed under: no condition and no filter ever asks for it. */
const noSubject = '';

/**
 * Appends entries of another ledger as they are, in one transaction. Those of void batches are filed under no subject, and
 * leave no idempotency key. Throws Conflict where they do not go on where the ledger ends; StoreUnavailable, LedgerDamaged.
 */
export function takeOver(
  database: DatabaseSync,
  { batches, path }: { batches: readonly SettledBatch[]; path: string },
): void {
  try {
    database.exec('BEGIN IMMEDIATE');
    const row = new HeadRow(database);
    const head = row.read();
    const { size } = head.tree;
    requireOurs(database, { batches, size });
    for (const batch of batches) insert(database, { batch, head });
    if (head.tree.size > size) row.write(head);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw faultOf(error, path);
  }
}

/** The last entry that is there must be one of those that are passed over, unless they all come behind it. */
function requireOurs(
  database: DatabaseSync,
  { batches, size }: { batches: readonly SettledBatch[]; size: number },
): void {
  const ours = batches.flatMap(({ entries }) => entries).find(({ seq }) => seq === size - 1);
  if (ours === undefined) return;
  const row = database.prepare('SELECT bytes FROM entry WHERE seq = ?1').get(ours.seq);
  if (row !== undefined && Buffer.compare(bytesOf(row, 'bytes'), ours.bytes) === 0) return;
  throw new Conflict({ subject: ours.envelope.subject, since: ours.seq - 1, found: ours.seq });
}

function insert(database: DatabaseSync, { batch, head }: { batch: SettledBatch; head: StoredHead }): void {
  const { entries, isVoid } = batch;
  const insertEntry = database.prepare('INSERT INTO entry (seq, subject, bytes) VALUES (?1, ?2, ?3)');
  let isNew = false;
  for (const { seq, bytes, envelope } of entries) {
    if (seq < head.tree.size) continue;
    if (seq > head.tree.size)
      throw new Conflict({ subject: envelope.subject, since: seq - 1, found: head.tree.size });
    insertEntry.run(seq, isVoid ? noSubject : envelope.subject, bytes);
    head.tree.append(leafHash(bytes));
    head.recordedAt = envelope.recordedAt;
    isNew = true;
  }
  const [first] = entries;
  const key = first?.envelope.idempotencyKey;
  if (!isNew || isVoid || first === undefined || key === undefined) return;
  database
    .prepare('INSERT INTO idempotency_key (key, content, first, last) VALUES (?1, ?2, ?3, ?4)')
    .run(
      key,
      contentDigestOf(entries.map(({ envelope }) => envelope)),
      first.seq,
      first.seq + entries.length - 1,
    );
}
