import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { Document } from '../../../events/documents.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { generateEstate } from '../estate.ts';
import { milliseconds } from '../harness/measure.ts';
import { editsThatReachHosts } from '../running/changes.ts';
import { documentsIn, Running } from '../running/running.ts';

// A thread of its own, so that what waits for the disk here keeps nobody waiting who looks at the service.

const given = z.object({ folder: z.string(), ledger: z.string(), tenants: z.int(), hosts: z.int() });
const asked = z.object({ rate: z.number(), seconds: z.number() });
const editsMost = 500;

/**
 * Brings an estate into a new ledger and to its hosts, says so, and once it is asked to, changes a policy so many times a second: each
 * judged on the estate and recorded by itself, as `apply` does. Policies lose a rule one after the other, then get it back in the same
 * order. A change that is late is made at once: where that is not enough, fewer are made.
 */
async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const { folder, ledger, tenants, hosts } = given.parse(workerData);
  const running = await Running.on(ledger);
  const estate = generateEstate({
    ...{ seed: 7, tenants, rulesPerTenant: 10, tenantsPerRealm: 50 },
    ...{ shards: 1, hostsPerShard: hosts },
  });
  await running.apply({ documents: await documentsIn(folder, estate) });
  await running.sync();
  const edits = editsThatReachHosts(running, editsMost);
  const turns = [...edits.map(({ edited }) => edited), ...edits.map(({ before }) => before)];
  const begin = Promise.withResolvers<unknown>();
  port.once('message', begin.resolve);
  port.postMessage({ ledgerId: running.ledger.id });
  const took = await changed(running, turns, asked.parse(await begin.promise));
  await running.close();
  port.postMessage({ took });
}

/** How long each change took to be recorded, in milliseconds. */
async function changed(
  running: Running,
  turns: readonly Document[],
  { rate, seconds }: z.infer<typeof asked>,
): Promise<readonly number[]> {
  const took: number[] = [];
  const began = performance.now();
  for (;;) {
    const dueMs = (took.length / rate) * 1_000;
    const nowMs = performance.now() - began;
    if (Math.max(dueMs, nowMs) >= seconds * 1_000) return took;
    if (dueMs > nowMs) await systemClock.sleep(dueMs - nowMs);
    const documents = turns.slice(took.length % turns.length).slice(0, 1);
    took.push(await milliseconds(() => running.apply({ documents })));
  }
}

if (parentPort !== null) await main(parentPort);
