import { rmSync } from 'node:fs';
import { z } from 'zod';
import { readOwnFile, replaceFile } from '../../runtime/durable-file.ts';
import type { RoleHolder } from '../port.ts';

const holderSchema = z.strictObject({ pid: z.int(), host: z.string(), since: z.string() });

/**
 * Writes `PLACE.json` as a whole, so that a reader finds a whole name or none. It goes with the process, as the lock does, and
 * flushing it would cost a quarantine as much time as an entry does.
 */
export function nameHolder(place: string, { pid, host, since }: RoleHolder): void {
  replaceFile(`${place}.json`, JSON.stringify({ pid, host, since }), { isFlushed: false });
}

/** The name that the last holder left; undefined if there is none that can be read. */
export function readHolder(place: string): RoleHolder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readOwnFile(`${place}.json`)));
  } catch {
    return undefined;
  }
}

/** Whatever cannot be removed stays: a name says nothing of a lock that is given back. */
export function removeHolder(place: string): void {
  try {
    rmSync(`${place}.json`, { force: true });
  } catch {
    // Somebody put something else there, or closed the folder.
  }
}
