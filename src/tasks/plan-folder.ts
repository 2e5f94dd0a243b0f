import { foresee, type Foresight } from '../apply/plan/foresee.ts';
import { judgedAt } from '../ledger/instants.ts';
import { judge } from '../apply/record/enact.ts';
import type { KnownReadings } from '../policy/read-documents.ts';
import { readFolder } from '../policy/read-folder.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import type { WallClock } from '../runtime/clock.ts';
import { askedOf, notesOn, problemsOf, type FolderNotes } from './judge-folder.ts';
import type { ShownProblem } from './located-problem.ts';

export type Planned =
  | { readonly kind: 'refused'; readonly problems: readonly ShownProblem[] }
  | { readonly kind: 'accepted'; readonly foresight: Foresight; readonly notes: FolderNotes };

/**
 * The changes that applying a folder to an estate would make; nothing is recorded. Throws FolderUnreadable, and UsageError for an
 * unknown tenant to prune.
 */
export async function planFolder(
  { state, recordedAt }: Projected<Estate>,
  request: {
    readonly dir: string;
    readonly prune: string | undefined;
    readonly clock: WallClock;
    /** See Workspace. */
    readonly drivers: readonly string[];
    readonly known?: KnownReadings | undefined;
  },
): Promise<Planned> {
  const { dir, prune, clock, drivers, known } = request;
  const folder = await readFolder(dir, { drivers }, known);
  const at = judgedAt(clock.now(), recordedAt);
  const decision = judge(askedOf(folder, { prune, estate: state }), state, at);
  const problems = problemsOf(folder, decision);
  if (problems.length > 0 || decision.kind === 'refused') return { kind: 'refused', problems };
  const foresight = foresee(state, decision, { at });
  return { kind: 'accepted', foresight, notes: notesOn(folder, decision.changes) };
}
