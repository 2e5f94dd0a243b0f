import { join } from 'node:path';
import { tenantOf } from '../../events/names.ts';
import type { DocumentsToJudge } from '../apply/record/enact.ts';
import type { DocumentRef } from '../../events/documents.ts';
import type { DomainProblem } from '../domain/candidate.ts';
import type { Decision } from '../domain/decide.ts';
import type { Folder } from '../policy/read-folder.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { requireTenant } from './named.ts';
import { locate, type ShownProblem } from './located-problem.ts';

/**
 * Everything that is wrong with a folder: what its documents show alone, and what the domain says of those without
 * fault, as far as that is certain.
 */
export function problemsOf(folder: Folder, decision: Decision): ShownProblem[] {
  if (decision.kind === 'accepted') return folder.problems.map((problem) => fromHere(folder, problem));
  const certain = decision.problems.filter(certainBeside(folder));
  return [...folder.problems, ...locate(certain, folder.documents)].map((problem) =>
    fromHere(folder, problem),
  );
}

/**
 * Tells complaints that stand whatever becomes of the faulty documents. Those at a faulty document, or about what it would
 * have declared, go with its fault: what is in force in its place was judged instead.
 */
function certainBeside({ faulty, faultyNames }: Folder): (problem: DomainProblem) => boolean {
  const names = new Set(faultyNames);
  const isFaulty = (ref: DocumentRef): boolean =>
    faulty.some(({ kind, name }) => kind === ref.kind && name === ref.name);
  return ({ found = '', at, kind, restsOn }) => {
    if (isFaulty(at) || restsOn?.some(isFaulty) === true) return false;
    if (kind === 'refused' || restsOn !== undefined) return true;
    return !(names.has(found) || names.has(tenantOf(found) ?? '') || names.has(at.name));
  };
}

/** The documents of a folder, and the ones to prune. Throws UsageError for a tenant to prune that neither the estate nor the folder knows. */
export function askedOf(
  { documents: sourced, faultyNames }: Folder,
  { prune, estate }: { prune: string | undefined; estate: Estate },
): DocumentsToJudge {
  const documents = sourced.map(({ document }) => document);
  if (prune === undefined) return { documents };
  if (prune === 'all') return { documents, prune };
  const isInFolder =
    faultyNames.includes(prune) ||
    documents.some((document) => document.kind === 'Tenant' && document.value.tenant === prune);
  if (!isInFolder) requireTenant(estate, prune);
  return { documents, prune: { tenant: prune } };
}

/** File names as seen from where the command was given, so that they can be opened from there. */
function fromHere({ root }: Folder, problem: ShownProblem): ShownProblem {
  if (!('place' in problem)) return problem;
  return { ...problem, place: { ...problem.place, file: join(root, problem.place.file) } };
}
