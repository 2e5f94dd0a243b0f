import { Conflict } from './faults.ts';
import type { Condition } from './port.ts';

/**
 * Throws a Conflict that names the latest entry against a condition, on a ledger of `size` entries. Walks backwards
 * from the head: most callers have seen nearly everything, and an index of the subjects would cost every append more
 * than it saves. `subjectAt` gives undefined for an entry without effect.
 */
export function requireConditions(
  conditions: readonly Condition[],
  { size, subjectAt }: { size: number; subjectAt: (seq: number) => string | undefined },
): void {
  const since = Math.min(size, ...conditions.map(({ unchangedSince }) => unchangedSince));
  if (since >= size - 1) return;
  const watched = conditions.map(({ subjects, unchangedSince }) => ({
    prefixes: new Set(subjects),
    unchangedSince,
  }));
  for (let seq = size - 1; seq > since; seq -= 1) {
    const subject = subjectAt(seq);
    if (subject === undefined) continue;
    const broken = watched.find(
      ({ prefixes, unchangedSince }) =>
        seq > unchangedSince && pathsAbove(subject).some((path) => prefixes.has(path)),
    );
    if (broken !== undefined) throw new Conflict({ subject, since: broken.unchangedSince, found: seq });
  }
}

/** True if a subject is the prefix, or lies under it, by whole path segments. */
export function liesUnder(subject: string, prefix: string): boolean {
  return subject === prefix || subject.startsWith(`${prefix}/`);
}

/** The subject, and every path that it lies under: `host/hv-1` gives itself and `host`. */
function pathsAbove(subject: string): readonly string[] {
  const segments = subject.split('/');
  return segments.map((_, at) => segments.slice(0, segments.length - at).join('/'));
}
