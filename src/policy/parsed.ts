import type { Document } from '../../events/documents.ts';

/** By list of a document (`egress`, `segments`, ...), and by an item's identity: the index of the item as written. */
export type Identities = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * The result for the fields of one kind. `document` may be there although the reader has problems: then it does not
 * count.
 */
export interface Parsed {
  /** Undefined where it could not be read. */
  readonly name: string | undefined;
  readonly document: Document | undefined;
  readonly identities: Identities;
}
