import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { RoleHolder } from '../port.ts';

const holderSchema = z.strictObject({ pid: z.int(), host: z.string(), since: z.string() });

/** Writes `PLACE.json`. It is renamed into place, so that a reader finds a whole name or none. */
export function nameHolder(place: string, { pid, host, since }: RoleHolder): void {
  writeFileSync(`${place}.json.new`, JSON.stringify({ pid, host, since }));
  renameSync(`${place}.json.new`, `${place}.json`);
}

/** The name that the last holder left; undefined where there is none that can be read. */
export function readHolder(place: string): RoleHolder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(`${place}.json`, 'utf8')));
  } catch {
    return undefined;
  }
}

export function removeHolder(place: string): void {
  rmSync(`${place}.json`, { force: true });
}
