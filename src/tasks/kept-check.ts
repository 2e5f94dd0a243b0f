import { replay } from '../ledger/replay.ts';
import { estateProjection, type Estate } from '../projector/estate-projection.ts';
import { readKeptFile } from '../projector/kept-state.ts';
import { Refolded } from '../projector/refolded.ts';
import type { Workspace } from './workspace.ts';

/** The estate, to be folded from the entries alone and compared with what is kept of it. Throws ForeignState. */
export function refolded({ ledger, statePath }: Pick<Workspace, 'ledger' | 'statePath'>): Refolded<Estate> {
  const place = { path: statePath, ledger: ledger.id };
  return new Refolded(estateProjection, { path: statePath, kept: readKeptFile(place) });
}

/**
 * Makes sure that the kept estate is the one that the entries come to. Reads the whole ledger, if anything is kept.
 * Throws KeptStateDiffers, ForeignState, and what replay throws.
 */
export async function confirmKept(workspace: Pick<Workspace, 'ledger' | 'statePath'>): Promise<void> {
  const estate = refolded(workspace);
  if (!estate.isKept) return;
  await replay(workspace.ledger, {
    onBatch: (batch) => {
      estate.take(batch);
    },
  });
  const fault = estate.difference();
  if (fault !== undefined) throw fault;
}
