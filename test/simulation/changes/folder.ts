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
  /** `valid` and `invalid` on the estate of now, whatever else; `unsure` where that is the product's to say. */
  readonly validity: 'valid' | 'invalid' | 'unsure';
}
