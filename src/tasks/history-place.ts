import { folderOfHistory } from '../ledger/derived.ts';
import { engineDigest } from '../verify/engine-digest.ts';
import type { KeptHistory } from '../verify/history/kept-history.ts';
import type { Workspace } from './workspace.ts';

/**
 * Where it is kept what the verifier came to over a ledger. Undefined where another account decides what is in the folder: no entry
 * vouches for an index, so that what others put there is not believed.
 */
export function historyPlace({
  statePath,
  requireOwnFolder,
}: Pick<Workspace, 'statePath' | 'requireOwnFolder'>): KeptHistory | undefined {
  try {
    requireOwnFolder();
  } catch {
    return undefined;
  }
  return { folder: folderOfHistory(statePath), engine: engineDigest };
}
