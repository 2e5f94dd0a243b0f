import type { MirrorMessage } from '../mirror/port.ts';

/** The stream of a ledger, and what its subjects begin with. */
export function streamName(ledgerId: string): string {
  return `ISOLEDGER_${ledgerId}`;
}

/** The subjects of a ledger's entries: its shard, its tenant, its type. What else is said of a ledger has another number of words. */
export function entrySubjects(ledgerId: string): string {
  return `${prefixOf(ledgerId)}.*.*.*`;
}

export function subjectOf(
  ledgerId: string,
  { shard, tenant, type }: Pick<MirrorMessage, 'shard' | 'tenant' | 'type'>,
): string {
  return [prefixOf(ledgerId), wordOf(shard), wordOf(tenant), wordOf(type)].join('.');
}

/** Where heartbeats are heard. They are kept by nobody: the place of a message in the stream is that of its entry. */
export function heartbeatSubject(ledgerId: string): string {
  return `${prefixOf(ledgerId)}.heartbeat`;
}

function prefixOf(ledgerId: string): string {
  return `isoledger.${wordOf(ledgerId)}`;
}

/** A word of a subject: no dot, no wildcard, nothing that a permission could be made to match by. No two texts share one. */
function wordOf(text: string | undefined): string {
  if (text === undefined) return '_';
  return text.replaceAll(/[^A-Za-z0-9-]/gu, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}
