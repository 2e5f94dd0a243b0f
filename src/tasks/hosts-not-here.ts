import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Shard } from '../../events/estate.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { count } from '../words/lists.ts';

/** Where hosts are that are files. */
export interface HostFolder {
  readonly overlayFolder: string;
  /** Whether the hosts of a shard are files in that folder: those of others are not of this machine. */
  readonly isInFolder: (shard: Shard) => boolean;
}

/**
 * The shards whose hosts acknowledged plans, and are files in a folder that is missing, as where the ledger was renamed without
 * what lies beside it: what those hosts hold, nobody can say then, and a host that is made anew says nothing of the one elsewhere.
 */
export function shardsNotHere(
  { overlayFolder, isInFolder }: HostFolder,
  { applied, intended: { directory } }: Estate,
): string[] {
  if (!isMissing(overlayFolder)) return [];
  return Array.from(applied.shards)
    .filter(([name, { hosts }]) => {
      const shard = directory.shards.get(name) ?? directory.formerShards.get(name);
      return hosts.size > 0 && (shard === undefined || isInFolder(shard));
    })
    .map(([name]) => name);
}

/** What to say of them; undefined where there are none. */
export function hostsNotHere(folder: HostFolder, estate: Estate): string | undefined {
  const shards = shardsNotHere(folder, estate);
  if (shards.length === 0) return undefined;
  const hosts = shards.reduce((sum, shard) => sum + (estate.applied.shards.get(shard)?.hosts.size ?? 0), 0);
  return `${folder.overlayFolder} is not there, and ${count(hosts, 'host')} acknowledged plans of this ledger: if the ledger was renamed or moved, or is reached by another name, move its PATH.d with it; those hosts hold what they held, and none is driven here until isoledger rebuild --shard NAME makes hosts anew`;
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
