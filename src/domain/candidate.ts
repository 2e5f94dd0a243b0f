import { refOf, type Document, type DocumentRef } from '../../events/documents.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import type { Problem } from '../runtime/errors.ts';

/** The estate as it would stand after an apply, and which of its documents the apply brought. */
export interface Candidate {
  readonly before: Intended;
  readonly after: Intended;
  readonly given: Given;
  /**
   * The tenants whose documents change or go: only what has to do with one of them can have been broken, since the
   * estate before was valid. Undefined where everyone is concerned.
   */
  readonly scope: Scope | undefined;
}

/** The documents of the folder that is judged, by kind and name; which of them say something new; and which are to go. */
export class Given {
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

/** A problem, and where it shows. */
export interface DomainProblem extends Problem {
  readonly at: DomainPlace;
}

/**
 * Where to point: the first of the places whose document says something new, since that is what broke it; else the
 * first that the folder holds, since only there can the person mend it. The first place is the one where the fault
 * stands; the others are those whose change may have caused it.
 */
export function pointAt(given: Given, first: DomainPlace, ...others: readonly DomainPlace[]): DomainPlace {
  const places = [first, ...others];
  return places.find((place) => given.changes(place)) ?? places.find((place) => given.has(place)) ?? first;
}

/** A document's kind and name as one text, to look it up by. */
export function spell({ kind, name }: DocumentRef): string {
  return `${kind}/${name}`;
}
