import { jsonEvent, MaxAppendSizeExceededError, WrongExpectedVersionError } from '@eventstore/db-client';
import type { AppendExpectedRevision, EventStoreDBClient } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connected, event, paths, readAll } from './connected.ts';

describe.each(paths)('an append %s', (_path, path) => {
  const append = (
    client: EventStoreDBClient,
    bytes: readonly number[],
    expectedRevision: AppendExpectedRevision,
    stream = 'counts',
  ): Promise<bigint> =>
    client
      .appendToStream(
        stream,
        bytes.map((byte) => event(byte)),
        { ...path, expectedRevision },
      )
      .then((result) => result.nextExpectedRevision);

  it('answers with the revision of its last event', async () => {
    const { client } = await connected();
    expect(await append(client, [1, 2], 'no_stream')).toBe(1n);
    expect(await append(client, [3], 1n)).toBe(2n);
    expect(await append(client, [4], 'any')).toBe(3n);
    expect(await append(client, [5], 'stream_exists')).toBe(4n);
    expect(await append(client, [9], 'any', 'others')).toBe(0n);
    expect(await readAll(client, 'counts')).toEqual(['0:1', '1:2', '2:3', '3:4', '4:5']);
  });

  it.each<readonly [string, AppendExpectedRevision, string, bigint | string]>([
    ['none', 'no_stream', 'counts', 1n],
    ['an earlier revision', 0n, 'counts', 1n],
    ['a later revision', 7n, 'counts', 1n],
    ['one that is there', 'stream_exists', 'missing', 'no_stream'],
    ['a revision of one that is not there', 0n, 'missing', 'no_stream'],
  ])('that expects %s conflicts, and says what there is', async (_what, expected, stream, actual) => {
    const { client } = await connected();
    await append(client, [1, 2], 'no_stream');
    const failure = await append(client, [3], expected, stream).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WrongExpectedVersionError);
    expect(failure).toMatchObject({ expectedVersion: expected, actualVersion: actual, streamName: stream });
    expect(await readAll(client, 'counts')).toEqual(['0:1', '1:2']);
  });

  it('is repeated without effect while its ids and what it expects are the same', async () => {
    const { client } = await connected();
    const events = [event(1, { id: randomUUID() }), event(2, { id: randomUUID() })];
    const again = (expectedRevision: AppendExpectedRevision, chosen = events): Promise<bigint> =>
      client
        .appendToStream('counts', chosen, { ...path, expectedRevision })
        .then((result) => result.nextExpectedRevision);
    expect(await again('no_stream')).toBe(1n);
    expect(await append(client, [3], 1n)).toBe(2n);
    expect(await again('no_stream')).toBe(1n);
    expect(await again('any')).toBe(1n);
    expect(await readAll(client, 'counts')).toHaveLength(3);
    await expect(again(0n)).rejects.toBeInstanceOf(WrongExpectedVersionError);
    await expect(again('no_stream', [...events, event(4)])).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('is limited in size, counting its types, data and metadata', async () => {
    const { client } = await connected({ appendBytesMax: 1_000 });
    const typeBytes = 'counted'.length * 2;
    const write = (bytes: number): Promise<unknown> =>
      client.appendToStream('counts', [event(1), event(2, { bytes })], {
        ...path,
        expectedRevision: 'no_stream',
      });
    const failure = await write(1_000 - typeBytes * 2).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(failure).toMatchObject({ maxAppendSize: 1_000 });
    await write(1_000 - typeBytes * 2 - 1);
    expect(await readAll(client, 'counts')).toEqual(['0:1', '1:2']);
  });

  it('keeps ids, types, data, metadata and the time', async () => {
    const { client } = await connected();
    const id = randomUUID();
    const before = Date.now();
    await client.appendToStream(
      'notes',
      jsonEvent({ id, type: 'noted', data: { text: 'ä' }, metadata: { by: 'me' } }),
      path,
    );
    for await (const { event: found } of client.readStream('notes')) {
      expect(found).toMatchObject({
        id,
        type: 'noted',
        data: { text: 'ä' },
        metadata: { by: 'me' },
        isJson: true,
      });
      expect(found?.created.getTime()).toBeGreaterThanOrEqual(before);
      expect(found?.created.getTime()).toBeLessThanOrEqual(Date.now());
    }
  });

  it('is one of many at once, of which just one succeeds for each revision', async () => {
    const { client } = await connected();
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => append(client, [n], 'no_stream')),
    );
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
    expect(await readAll(client, 'counts')).toHaveLength(1);
  });
});

it('takes an append that the client sends in several messages', async () => {
  const { client } = await connected();
  const events = Array.from({ length: 50 }, (_, n) => event(n, { bytes: 1_000 }));
  const { nextExpectedRevision } = await client.appendToStream('counts', events, { batchAppendSize: 4_000 });
  expect(nextExpectedRevision).toBe(49n);
  expect(await readAll(client, 'counts')).toHaveLength(50);
});

it('refuses what is above a mebibyte by default', async () => {
  const { client } = await connected();
  await expect(client.appendToStream('counts', event(1, { bytes: 1_048_576 }))).rejects.toMatchObject({
    maxAppendSize: 1_048_576,
  });
});
