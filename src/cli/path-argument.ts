import { flawOfPath } from '../runtime/credentials.ts';
import { UsageError } from '../runtime/errors.ts';

/**
 * The path that an argument gives. A URL in its place may hold a password, which the name of a file or folder would show to everybody from
 * then on: it is refused, and not shown. Throws UsageError.
 */
export function givenPath(text: string): string {
  const flaw = flawOfPath(text);
  if (flaw === undefined) return text;
  throw new UsageError(`${flaw}; give that as --ledger, or a path such as ./backups/2026-03-01.db`);
}
