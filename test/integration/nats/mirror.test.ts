import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ledgerInNats } from '../../../src/compose/nats.ts';
import { Frontier } from '../../../src/ledger/merkle/frontier.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { natsDefaults } from '../../../src/siem/nats-settings.ts';
import { streamEntries } from '../../../src/siem/event-stream.ts';
import { messageOf } from '../../../src/siem/mirror/message.ts';
import type { FoundMessage } from '../../../src/siem/mirror/port.ts';
import { collect, placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { NatsCluster, NatsServer, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';

const file = fileURLToPath(new URL('../../support/publisher-process.ts', import.meta.url));

/** A process that mirrors a ledger, and is killed. */
class PublisherProcess implements AsyncDisposable {
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;

  constructor(...[path, replicas, servers]: [path: string, replicas: number, servers: readonly string[]]) {
    this.#arguments = [file, path, String(replicas), ...servers];
  }

  start(): void {
    this.#child = spawn(process.execPath, this.#arguments, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

function ledgerIn(folder: string): { ledger: Ledger; path: string } {
  const path = join(folder, 'ledger.db');
  return { path, ledger: openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds }) };
}

async function append(ledger: Ledger, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, at) => placed(`t-${String(at)}`));
  await ledger.append({ events, actor: tester });
}

/** Waits until the stream holds what the ledger does, and reads all of it. */
async function mirrored(ledger: Ledger, servers: readonly string[], replicas = 1): Promise<FoundMessage[]> {
  await using nats = ledgerInNats(ledger.id, { access: { servers }, ...natsDefaults, replicas });
  const { size } = await ledger.head();
  const began = performance.now();
  for (;;) {
    if (performance.now() - began > 90_000) throw new Error('the mirror does not come to its end');
    const extent = await nats.mirror.extent().catch(() => undefined);
    if (extent?.last === size) return await collect(nats.mirror.read({ from: 1, to: size }));
    await setTimeout(100);
  }
}

async function expectWhole(ledger: Ledger, found: readonly FoundMessage[]): Promise<void> {
  const { size, root } = await ledger.head();
  expect(found.map(({ sequence }) => sequence)).toEqual(Array.from({ length: size }, (_, at) => at + 1));
  expect(found.map(({ id }) => id)).toEqual(found.map((_, seq) => `${ledger.id}:${String(seq)}`));
  const tree = new Frontier({ size: 0, frontier: [] });
  for (const { leaf = '' } of found) tree.append(leaf);
  expect(tree.root()).toBe(root);
  const { form } = ledgerInNats(ledger.id, { access: { servers: [] }, ...natsDefaults });
  const messages = (await collect(streamEntries(ledger, { after: -1 }))).map((entry) =>
    messageOf(entry, form),
  );
  expect(found.map(({ leaf, body }) => [leaf, body])).toEqual(messages.map(({ leaf, body }) => [leaf, body]));
}

const random = (below: number): number => Math.floor(Math.random() * below);

describeNeeding([natsServer], 'the mirror in NATS', () => {
  it('holds every entry once and in its place, however often publisher and server are killed', async () => {
    const folder = temporaryFolder();
    await using server = await NatsServer.alone(folder);
    const { ledger, path } = ledgerIn(folder);
    await append(ledger, 3_000);
    await using publisher = new PublisherProcess(path, 1, [server.address]);
    for (let round = 0; round < 12; round += 1) {
      publisher.start();
      await append(ledger, 1 + random(700));
      await setTimeout(300 + random(500));
      if (round % 3 === 1) {
        await server.kill();
        await append(ledger, 1 + random(50));
        await setTimeout(random(300));
        await server.start();
        await setTimeout(random(1_500));
      }
      await publisher.kill();
    }
    publisher.start();
    await expectWhole(ledger, await mirrored(ledger, [server.address]));
    await ledger.close();
  });

  it('is written by two publishers at once as by one', async () => {
    const folder = temporaryFolder();
    await using server = await NatsServer.alone(folder);
    const { ledger, path } = ledgerIn(folder);
    await append(ledger, 5_000);
    await using one = new PublisherProcess(path, 1, [server.address]);
    await using other = new PublisherProcess(path, 1, [server.address]);
    one.start();
    other.start();
    for (let round = 0; round < 20; round += 1) {
      await append(ledger, 1 + random(100));
      await setTimeout(random(100));
    }
    await expectWhole(ledger, await mirrored(ledger, [server.address]));
    await ledger.close();
  });

  it('of three servers goes on when the one that leads is killed, and waits without a quorum', async () => {
    const folder = temporaryFolder();
    await using cluster = await NatsCluster.of(folder);
    const { ledger, path } = ledgerIn(folder);
    await append(ledger, 2_000);
    await using publisher = new PublisherProcess(path, 3, cluster.addresses);
    publisher.start();
    const stream = `ISOLEDGER_${ledger.id}`;
    const first = await cluster.leader(stream);
    await setTimeout(300);
    await first.kill();
    await append(ledger, 500);
    await expectWhole(ledger, await mirrored(ledger, cluster.addresses, 3));

    // One of three is left, which may say nothing is there, and takes nothing.
    const second = await cluster.leader(stream);
    await second.kill();
    await append(ledger, 500);
    await setTimeout(8_000);
    await first.start();
    await second.start();
    await expectWhole(ledger, await mirrored(ledger, cluster.addresses, 3));
    await ledger.close();
  });
});
