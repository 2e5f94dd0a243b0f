import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { RoleHeld, StoreUnavailable, type RoleHolder } from '../faults.ts';
import { primaryCode, resultCode } from './sqlite-error.ts';

/** The time that a new holder has for writing down its name before another one is refused by that name. */
const busyMilliseconds = 250;
const rolePattern = /^[a-z]+(\/[a-z0-9.-]+)?$/;
const holderSchema = z.strictObject({ pid: z.int(), host: z.string(), since: z.string() });

/** A role in hand; releasing it a second time does nothing. */
export interface HeldRole {
  readonly release: () => void;
}

/**
 * Takes a role that one process at a time may have on the ledger at `path`, until released. The operating system
 * frees it when the process ends, kill -9 included. Roles are words, or words with a name: `verifier`, `applier/east`.
 *
 * It is a write transaction held open on a database of its own, `PATH.d/locks/ROLE.lock`, and who holds it stands
 * beside it in `ROLE.json`. It keeps processes on one machine apart: a process that was paused is fenced by the
 * numbers of its plans, not by this.
 *
 * Throws RoleHeld, naming the holder; StoreUnavailable; a RangeError for a role that is spelt otherwise.
 */
export function holdRole(options: {
  readonly path: string;
  readonly role: string;
  readonly holder: RoleHolder;
}): HeldRole {
  const { path, role, holder } = options;
  if (!rolePattern.test(role)) throw new RangeError(`${role} is no name of a role`);
  const place = `${path}.d/locks/${role}`;
  try {
    mkdirSync(dirname(place), { recursive: true });
    const lock = takeLock(place, role);
    nameHolder(place, holder);
    return {
      release: () => {
        release(lock, place);
      },
    };
  } catch (error) {
    if (error instanceof RoleHeld) throw error;
    throw new StoreUnavailable(`the role ${role} cannot be locked at ${place}.lock`, { cause: error });
  }
}

function takeLock(place: string, role: string): DatabaseSync {
  const lock = new DatabaseSync(`${place}.lock`, { timeout: busyMilliseconds });
  try {
    lock.exec('BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    lock.close();
    throw primaryCode(error) === resultCode.busy ? new RoleHeld(role, readHolder(place)) : error;
  }
}

/** Renamed into place, so that a reader finds a whole name or none. */
function nameHolder(place: string, { pid, host, since }: RoleHolder): void {
  writeFileSync(`${place}.json.new`, JSON.stringify({ pid, host, since }));
  renameSync(`${place}.json.new`, `${place}.json`);
}

function readHolder(place: string): RoleHolder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(`${place}.json`, 'utf8')));
  } catch {
    return undefined;
  }
}

function release(lock: DatabaseSync, place: string): void {
  if (!lock.isOpen) return;
  rmSync(`${place}.json`, { force: true });
  lock.close();
}
