import { refOf, type Document, type DocumentRef } from '../../events/documents.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import type { Problem } from '../runtime/errors.ts';

/** The estate before and after an apply, and the documents that the apply brings. */
export interface Candidate {
  /** The instant of the apply, UTC with milliseconds. */
  readonly at: string;
  readonly before: Intended;
  readonly after: Intended;
  readonly folder: FolderDocuments;
  /**
   * The tenants whose documents change or go. The estate before was valid, so only their relations can be broken.
   * Undefined if every tenant is concerned.
   */
  readonly scope: Scope | undefined;
}

/**
 * The documents of the judged folder, by kind and name: which are there, which change, and which are to be removed.
 */
export class FolderDocuments {
  readonly #documents: ReadonlySet<string>;
  readonly #changed: ReadonlySet<string>;
  readonly #removed: ReadonlySet<string>;

  constructor(
    documents: readonly Document[],
    { changed, removed }: { changed: readonly DocumentRef[]; removed: readonly DocumentRef[] },
  ) {
    this.#documents = new Set(documents.map((document) => spell(refOf(document))));
    this.#changed = new Set(changed.map(spell));
    this.#removed = new Set(removed.map(spell));
  }

  changes(ref: DocumentRef): boolean {
    return this.#changed.has(spell(ref));
  }

  has(ref: DocumentRef): boolean {
    return this.#documents.has(spell(ref));
  }

  removes(ref: DocumentRef): boolean {
    return this.#removed.has(spell(ref));
  }
}

/** A place in a document, by identity: `['egress', ruleId, 'destination']`, `['endpoints', name, 'ip']`, ... */
export interface DomainPlace extends DocumentRef {
  readonly path: readonly string[];
}

/** A problem and its place. */
export interface DomainProblem extends Problem {
  readonly at: DomainPlace;
  /** The documents that it follows from, and from no others; left out where others may have a part in it. */
  readonly restsOn?: readonly DocumentRef[];
}

/**
 * Chooses the place at which a problem is shown. The fault stands at `first`; a change at one of `others` may have
 * caused it. A place in a changed document comes before all others, since that change broke the estate. Next comes a
 * place in the folder, since only there can the person mend it.
 */
export function pointAt(
  folder: FolderDocuments,
  first: DomainPlace,
  ...others: readonly DomainPlace[]
): DomainPlace {
  const places = [first, ...others];
  return places.find((place) => folder.changes(place)) ?? places.find((place) => folder.has(place)) ?? first;
}

/** A document's kind and name as one text, for looking it up. */
export function spell({ kind, name }: DocumentRef): string {
  return `${kind}/${name}`;
}
