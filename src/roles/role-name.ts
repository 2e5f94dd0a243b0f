import { rolePattern } from '../../events/service.ts';

/** Throws a RangeError for a text that names no role. */
export function requireRoleName(role: string): void {
  if (!rolePattern.test(role)) throw new RangeError(`${role} is no name of a role`);
}
