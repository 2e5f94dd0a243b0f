import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { startEventStore } from '../../doubles/eventstoredb/event-store.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { clientOf, connected, event, readAll } from './connected.ts';

const program = new URL('../../doubles/eventstoredb/main.ts', import.meta.url).pathname;

/** The double as a process of its own; resolves with its connection string once it listens. */
async function spawned(
  folder: string,
  ...rest: readonly (string | number)[]
): Promise<{ url: string; kill(): Promise<void> }> {
  const child = spawn(process.execPath, [program, folder, ...rest.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const url of createInterface(child.stdout))
    return {
      url,
      kill: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  throw new Error('It ended before it listened.');
}

it('continues where it stopped, deletions and truncations included', async () => {
  const folder = temporaryFolder();
  const { server, client } = await connected({ folder });
  await client.appendToStream('counts', [event(1), event(2), event(3)]);
  await client.setStreamMetadata('counts', { truncateBefore: 1 });
  await client.appendToStream('gone', event(1));
  await client.deleteStream('gone');
  await client.appendToStream('ended', event(1));
  await client.tombstoneStream('ended');
  await client.dispose();
  await server.stop();

  const again = await connected({ folder });
  expect(await readAll(again.client, 'counts')).toEqual(['1:2', '2:3']);
  await expect(readAll(again.client, 'gone')).rejects.toMatchObject({ type: 'stream-not-found' });
  await expect(readAll(again.client, 'ended')).rejects.toMatchObject({ type: 'stream-deleted' });
  const { nextExpectedRevision } = await again.client.appendToStream('counts', event(4), {
    expectedRevision: 2n,
  });
  expect(nextExpectedRevision).toBe(3n);
});

it('knows a repeated append by its revision after a restart, and no longer by its id alone', async () => {
  const folder = temporaryFolder();
  const first = await connected({ folder });
  const repeated = event(1, { id: randomUUID() });
  await first.client.appendToStream('counts', repeated, { expectedRevision: 'no_stream' });
  await first.client.dispose();
  await first.server.stop();

  const { client } = await connected({ folder });
  await client.appendToStream('counts', repeated, { expectedRevision: 'no_stream' });
  expect(await readAll(client, 'counts')).toEqual(['0:1']);
  await client.appendToStream('counts', repeated, { expectedRevision: 'any' });
  expect(await readAll(client, 'counts')).toEqual(['0:1', '1:1']);
});

it.each(['cut off', 'changed', 'only begun'])('drops a last record that is %s', async (how) => {
  const folder = temporaryFolder();
  const first = await connected({ folder });
  await first.client.appendToStream('counts', event(1));
  const file = join(folder, 'events.log');
  const whole = readFileSync(file).length;
  await first.client.appendToStream('counts', [event(2), event(3)]);
  await first.client.dispose();
  await first.server.stop();
  truncateSync(file, how === 'only begun' ? whole + 3 : readFileSync(file).length - 1);
  if (how === 'changed') appendFileSync(file, '?');

  const { client } = await connected({ folder });
  expect(await readAll(client, 'counts')).toEqual(['0:1']);
  await client.appendToStream('counts', event(4), { expectedRevision: 0n });
  expect(await readAll(client, 'counts')).toEqual(['0:1', '1:4']);
});

it('has everything that it acknowledged before it was killed', async () => {
  const folder = temporaryFolder();
  const first = await spawned(folder, 0);
  const port = Number(new URL(first.url).port);
  const writer = clientOf(first.url);
  let acknowledged = -1n;
  const writing = (async () => {
    for (let n = 0; ; n += 1)
      acknowledged = (await writer.appendToStream('counts', event(n % 256))).nextExpectedRevision;
  })().catch(() => undefined);
  while (acknowledged < 20n) await new Promise((resolve) => setTimeout(resolve, 5));
  await first.kill();
  await writing;

  const second = await spawned(folder, port);
  expect(second.url).toBe(first.url);
  const found = await readAll(clientOf(second.url), 'counts');
  expect(found.length).toBeGreaterThan(Number(acknowledged));
  expect(found).toEqual(found.map((_, n) => `${n}:${n % 256}`));
});

it('starts again on the same port at once, in the same process', async () => {
  const folder = temporaryFolder();
  const { server, client } = await connected({ folder });
  await client.appendToStream('counts', event(1));
  server.kill();
  await expect(client.appendToStream('counts', event(2))).rejects.toThrow();
  const again = await startEventStore({ folder, port: server.port });
  onTestFinished(() => again.stop());
  // The client that lost its server finds it again by itself.
  await expect.poll(() => readAll(client, 'counts').catch(() => undefined)).toEqual(['0:1']);
});

it('runs several members in one process', async () => {
  const { url } = await spawned(temporaryFolder(), 0, '--member', 0, '--append-bytes-max', 100);
  expect(url).toMatch(/^esdb:\/\/127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\?tls=false$/);
  const client = clientOf(url);
  await client.appendToStream('counts', event(1));
  await expect(client.appendToStream('counts', event(1, { bytes: 100 }))).rejects.toMatchObject({
    maxAppendSize: 100,
  });
  expect(await readAll(client, 'counts')).toEqual(['0:1']);
});

it('says how it is called', () => {
  expect(() => execFileSync(process.execPath, [program], { stdio: 'pipe' })).toThrow(
    'usage: main.ts FOLDER PORT',
  );
});
