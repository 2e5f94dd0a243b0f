import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders, requireNoLink } from '../../runtime/durable-file.ts';
import { Fault } from '../../runtime/errors.ts';
import { namesBelow } from '../../runtime/names-below.ts';
import { lacksOpenFiles, tooManyFiles } from '../../runtime/open-files.ts';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { reasonOf } from '../../runtime/system-reason.ts';
import { RoleHeld, RolesUnavailable } from '../faults.ts';
import type { HeldRole, RoleHolder, Roles, RoleState } from '../port.ts';
import { requireRoleName } from '../role-name.ts';
import { readHolder } from './holder-file.ts';
import { isLocked, release, takeLock } from './role-lock.ts';

export interface LocalRolesOptions {
  /** The folder with the locks of one ledger. It is made when the first role is taken. */
  readonly folder: string;
  /** The process that takes a role, as of now. */
  readonly holder: () => RoleHolder;
}

/** Roles of one machine can also be looked at one by one. That is over at once, where to ask for one that another has takes a while. */
export interface LocalRoles extends Roles {
  /** Writes nothing. Throws RolesUnavailable. */
  stateOf(role: string): Promise<RoleState>;
}

/** The roles on a ledger among the processes of one machine: one lock a role, in a folder. */
export function localRoles({ folder, holder }: LocalRolesOptions): LocalRoles {
  return {
    hold: (role) => Promise.try(() => hold(folder, { role, holder: holder() })),
    stateOf: (role) =>
      Promise.try(() => {
        requireRoleName(role);
        return stateOf(folder, role);
      }),
    states: () => Promise.try(() => locksIn(folder).map((role) => stateOf(folder, role))),
  };
}

function hold(folder: string, { role, holder }: { role: string; holder: RoleHolder }): HeldRole {
  requireRoleName(role);
  const place = `${folder}/${role}`;
  try {
    requireNoLink(`${place}.lock`, { within: folder });
    makeFolders(dirname(place), { isOwn: true });
    const lock = takeLock(place, holder);
    if (lock === undefined) throw new RoleHeld(role, readHolder(place));
    return {
      release: () =>
        Promise.try(() => {
          release(lock, place);
        }),
    };
  } catch (error) {
    if (error instanceof RoleHeld) throw error;
    if (error instanceof Fault) throw new RolesUnavailable(error.message, { cause: error });
    throw new RolesUnavailable(`the role ${role} cannot be locked${obstacleTo(place, { folder, error })}`, {
      cause: error,
    });
  }
}

/** Where and why a lock could not be taken, as far as the machine shows it. */
function obstacleTo(place: string, { folder, error }: { folder: string; error: unknown }): string {
  const inTheWay = foldersAbove(place, { upTo: dirname(folder) }).find(
    (above) => foundAt(above)?.isDirectory() === false,
  );
  if (inTheWay !== undefined) return `: ${inTheWay} is no folder: see who made it, and remove it`;
  const closed = foldersAbove(place, { upTo: dirname(folder) }).findLast((above) => !mayEnter(above));
  if (closed !== undefined) return `: this account may not enter ${closed}: see its owner and rights`;
  if (isFull(error)) return ` at ${place}.lock: ${reasonOf(error)}`;
  const why = lacksOpenFiles(folder) ? tooManyFiles : 'see its rights, and those of its folder';
  return ` at ${place}.lock: ${why}`;
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

/** The paths above a place, the nearest first. */
function foldersAbove(place: string, { upTo }: { upTo: string }): string[] {
  const folders: string[] = [];
  for (let above = dirname(place); above.length >= upTo.length; above = dirname(above)) {
    folders.push(above);
    if (above === dirname(above)) break;
  }
  return folders;
}

/** True of one that is not there: that is no matter of rights. */
function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EACCES');
  }
}

function stateOf(folder: string, role: string): RoleState {
  const place = join(folder, role);
  try {
    let holder = readHolder(place);
    for (;;) {
      const held = isLocked(place);
      const after = readHolder(place);
      // A name that came or went while the lock was tried is that of a process that took it or gave it back then.
      if (held !== false || isSameHolder(holder, after)) return { role, held, holder: after };
      holder = after;
    }
  } catch (cause) {
    const why = cause instanceof Fault ? cause.message : `see the rights of ${place}.lock`;
    throw new RolesUnavailable(`whether the role ${role} is held cannot be seen: ${why}`, { cause });
  }
}

function isSameHolder(one: RoleHolder | undefined, other: RoleHolder | undefined): boolean {
  return one?.pid === other?.pid && one?.host === other?.host && one?.since === other?.since;
}

function locksIn(folder: string): string[] {
  try {
    return namesBelow(folder)
      .filter((file) => file.endsWith('.lock'))
      .map((file) => file.slice(0, -'.lock'.length))
      .sort();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new RolesUnavailable(`${folder} cannot be read: see whether it is a folder, and its rights`, {
      cause,
    });
  }
}
