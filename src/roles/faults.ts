import { Fault } from '../runtime/errors.ts';
import type { RoleHolder } from './port.ts';

/** Another process holds the role. `holder` is undefined if it left no readable name. */
export class RoleHeld extends Fault {
  readonly code = 'RoleHeld';
  readonly category = 'conflict';
  readonly role: string;
  readonly holder: RoleHolder | undefined;

  constructor(role: string, holder: RoleHolder | undefined) {
    super(`the role ${role} is held by ${holderWords(holder)}: wait for that process, or end it`);
    this.role = role;
    this.holder = holder;
  }
}

/** Who holds a role, in words. */
export function holderWords(holder: RoleHolder | undefined): string {
  if (holder === undefined) return 'another process, which left no name';
  return `process ${String(holder.pid)} on ${holder.host} since ${holder.since}`;
}

/** A role cannot be taken, or looked at: the place where roles are kept cannot be read or written. */
export class RolesUnavailable extends Fault {
  readonly code = 'RolesUnavailable';
  readonly category = 'unreachable';
}

/** The reason for which a role was not taken. */
export type RoleNotTaken = RoleHeld | RolesUnavailable;
