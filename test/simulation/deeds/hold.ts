import { estateAt, holdShard, pastState, resumeShard, vniClashes } from '../../../src/apply/record/hold.ts';
import { passTime } from '../../../src/apply/record/pass-time.ts';
import type { Process } from '../process.ts';
import { withRetries, type Deed } from './deed.ts';
import { outcomeOf } from './drive.ts';

/** Drives a shard to its state as of an entry, and keeps it there. */
export function holding(shard: string, seq: number): Deed {
  return { name: 'hold', run: (process) => hold(process, { shard, seq }) };
}

/** How often a hold is looked at anew where others record something meanwhile. */
const looksMax = 5;

async function hold(process: Process, { shard, seq }: { shard: string; seq: number }): Promise<string> {
  const { world } = process;
  const past = await estateAt(process.ledger, { kind: 'seq', seq });
  const estate = await passTime(process.request, await process.estate());
  if (past === undefined) return 'no such entry';
  const state = pastState(shard, past);
  if (vniClashes(state, estate.state.intended).length > 0) return 'refused: a VNI is another one by now';
  const idempotencyKey = world.ids(world.clock.now());
  world.expectation.intend(idempotencyKey, { kind: 'hold', shard, seq: past.seq, time: past.time });
  world.say(`${process.name}: holds ${shard} at ${String(past.seq)}, ${past.time}`);
  process.remember(estate);
  const held = await withRetries(process, async () => {
    for (let look = 1; ; look += 1) {
      const now = await process.estate();
      const hold = { ...past, size: now.cursor.size, acceptedExposure: undefined };
      const outcome = await holdShard({ ...process.request, shard, idempotencyKey }, hold, now);
      if (outcome.isCurrent || look === looksMax) return outcome;
    }
  });
  if (!held.isCurrent) return 'others were faster';
  const synced = await world.parts.sync({ ...process.driving, shards: [shard], past: state }, held.estate);
  process.remember(synced.estate);
  return outcomeOf(synced.shards);
}

/** Lets a shard follow the events again. */
export function resuming(shard: string): Deed {
  return { name: 'resume', run: (process) => resume(process, shard) };
}

async function resume(process: Process, shard: string): Promise<string> {
  const { world } = process;
  const idempotencyKey = world.ids(world.clock.now());
  world.expectation.intend(idempotencyKey, { kind: 'resume', shard });
  const resumed = await withRetries(process, async () =>
    resumeShard({ ...process.request, shard, idempotencyKey }, await process.estate()),
  );
  const synced = await world.parts.sync({ ...process.driving, shards: [shard] }, resumed.estate);
  process.remember(synced.estate);
  return outcomeOf(synced.shards);
}
