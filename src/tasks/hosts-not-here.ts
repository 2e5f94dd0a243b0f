import { statSync } from 'node:fs';
import type { Estate } from '../projector/estate-projection.ts';
import { count } from '../words/lists.ts';

/** Hosts that acknowledged plans of a ledger, whose place is not there at all. What they hold, nobody can say. */
export interface HostsNotHere {
  readonly words: string;
  readonly includes: (shard: string, host: string) => boolean;
}

/**
 * Whether the folder of a ledger's hosts is missing, as where the ledger was renamed without what lies beside it. To be asked before
 * anything is driven: hosts are then made anew. Undefined where it is there, or no host ever acknowledged a plan.
 */
export function hostsNotHere(
  { overlayFolder }: { readonly overlayFolder: string },
  { applied }: Estate,
): HostsNotHere | undefined {
  if (!isMissing(overlayFolder)) return undefined;
  const acknowledged = new Map(
    [...applied.shards].map(([shard, { hosts }]) => [shard, new Set(hosts.keys())]),
  );
  const hosts = [...acknowledged.values()].reduce((sum, { size }) => sum + size, 0);
  if (hosts === 0) return undefined;
  return {
    words: `${overlayFolder} is not there, and ${count(hosts, 'host')} acknowledged plans of this ledger: if the ledger was renamed or moved, or is reached by another name, move its PATH.d with it; those hosts hold what they held, and none is driven here until isoledger rebuild --shard NAME makes hosts anew`,
    includes: (shard, host) => acknowledged.get(shard)?.has(host) === true,
  };
}

/** False for what cannot be looked at, as in a folder that this account may not enter: reading its hosts tells why. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
