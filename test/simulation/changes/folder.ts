import type { WrittenDocument } from '../../bench/estate/documents.ts';

/** Documents to apply, and what is to be expected of them. */
export interface Folder {
  /** What kind of change it makes, for the count. */
  readonly kind: string;
  /** What it changes, for the reader of a trace. */
  readonly words: string;
  readonly documents: readonly WrittenDocument[];
  /** `all`, or a tenant. */
  readonly prune?: string;
  /** Whether it must be refused, whatever estate it is applied to. Else that is the product's to say, and the oracle's. */
  readonly isInvalid: boolean;
}
