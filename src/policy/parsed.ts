import type { Document } from '../../events/documents.ts';

/** For each list of a document (`egress`, `segments`, ...) the index as written of each item, by its identity. */
export type Identities = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What a document came to. Where the reader has problems, `document` says no more than that it could be built. */
export interface Parsed {
  /** As far as it could be read. */
  readonly name: string | undefined;
  readonly document: Document | undefined;
  readonly identities: Identities;
}
