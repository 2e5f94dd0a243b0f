import { z } from 'zod';

/** A role of the service: a word, or a word with a name, as `clock` and `applier/east`. */
export const rolePattern = /^[a-z]+(\/[a-z0-9.-]+)?$/;

/**
 * A process took a role of the service: from here on, nothing that an earlier holder still wants to record as this role is taken.
 * `term` counts the times that the role was taken. `holder` is the process by its own word.
 */
export const roleTaken = z.strictObject({
  role: z.string().regex(rolePattern),
  holder: z.strictObject({ host: z.string().min(1).max(255), pid: z.int().min(0) }),
  term: z.int().min(1),
});

/**
 * The subject of what is recorded of a role. A subject has two segments at most, and the word before a role's first slash has no
 * dot: so `applier/east` is `role/applier.east`, and no two roles share a subject.
 */
export function roleSubject(role: string): string {
  return `role/${role.replace('/', '.')}`;
}
