import { Conflict } from '../faults.ts';
import type { SettledBatch } from '../settled.ts';
import type { StreamLog } from './stream-log.ts';
import { inWrites, write, type WritablePlace } from './writer.ts';

/**
 * Appends entries of another ledger as they are. Throws Conflict where they do not go on where the stream ends, or others
 * append to it; and what writing throws.
 */
export async function takeOver(
  place: WritablePlace,
  { batches, log }: { batches: readonly SettledBatch[]; log: StreamLog },
): Promise<void> {
  const entries = batches.flatMap((batch) => batch.entries).filter(({ seq }) => seq >= log.size);
  const [first] = entries;
  if (first === undefined) return;
  const conflict = (found: number): Conflict =>
    new Conflict({ subject: first.envelope.subject, since: first.seq - 1, found });
  if (first.seq > log.size) throw conflict(log.size);
  let at = first.seq;
  for (const part of inWrites(entries.map(({ bytes, envelope: { id } }) => ({ id, bytes })))) {
    if (!(await write(place, { entries: part, at }))) throw conflict(at);
    log.takeAll(part, at);
    at += part.length;
  }
}
