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

/** The name of a sink: part of a role's and of a file's. */
export const sinkPattern = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/**
 * Somebody decided that a sink is not delivered an entry, which its receiver refuses: the entry's seq and id. The reason for it is in the
 * envelope.
 */
export const entrySkipped = z.strictObject({
  sink: z.string().regex(sinkPattern),
  seq: z.int().min(0),
  entry: z.string().min(1).max(100),
});

/**
 * The subject of what is recorded of a role. A subject has two segments at most, and the word before a role's first slash has no
 * dot: so `applier/east` is `role/applier.east`, and no two roles share a subject.
 */
export function roleSubject(role: string): string {
  return `role/${role.replace('/', '.')}`;
}
