import { canonicalText } from '../../events/codec/canonical.ts';
import { digestOfObjects } from '../../events/overlay-objects.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import { estateProjection, type Estate } from '../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../src/projector/projection.ts';
import { desiredObjects } from '../../src/translate/desired-objects.ts';
import { bypassing } from './deeds/bypass.ts';
import { syncing } from './deeds/drive.ts';
import { resuming } from './deeds/hold.ts';
import { Broken } from './failures.ts';
import type { Crowd } from './step.ts';
import { requireAsMeant } from './verifier-at-rest.ts';
import { calm } from './weather.ts';
import type { World } from './world.ts';

/** How many rounds it may take until everything is where it should be. */
const roundsMax = 3;

/**
 * Lets everything come to rest: nothing fails any more, every host is there, no shard is held, and shards are driven
 * until there is nothing to do. Then what is applied must be what is intended, and the verdict what the oracle's is.
 */
export async function settle(world: World, crowd: Crowd): Promise<void> {
  world.weather = calm;
  world.hosts.bringBack();
  world.say('everything comes to rest');
  for (const shard of [...world.expectation.held.keys()]) await crowd.alone(resuming(shard));
  for (const at of world.handWork.open) await crowd.alone(bypassing('close', at));
  let size = -1;
  for (let round = 0; size !== (await world.ledger.head()).size; round += 1) {
    if (round > roundsMax) throw new Broken(`after ${String(round)} rounds there is still something to do`);
    ({ size } = await world.ledger.head());
    const outcome = await crowd.alone(syncing({ reads: 'hosts' }));
    if (outcome !== 'settled') throw new Broken(`with every host there: ${outcome}`);
  }
  await world.archive.check(world.ledger);
  const estate = await unfolded(estateProjection).catchUp(world.ledger);
  requireApplied(world, estate);
  requireKept(estate);
  await world.tampering.requireDoubt();
  requireAcknowledged(world);
  await requireAsMeant(world);
  world.coverage.note('settled');
}

/** Every host has said what it holds, those too that were retired and came back before they were emptied. */
function requireAcknowledged({ mayHold }: World): void {
  const open = [...mayHold.sets].find(([, sets]) => sets.size > 1);
  if (open !== undefined) throw new Broken(`at rest ${open[0]} has not acknowledged what it holds`);
}

/** Every host holds what the intended state comes to; one that was retired holds nothing. */
function requireApplied(world: World, { state }: Projected<Estate>): void {
  const { directory } = state.intended;
  const there = new Set<string>();
  for (const shard of directory.shards.keys()) {
    const desired = digestOfObjects(desiredObjects(state.intended, { shard, at: world.instant }));
    for (const host of hostsOfShard(directory, shard)) {
      there.add(`${shard} ${host}`);
      const held = world.hosts.stateOf(shard, host);
      const digest = digestOfObjects(held?.objects.values() ?? []);
      if (digest !== desired) throw new Broken(`${host} of ${shard} does not hold what it is to hold`);
    }
  }
  for (const { shard, host } of world.hosts.all()) {
    if (there.has(`${shard} ${host}`)) continue;
    if (world.hosts.stateOf(shard, host)?.objects.size !== 0)
      throw new Broken(`${host} of ${shard} was retired and still holds something`);
  }
}

/** State that was written down and read back, and state that was folded anew, are one. */
function requireKept({ state }: Projected<Estate>): void {
  const saved = estateProjection.save(state);
  const loaded = estateProjection.load(JSON.parse(JSON.stringify(saved)));
  if (canonicalText(estateProjection.save(loaded)) !== canonicalText(saved))
    throw new Broken('the estate read back is another one');
}
