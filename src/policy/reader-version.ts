import { hash } from 'node:crypto';
import type { Installation } from './installation.ts';
import { readerDigest } from './reader-digest.ts';

/**
 * Tells everything that a reading depends on beside the bytes of the file: the code that reads, the names that the installation
 * knows, and the platform, since the rules of time zones and the properties of characters come with it.
 */
export function readerVersion({ drivers }: Installation): string {
  const { node, icu, tz, unicode } = process.versions;
  return hash('sha256', JSON.stringify([readerDigest, drivers.toSorted(), [node, icu, tz, unicode]]));
}
