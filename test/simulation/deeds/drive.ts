import { setQuarantine } from '../../../src/apply/record/quarantine.ts';
import type { ShardSynced } from '../../../src/apply/drive/sync.ts';
import { ofKind } from '../../bench/estate/documents.ts';
import { Broken } from '../failures.ts';
import { addressesIn, arrivals } from '../plain/arrivals.ts';
import { holderOf } from '../plain/view.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { withRetries, type Deed } from './deed.ts';

export interface Drive {
  readonly shards?: readonly string[];
  readonly only?: 'restrictions';
}

/** Drives shards, all or some. */
export function syncing(drive: Drive): Deed {
  const shards = drive.shards === undefined ? 'all' : 'one shard';
  return {
    name: `sync: ${shards}${drive.only === undefined ? '' : ', restrictions only'}`,
    run: async (process) => {
      const { tamperings } = process.world.hosts;
      const synced = await process.world.parts.sync({ ...process.driving, ...drive }, await process.estate());
      process.remember(synced.estate);
      const outcome = outcomeOf(synced.shards);
      if (drive.shards === undefined) requireCuts(process.world, synced.shards, { tamperings });
      return outcome;
    },
  };
}

/** Records a quarantine or its end, and drives the shards concerned, as the commands do. */
export function quarantining(tenant: string, intent: 'quarantine' | 'release', waits: boolean): Deed {
  return {
    name: `${intent}${waits ? '' : ', record only'}`,
    run: (process) => run(process, { tenant, intent, waits }),
  };
}

async function run(
  process: Process,
  { tenant, intent, waits }: { tenant: string; intent: 'quarantine' | 'release'; waits: boolean },
): Promise<string> {
  const { world } = process;
  const idempotencyKey = world.ids(world.clock.now());
  world.expectation.intend(idempotencyKey, { kind: intent, tenant });
  world.say(`${process.name}: ${intent} of ${tenant}`);
  const done = await withRetries(process, async () =>
    setQuarantine({ ...process.request, tenant, idempotencyKey }, intent, await process.estate()),
  );
  if (!waits) {
    process.remember(done.estate);
    return 'recorded';
  }
  const only = intent === 'quarantine' ? { only: 'restrictions' as const } : {};
  const { shards } = done;
  const { tamperings } = world.hosts;
  const synced = await world.parts.sync({ ...process.driving, shards, ...only }, done.estate);
  process.remember(synced.estate);
  const outcome = outcomeOf(synced.shards);
  if (intent === 'quarantine') requireCuts(world, synced.shards, { tenant, tamperings });
  return outcome;
}

/**
 * With no host away, and nobody else at work: hosts hold what they were given, and whoever is in quarantine is cut off, one
 * tenant or all of them, on shards that are held as well. Somebody may have tampered with a host again meanwhile.
 */
function requireCuts(
  world: World,
  shards: readonly ShardSynced[],
  { tenant, tamperings }: { tenant?: string; tamperings: number },
): void {
  if (shards.some(({ absent }) => absent.length > 0) || !world.isAlone) return;
  if (shards.some(({ held }) => held !== undefined)) world.coverage.note('met: quarantine on a held shard');
  const { quarantined } = world.expectation.now;
  world.watch(() => {
    requireHealed(world, { driven: new Set(shards.map(({ shard }) => shard)), tamperings });
    for (const each of tenant === undefined ? quarantined : quarantined.intersection(new Set([tenant])))
      requireCut(world, each);
  });
}

/** Throws Broken where a host of a shard that was driven still holds what somebody put there behind everybody's back. */
function requireHealed(
  world: World,
  { driven, tamperings }: { driven: ReadonlySet<string>; tamperings: number },
): void {
  for (const { shard, host } of ofKind(world.expectation.now.documents, 'Host')) {
    if (driven.has(shard) && world.hosts.isTampered(shard, host, tamperings))
      throw new Broken(`${host} of ${shard} was driven, and still holds what somebody else put there`);
  }
}

export function outcomeOf(shards: readonly ShardSynced[]): string {
  if (shards.some(({ held }) => held !== undefined)) return 'held';
  return shards.some(({ absent }) => absent.length > 0) ? 'hosts away' : 'settled';
}

/**
 * Throws Broken where anything still gets into or out of a tenant whose quarantine every host has acknowledged: by those
 * who sit at ports as far as the hosts know, since who is to sit there now is not told when only taking away. Hosts that
 * were retired are not asked: they are emptied when everything is driven, and not told anything before.
 */
function requireCut(world: World, tenant: string): void {
  const documented = ofKind(world.expectation.now.documents, 'Host').map(
    ({ shard, host }) => `${shard} ${host}`,
  );
  const holders = world.hosts.sound().filter(({ shard, host }) => documented.includes(`${shard} ${host}`));
  const around = { holders, tunnels: world.expectation.tunnels, addresses: addressesIn(holders) };
  for (const holder of holders) {
    for (const { from, to, source, target } of arrivals(holder, around)) {
      const [one, other] = [holderOf(source), holderOf(target)];
      if (one !== other && (one === tenant || other === tenant))
        throw new Broken(`${tenant} is in quarantine, acknowledged, and packets get from ${from} to ${to}`);
    }
  }
}
