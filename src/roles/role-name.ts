const rolePattern = /^[a-z]+(\/[a-z0-9.-]+)?$/;

/** Throws a RangeError for a text that names no role. */
export function requireRoleName(role: string): void {
  if (!rolePattern.test(role)) throw new RangeError(`${role} is no name of a role`);
}
