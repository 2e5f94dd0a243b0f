import { Conflict } from '../faults.ts';
import type { SettledBatch } from '../settled.ts';
import type { StreamLog } from './stream-log.ts';
import { inWrites, write, type WritablePlace } from './writer.ts';

/**
 * Appends entries of another ledger unchanged. Throws Conflict if they do not continue the stream, or if others
 * append to it; and the errors of writing.
 */
export async function takeOver(
  place: WritablePlace,
  { batches, log }: { batches: readonly SettledBatch[]; log: StreamLog },
): Promise<void> {
  const all = batches.flatMap((batch) => batch.entries);
  const { last } = log;
  const there = all.find(({ seq }) => seq === last?.seq);
  if (there !== undefined && last !== undefined && Buffer.compare(there.bytes, last.bytes) !== 0)
    throw conflict(there, last.seq);
  const entries = all.filter(({ seq }) => seq >= log.size);
  const [first] = entries;
  if (first === undefined) return;
  if (first.seq > log.size) throw conflict(first, log.size);
  let at = first.seq;
  for (const part of inWrites(entries.map(({ bytes, envelope: { id } }) => ({ id, bytes })))) {
    if (!(await write(place, { entries: part, at }))) throw conflict(first, at);
    log.takeAll(part, at);
    at += part.length;
  }
}

/** Another entry came to the place of this one. */
function conflict({ envelope: { subject }, seq }: SettledBatch['entries'][number], found: number): Conflict {
  return new Conflict({ subject, since: seq - 1, found });
}
