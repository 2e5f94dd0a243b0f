import type { Clock } from '../../runtime/clock.ts';
import type { Copied } from '../copy.ts';
import { LedgerDamaged } from '../faults.ts';
import type { Head } from '../port.ts';
import type { PlacedCopy } from '../store.ts';
import { setCompanionsAside } from './companions.ts';
import { openForReading } from './connection.ts';
import { placeNew } from './durable.ts';
import { HeadReader } from './head.ts';
import { asFault } from './sqlite-error.ts';

/**
 * Gives a finished copy its name, durably, and asks for it by that name. What a lost ledger of that name left there is
 * set aside first. Throws PlaceTaken, StoreUnavailable; LedgerDamaged if the file gives something else by its name.
 */
export function placeCopy(
  partial: string,
  { to, copied, clock }: { to: string; copied: Copied; clock: Clock },
): PlacedCopy {
  const setAside = setCompanionsAside(to, { at: clock.now() });
  placeNew(partial, to);
  requireCopyAt(to, copied);
  return { ...copied, setAside };
}

/**
 * Throws LedgerDamaged if the file at a path does not begin with the entries that were copied to it: a log that lies
 * beside that name changes what is read by it. Somebody may have appended to it already.
 */
export function requireCopyAt(path: string, { size, root }: Head): void {
  const { database } = openForReading({ path, busyMillisecondsMax: 10_000 });
  try {
    const found = asFault(path, () => {
      const reader = new HeadReader(database);
      return reader.tree().size < size ? undefined : reader.treeAt(size).root();
    });
    if (found === root) return;
    throw new LedgerDamaged(
      `${path} gives other entries than were copied to it: a log of another ledger lies beside it; move ${path} and all of ${path}-* away, and copy again`,
    );
  } finally {
    database.close();
  }
}
