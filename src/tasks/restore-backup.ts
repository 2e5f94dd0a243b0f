import { placesIn } from '../ledger/derived.ts';
import type { Backup, PlacedCopy, StoreOf } from '../ledger/store.ts';
import { categoryOf, Fault, type FaultCategory } from '../runtime/errors.ts';
import { confirmSeen } from './workspace.ts';

/** A backup that was not put in place, and why (`cause`): the place is as it was. */
export class RestoreRefused extends Fault {
  readonly code = 'RestoreRefused';
  readonly category: FaultCategory;
  override readonly cause: Error;

  constructor(file: string, cause: Error) {
    super(`${file} was not restored: ${cause.message}`);
    this.category = categoryOf(cause);
    this.cause = cause;
  }
}

/**
 * Puts a backup at the place of a URL, all of it or nothing, unless it lacks what earlier tasks have seen there. Throws
 * RestoreRefused, with the fault as its cause.
 */
export async function restoreBackup(
  storeOf: StoreOf,
  { url, ...backup }: { url: string } & Omit<Backup, 'accept'>,
): Promise<PlacedCopy> {
  try {
    return await storeOf(url).restore(url, {
      ...backup,
      accept: async ({ ledger, derived }) => {
        await confirmSeen({ ledger, statePath: placesIn(derived).statePath }, { whole: true });
      },
    });
  } catch (cause) {
    throw cause instanceof Error ? new RestoreRefused(backup.file, cause) : cause;
  }
}
