import { isAfter, type Instant } from '../ledger/instants.ts';
import type { Head, LedgerReader } from '../ledger/port.ts';
import { headAfter, replay, rootOf, start, type Cursor } from '../ledger/replay.ts';
import { Fault } from '../runtime/errors.ts';
import { NoSuchInstant } from '../verify/faults.ts';

/** A ledger does not hold what a checkpoint of it said. */
class NotAsExpected extends Fault {
  readonly code = 'NotAsExpected';
  readonly category = 'integrity';

  constructor(expected: Head, actual: Head) {
    const found =
      actual.size < expected.size
        ? `it has ${String(actual.size)} entries only, with root ${actual.root}`
        : `its first ${String(expected.size)} entries give the root ${actual.root}`;
    super(
      `the ledger does not hold ${String(expected.size)}:${expected.root}: ${found}; entries were changed or cut off since, or this is another ledger or an older copy of it`,
    );
  }
}

/**
 * How many entries of settled batches there are at an instant, and the Merkle root over their bytes. The ledger is read from end
 * to end and not only asked: entries that do not give its root are refused. Throws NoSuchInstant, and what replay throws.
 */
export async function checkpoint(ledger: LedgerReader, at: Instant): Promise<Head> {
  let there: Cursor = start;
  let [isThere, last] = [true, -1];
  await replay(ledger, {
    onBatch: (batch) => {
      isThere = !isAfter(at, batch);
      last = batch.last;
    },
    onVoid: (first, end) => {
      isThere = at.kind === 'now' || (at.kind === 'seq' && first <= at.seq);
      last = end;
    },
    onSettled: (cursor) => {
      if (isThere) there = cursor;
    },
  });
  if (at.kind === 'seq' && at.seq > last) throw new NoSuchInstant({ seq: at.seq, head: last });
  return { size: there.size, root: rootOf(there) };
}

/** Throws NotAsExpected if the first entries of a ledger are not those of a checkpoint, or fewer. */
export async function requireHeld(ledger: LedgerReader, expected: Head): Promise<void> {
  const actual = await headAfter(ledger, expected.size);
  if (actual.size !== expected.size || actual.root !== expected.root)
    throw new NotAsExpected(expected, actual);
}
