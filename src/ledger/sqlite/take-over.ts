import type { DatabaseSync } from 'node:sqlite';
import { Conflict } from '../faults.ts';
import { contentDigestOf } from '../seal.ts';
import type { SettledBatch } from '../settled.ts';
import { bytesOf } from './columns.ts';
import { KeyRecords } from './key-records.ts';
import { faultOf } from './sqlite-error.ts';
import type { Tail } from './tail.ts';

/** The subject that an entry without effect is filed under. No condition and no filter asks for it. */
const noSubject = '';

/**
 * Appends entries of another ledger unchanged, in one transaction. Entries of void batches are filed under no
 * subject, and leave no idempotency key. Throws Conflict if the entries do not continue this ledger;
 * StoreUnavailable, LedgerDamaged.
 */
export function takeOver(
  database: DatabaseSync,
  { tail, batches, path }: { tail: Tail; batches: readonly SettledBatch[]; path: string },
): void {
  try {
    tail.begin();
    requireOurs(database, { batches, size: tail.size });
    for (const batch of batches) insert(database, { batch, tail });
    tail.commit();
  } catch (error) {
    tail.rollBack();
    throw faultOf(error, path);
  }
}

/** The last entry of this ledger must be among the given entries, unless all of these come after it. */
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

function insert(database: DatabaseSync, { batch, tail }: { batch: SettledBatch; tail: Tail }): void {
  const { entries, isVoid } = batch;
  let isNew = false;
  for (const { seq, bytes, envelope } of entries) {
    if (seq < tail.size) continue;
    if (seq > tail.size) throw new Conflict({ subject: envelope.subject, since: seq - 1, found: tail.size });
    const { subject, recordedAt } = envelope;
    tail.add({ subject: isVoid ? noSubject : subject, bytes, recordedAt });
    isNew = true;
  }
  const [first] = entries;
  const key = first?.envelope.idempotencyKey;
  if (!isNew || isVoid || first === undefined || key === undefined) return;
  new KeyRecords(database).add(key, {
    content: contentDigestOf(entries.map(({ envelope }) => envelope)),
    first: first.seq,
    last: first.seq + entries.length - 1,
  });
}
