import { Conflict } from '../faults.ts';
import type { Condition } from '../port.ts';

/**
 * Throws a Conflict that names the latest entry which breaks any of the conditions on a ledger of `size` entries.
 * Walked from the head backwards: what a caller has seen is near the head.
 */
export function requireConditions(
  conditions: readonly Condition[],
  { size, subjectAt }: { size: number; subjectAt: (seq: number) => string | undefined },
): void {
  const since = Math.min(size, ...conditions.map(({ unchangedSince }) => unchangedSince));
  for (let seq = size - 1; seq > since; seq -= 1) {
    const subject = subjectAt(seq);
    if (subject === undefined) continue;
    const broken = conditions.find(
      ({ subjects, unchangedSince }) =>
        seq > unchangedSince && subjects.some((prefix) => liesUnder(subject, prefix)),
    );
    if (broken !== undefined) throw new Conflict({ subject, since: broken.unchangedSince, found: seq });
  }
}

/** By whole path segments. */
export function liesUnder(subject: string, prefix: string): boolean {
  return subject === prefix || subject.startsWith(`${prefix}/`);
}
