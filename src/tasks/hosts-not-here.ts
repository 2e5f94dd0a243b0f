import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Estate } from '../projector/estate-projection.ts';
import { count } from '../words/lists.ts';

/**
 * What to say where the folder of a ledger's hosts is missing, as where the ledger was renamed without what lies beside it: what its
 * hosts hold, nobody can say then, and a host that is made anew says nothing of the one elsewhere. Undefined where the folder is
 * there, or no host ever acknowledged a plan.
 */
export function hostsNotHere(
  { overlayFolder }: { readonly overlayFolder: string },
  { applied }: Estate,
): string | undefined {
  if (!isMissing(overlayFolder)) return undefined;
  const hosts = [...applied.shards.values()].reduce((sum, shard) => sum + shard.hosts.size, 0);
  if (hosts === 0) return undefined;
  return `${overlayFolder} is not there, and ${count(hosts, 'host')} acknowledged plans of this ledger: if the ledger was renamed or moved, or is reached by another name, move its PATH.d with it; those hosts hold what they held, and none is driven here until isoledger rebuild --shard NAME makes hosts anew`;
}

/** False for what cannot be looked at, as in a folder that this account may not enter, or in what is none: driving hosts tells why. */
function isMissing(path: string): boolean {
  try {
    const above = statSync(dirname(path), { throwIfNoEntry: false });
    return above?.isDirectory() !== false && statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
