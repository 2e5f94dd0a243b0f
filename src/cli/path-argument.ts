import { flawOfPath } from '../runtime/credentials.ts';
import { UsageError } from '../runtime/errors.ts';
import { flawOfWorkingDirectory } from '../runtime/given-text.ts';

/**
 * The path that an argument gives. A URL in its place may hold a password, which the name of a file or folder would show to everybody from
 * then on: it is refused, and not shown. Throws UsageError.
 */
export function givenPath(text: string): string {
  const flaw = flawOfPath(text);
  if (flaw === undefined) return text;
  throw new UsageError(`${flaw}; give that as --ledger, or a path such as ./backups/2026-03-01.db`);
}

/** The same of the file of a ledger, which is found by its whole path. Throws UsageError. */
export function givenLedgerPath(text: string): string {
  const flaw = flawOfWorkingDirectory(text);
  if (flaw !== undefined) throw new UsageError(flaw);
  return givenPath(text);
}
