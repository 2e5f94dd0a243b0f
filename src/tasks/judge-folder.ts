import { join } from 'node:path';
import { tenantOf } from '../../events/names.ts';
import type { DocumentsToJudge } from '../apply/record/enact.ts';
import { refOf, type DocumentRef } from '../../events/documents.ts';
import { spell, type DomainProblem } from '../domain/candidate.ts';
import type { Decision } from '../domain/decide.ts';
import type { DocumentChange } from '../domain/record-documents.ts';
import type { Place } from '../policy/place.ts';
import type { FilesPassedOver, Folder } from '../policy/read-folder.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { UsageError } from '../runtime/errors.ts';
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
  const spelt = new Set(faulty.map(spell));
  const isFaulty = (ref: DocumentRef): boolean => spelt.has(spell(ref));
  return ({ found = '', at, kind, restsOn }) => {
    if (isFaulty(at) || restsOn?.some(isFaulty) === true) return false;
    if (kind === 'refused' || restsOn !== undefined) return true;
    return !(names.has(found) || names.has(tenantOf(found) ?? '') || names.has(at.name));
  };
}

/**
 * The documents of a folder, and the ones to prune. Throws UsageError for a tenant to prune that neither the estate nor the folder
 * knows, and for a word that may mean everyone or one tenant.
 */
export function askedOf(
  folder: Folder,
  { prune, estate }: { prune: string | undefined; estate: Estate },
): DocumentsToJudge {
  const documents = folder.documents.map(({ document }) => document);
  if (prune === undefined) return { documents };
  // No tenant can be called so.
  if (prune === '*') return { documents, prune: 'all' };
  if (prune === 'all') {
    if (!declaresTenant(folder, prune) && !estate.intended.directory.tenants.has(prune))
      return { documents, prune };
    throw new UsageError(
      "--prune all may mean everyone, or the tenant all: write --prune tenant/all for the documents of that tenant, --prune '*' for those of everyone",
    );
  }
  const tenant = prune.replace(/^tenant\//, '');
  if (!folder.faultyNames.includes(tenant) && !declaresTenant(folder, tenant)) requireTenant(estate, tenant);
  return { documents, prune: { tenant } };
}

/** Whether a folder has a document of that tenant itself, in order or with a fault. */
function declaresTenant({ documents, faulty }: Folder, name: string): boolean {
  const refs = [...documents.map(({ document }) => refOf(document)), ...faulty];
  return refs.some((ref) => ref.kind === 'Tenant' && ref.name === name);
}

/** What people should know of a folder that is in order. */
export interface FolderNotes {
  /** Files that gave no document, as seen from where the command was given. */
  readonly passedOver: FilesPassedOver;
  /** Where ports stand without a protocol in documents that change: tcp is meant. */
  readonly tcpMeant: readonly Place[];
}

export function notesOn(
  { root, documents, passedOver }: Folder,
  changes: readonly DocumentChange[],
): FolderNotes {
  const { hidden, otherEndings, empty } = passedOver;
  const here = (files: readonly string[]): string[] => files.map((file) => join(root, file));
  const changing = new Set(changes.filter(({ change }) => change !== 'unchanged').map(spell));
  const changed = documents.filter(({ document }) => changing.has(spell(refOf(document))));
  return {
    passedOver: { hidden: here(hidden), otherEndings: here(otherEndings), empty: here(empty) },
    tcpMeant: changed.flatMap(({ tcpMeant }) =>
      tcpMeant.map((place) => ({ ...place, file: join(root, place.file) })),
    ),
  };
}

/** File names as seen from where the command was given, so that they can be opened from there. */
function fromHere({ root }: Folder, problem: ShownProblem): ShownProblem {
  if (!('place' in problem)) return problem;
  return { ...problem, place: { ...problem.place, file: join(root, problem.place.file) } };
}
