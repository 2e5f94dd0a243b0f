import type { Actor } from '../../events/entry.ts';
import { enact, judge } from '../apply/record/enact.ts';
import type { DocumentChange } from '../domain/record-documents.ts';
import type { AppendResult } from '../ledger/port.ts';
import { judgedAt } from '../ledger/instants.ts';
import { readFolder, type Folder } from '../policy/read-folder.ts';
import { estateProjection } from '../projector/estate-projection.ts';
import { askedOf, notesOn, problemsOf, type FolderNotes } from './judge-folder.ts';
import { keepReadings, loadReadings } from './kept-readings.ts';
import type { ShownProblem } from './located-problem.ts';
import { keepEstate, loadEstate, type Workspace } from './workspace.ts';

export interface ApplyRequest {
  /** A folder of documents, or a single file. */
  readonly dir: string;
  /** The folder, where it has been read already: what is judged twice is read once. */
  readonly folder?: Folder | undefined;
  /** `all`, or the tenant whose documents go when they are gone from the folder. */
  readonly prune: string | undefined;
  readonly actor: Actor;
  readonly reason: string | undefined;
  readonly source: string | undefined;
}

/** `refused`: nothing was recorded. `accepted`: `recorded` is undefined where every document is in force as it stands. */
export type ApplyResult =
  | { readonly kind: 'refused'; readonly problems: readonly ShownProblem[] }
  | {
      readonly kind: 'accepted';
      readonly changes: readonly DocumentChange[];
      readonly recorded: AppendResult | undefined;
      readonly notes: FolderNotes;
    };

/**
 * Judges a folder of documents as a whole and records what changed as one batch. Throws FolderUnreadable, UsageError for
 * an unknown tenant to prune, and what enact throws.
 */
export async function applyFolder(workspace: Workspace, request: ApplyRequest): Promise<ApplyResult> {
  const { ledger, clock, newId, drivers } = workspace;
  const estate = await loadEstate(workspace);
  const kept = loadReadings(workspace, estate);
  const folder = request.folder ?? (await readFolder(request.dir, { drivers }, kept.known));
  const asked = askedOf(folder, { prune: request.prune, estate: estate.state });
  if (folder.problems.length > 0) {
    const at = judgedAt(clock.now(), estate.recordedAt);
    return { kind: 'refused', problems: problemsOf(folder, judge(asked, estate.state, at)) };
  }
  const { actor, reason, source } = request;
  const enacted = await enact(
    { ledger, clock, ...asked, actor, reason, source, idempotencyKey: newId() },
    estate,
  );
  const { decision, recorded } = enacted;
  if (decision.kind === 'refused') return { kind: 'refused', problems: problemsOf(folder, decision) };
  if (recorded !== undefined) keepReadings(workspace, { folder, kept, estate: enacted.estate });
  await keepEstate(workspace, enacted.estate, actor);
  return { kind: 'accepted', changes: decision.changes, recorded, notes: notesOn(folder, decision.changes) };
}

/**
 * A folder that would be the first of a ledger, and everything that is wrong with it. A refused first apply leaves nothing
 * behind, not even an empty ledger: so it is judged before there is one. As applyFolder.
 */
export async function judgeFirst({
  dir,
  prune,
  drivers,
  clock,
}: Pick<ApplyRequest, 'dir' | 'prune'> & Pick<Workspace, 'drivers' | 'clock'>): Promise<{
  readonly folder: Folder;
  readonly problems: readonly ShownProblem[];
}> {
  const estate = estateProjection.initial();
  const folder = await readFolder(dir, { drivers });
  const decision = judge(askedOf(folder, { prune, estate }), estate, clock.now());
  return { folder, problems: problemsOf(folder, decision) };
}
