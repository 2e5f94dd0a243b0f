import { refOf, type Document, type DocumentRef } from '../../events/documents.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import type { Problem } from '../runtime/errors.ts';

/** The estate as it would stand after an apply, and which of its documents the apply brought. */
export interface Candidate {
  readonly before: Intended;
  readonly after: Intended;
  readonly given: Given;
}

/** The documents of the folder that is judged, by kind and name, and which of them say something new. */
export class Given {
  readonly #documents: ReadonlySet<string>;
  readonly #changed: ReadonlySet<string>;

  constructor(documents: readonly Document[], changed: readonly DocumentRef[]) {
    this.#documents = new Set(documents.map((document) => spell(refOf(document))));
    this.#changed = new Set(changed.map(spell));
  }

  changes(ref: DocumentRef): boolean {
    return this.#changed.has(spell(ref));
  }

  has(ref: DocumentRef): boolean {
    return this.#documents.has(spell(ref));
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

function spell({ kind, name }: DocumentRef): string {
  return `${kind}/${name}`;
}
