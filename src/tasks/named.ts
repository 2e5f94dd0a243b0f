import type { Shard } from '../../events/estate.ts';
import { nearestName } from '../runtime/nearest.ts';
import { listWords } from '../words/lists.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { UsageError } from '../runtime/errors.ts';

/** The shard of that name. Throws UsageError, naming those that there are. */
export function requireShard({ intended }: Estate, name: string): Shard {
  const { shards, formerShards } = intended.directory;
  const shard = shards.get(name) ?? formerShards.get(name);
  if (shard !== undefined) return shard;
  throw new UsageError(`there is no shard ${name}; there are: ${[...shards.keys()].join(', ') || 'none'}`);
}

/** That there is a tenant of that name. Throws UsageError, naming the nearest. */
export function requireTenant({ intended }: Estate, name: string): void {
  const { tenants } = intended.directory;
  if (tenants.has(name)) return;
  const nearest = nearestName(name, tenants.keys());
  const known = listWords([...tenants.keys()].sort()) || 'none';
  throw new UsageError(
    `there is no tenant ${name}; ${nearest === undefined ? `there are: ${known}` : `did you mean ${nearest}?`}`,
  );
}
