import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
 * Takes a role that one process at a time may have on a ledger, until released. The operating system
 * frees it when the process ends, kill -9 included. Roles are words, or words with a name: `verifier`, `applier/east`.
 *
 * It is a write transaction held open on a database of its own, `locks/ROLE.lock` in the folder with what is derived from the ledger, and who holds it stands
 * beside it in `ROLE.json`. It keeps processes on one machine apart: a process that was paused is fenced by the
 * numbers of its plans, not by this.
 *
 * Throws RoleHeld, naming the holder; StoreUnavailable; a RangeError for a role that is spelt otherwise.
 */
export function holdRole(options: {
  readonly derived: string;
  readonly role: string;
  readonly holder: RoleHolder;
}): HeldRole {
  const { derived, role, holder } = options;
  if (!rolePattern.test(role)) throw new RangeError(`${role} is no name of a role`);
  const place = `${derived}/locks/${role}`;
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
    throw new StoreUnavailable(
      `the role ${role} cannot be locked at ${place}.lock: see the rights of its folder`,
      { cause: error },
    );
  }
}

/** A role that somebody had at some time: whether it is held now, and the name that its last holder left. */
export interface RoleState {
  readonly role: string;
  readonly held: boolean;
  /** Where the role is free, a holder that ended without letting go of it. */
  readonly holder: RoleHolder | undefined;
}

/** The roles on a ledger that have ever been taken, by the folder with what is derived from it. Throws StoreUnavailable where one cannot be looked at. */
export function rolesOf(derived: string): RoleState[] {
  const folder = `${derived}/locks`;
  return locksIn(folder).map((role) => {
    const place = join(folder, role);
    try {
      return { role, held: isHeld(place), holder: readHolder(place) };
    } catch (cause) {
      throw new StoreUnavailable(
        `whether the role ${role} is held cannot be seen at ${place}.lock: see its rights`,
        {
          cause,
        },
      );
    }
  });
}

function locksIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.lock'))
      .map((file) => file.slice(0, -'.lock'.length))
      .sort();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new StoreUnavailable(`${folder} cannot be read: see whether it is a folder, and its rights`, {
      cause,
    });
  }
}

/** Tries the lock for an instant and writes nothing; whoever wants it then waits longer than that. */
function isHeld(place: string): boolean {
  using lock = new DatabaseSync(`${place}.lock`, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch (error) {
    if (primaryCode(error) === resultCode.busy) return true;
    throw error;
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
