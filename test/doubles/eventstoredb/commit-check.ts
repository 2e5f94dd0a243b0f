import type { ExpectedRevision } from './records.ts';
import { noRevision } from './records.ts';

/** What the decision about a write depends on. */
export interface StreamFacts {
  /** -1 for a stream without events. */
  readonly last: number;
  readonly tombstoned: boolean;
  readonly softDeleted: boolean;
  readonly hasMetadata: boolean;
  idAt(revision: number): string | undefined;
  /** Of an event that was written to this stream since the server started; the real one forgets the others too. */
  recentRevisionOf(id: string): number | undefined;
}

export type CommitDecision =
  | { readonly kind: 'write' }
  /** The same events were written before, with the same expectation; `last` is the revision of the last of them. */
  | { readonly kind: 'idempotent'; readonly last: number }
  | { readonly kind: 'wrong-expected-version' }
  | { readonly kind: 'deleted' };

const write = { kind: 'write' } as const;
const wrong = { kind: 'wrong-expected-version' } as const;
const deleted = { kind: 'deleted' } as const;

/** Whether events with these ids may be written, as the real server's index writer decides it. */
export function checkCommit(
  facts: StreamFacts,
  expected: ExpectedRevision,
  ids: readonly string[],
): CommitDecision {
  if (facts.tombstoned) return deleted;
  switch (expected.kind) {
    case 'any':
      return checkByIds(facts, ids);
    case 'stream-exists':
      if (facts.softDeleted) return deleted;
      return facts.last === noRevision && !facts.hasMetadata ? wrong : checkByIds(facts, ids);
    case 'no-stream':
      return checkExact(facts, noRevision, ids);
    case 'exact':
      return checkExact(facts, expected.revision, ids);
  }
}

/** Without a revision to look at, only ids that the server still remembers make a repetition. */
function checkByIds(facts: StreamFacts, ids: readonly string[]): CommitDecision {
  const revisions = ids.map((id) => facts.recentRevisionOf(id));
  const [first] = revisions;
  const last = revisions.at(-1);
  if (first === undefined || last === undefined) return first === undefined ? write : wrong;
  return revisions.includes(undefined) ? wrong : { kind: 'idempotent', last };
}

function checkExact(facts: StreamFacts, expected: number, ids: readonly string[]): CommitDecision {
  if (expected === facts.last) return write;
  if (expected > facts.last || ids.length === 0) return wrong;
  const differing = ids.findIndex((id, index) => facts.idAt(expected + 1 + index) !== id);
  if (differing === -1) return { kind: 'idempotent', last: expected + ids.length };
  // A stream that was deleted softly counts as none for whoever starts it anew.
  return differing === 0 && expected === noRevision && facts.softDeleted ? write : wrong;
}
