import { defined } from '../../events/codec/defined.ts';
import { refOf } from '../../events/documents.ts';
import { spell, type DomainProblem } from '../domain/candidate.ts';
import type { SourcedDocument } from '../policy/parse-document.ts';
import type { Place } from '../policy/place.ts';
import type { Problem } from '../runtime/errors.ts';

/** A problem and its place: in a file of the folder, or in a document that is in force and not in the folder. */
export type ShownProblem = Problem & ({ readonly place: Place } | { readonly inForce: string });

/** Points domain problems, which know documents, at the files that the documents came from. */
export function locate(
  problems: readonly DomainProblem[],
  documents: readonly SourcedDocument[],
): ShownProblem[] {
  const sources = new Map(documents.map((sourced) => [spell(refOf(sourced.document)), sourced]));
  return problems.map(({ at, kind, message, found, allowed, nearest, isUnknownName }) => {
    const problem = { kind, message, ...defined({ found, allowed, nearest, isUnknownName }) };
    const source = sources.get(spell(at));
    if (source === undefined)
      return { ...problem, inForce: `${at.kind} of ${at.name}: ${at.path.join('.')}` };
    const place = source.locate(at.path);
    // A missing key has no place in the file: its document is pointed at, and the key is named.
    const [key = ''] = at.path;
    return { ...problem, place: place.keyPath === '' ? { ...place, keyPath: key } : place };
  });
}
