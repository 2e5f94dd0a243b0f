import { keyOf, type WrittenDocument } from '../../bench/estate/documents.ts';
import type { Estate } from '../../bench/estate/estate.ts';
import type { Random } from '../../bench/estate/random.ts';

/** A change that keeps an estate valid: the whole estate after it, and what has changed in it. */
export interface Change {
  readonly kind: string;
  readonly words: string;
  readonly estate: Estate;
  /** Documents that are new or say something else. */
  readonly changed: readonly WrittenDocument[];
  /** Whether documents are gone that others stand on or are named by: it takes a folder that prunes. */
  readonly removes: boolean;
}

/** Undefined where chance picked something that is not possible. `now` is UTC with milliseconds. */
export type Changer = (estate: Estate, random: Random, now: string) => Change | undefined;

/** The estate with other documents, and which of them are other ones. */
export function changeTo(
  estate: Estate,
  after: Partial<Estate> & { readonly documents: readonly WrittenDocument[] },
  what: { readonly kind: string; readonly words: string },
): Change {
  const before = new Set(estate.documents);
  const changed = after.documents.filter((document) => !before.has(document));
  const names = new Set(after.documents.map(keyOf));
  const removes = estate.documents.some((document) => !names.has(keyOf(document)));
  return { ...what, estate: { ...estate, ...after }, changed, removes };
}

export function oneOf<Item>(random: Random, list: readonly Item[]): Item | undefined {
  return list.length === 0 ? undefined : random.pick(list);
}
