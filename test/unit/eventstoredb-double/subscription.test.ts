import type { EventStoreDBClient, SubscribeToStreamOptions } from '@eventstore/db-client';
import { expect, it } from 'vitest';
import { connected, event } from './connected.ts';

/** What a subscriber sees, until it saw so many of it. */
async function seen(
  client: EventStoreDBClient,
  count: number,
  options: SubscribeToStreamOptions = {},
): Promise<(bigint | string | undefined)[]> {
  const items: (bigint | string | undefined)[] = [];
  const subscription = client.subscribeToStream('counts', options);
  await new Promise<void>((resolve, reject) => {
    const add = (item: bigint | string | undefined): void => {
      if (items.push(item) === count) resolve();
    };
    subscription
      .on('confirmation', () => {
        add('confirmed');
      })
      .on('caughtUp', () => {
        add('caught up');
      })
      .on('data', ({ event: found }) => {
        add(found?.revision);
      })
      .on('error', reject);
  });
  await subscription.unsubscribe();
  return items;
}

const append = (client: EventStoreDBClient, count: number): Promise<unknown> =>
  client.appendToStream(
    'counts',
    Array.from({ length: count }, (_, n) => event(n)),
  );

it('gives what is there, says that it caught up, and gives what comes', async () => {
  const { client } = await connected();
  await append(client, 2);
  const seeing = seen(client, 5);
  setTimeout(() => void append(client, 1), 100);
  const items = await seeing;
  expect(items.filter((item) => typeof item === 'bigint')).toEqual([0n, 1n, 2n]);
  expect(items[0]).toBe('confirmed');
  expect(items).toContain('caught up');
  expect(items.at(-1)).toBe(2n);
});

it('begins after the revision that it is given', async () => {
  const { client } = await connected();
  await append(client, 3);
  expect(await seen(client, 3, { fromRevision: 1n })).toEqual(expect.arrayContaining(['confirmed', 2n]));
});

it('begins behind the end where it is told to', async () => {
  const { client } = await connected();
  await append(client, 3);
  expect(await seen(client, 2, { fromRevision: 'end' })).toEqual(['confirmed', 'caught up']);
});

it('waits for a stream that is not there yet', async () => {
  const { client } = await connected();
  const seeing = seen(client, 3);
  setTimeout(() => void append(client, 1), 50);
  expect(await seeing).toEqual(['confirmed', 'caught up', 0n]);
});

it('leaves out what is truncated', async () => {
  const { client } = await connected();
  await append(client, 3);
  await client.setStreamMetadata('counts', { truncateBefore: 2 });
  expect(await seen(client, 3)).toEqual(expect.arrayContaining([2n]));
});

it('tells a slow reader that it fell behind, and loses nothing', async () => {
  const { client } = await connected();
  await append(client, 1);
  const subscription = client.subscribeToStream('counts', {}, { highWaterMark: 1 });
  let fellBehind = false;
  subscription.on('fellBehind', () => {
    fellBehind = true;
  });
  const total = 3_000n;
  let next = 0n;
  for await (const { event: found } of subscription) {
    expect(found?.revision).toBe(next++);
    if (next === 1n) {
      const rest = Array.from({ length: Number(total) - 1 }, (_, n) => event(n % 256, { bytes: 2_000 }));
      await Promise.all(rest.map((one) => client.appendToStream('counts', one)));
    }
    if (next === total) break;
  }
  expect(fellBehind).toBe(true);
});
