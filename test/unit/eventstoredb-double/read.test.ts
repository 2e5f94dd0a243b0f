import { StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import type { EventStoreDBClient, ReadStreamOptions } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { connected, event, readAll } from './connected.ts';

async function counting(): Promise<EventStoreDBClient> {
  const { client } = await connected();
  await client.appendToStream(
    'counts',
    [0, 1, 2, 3, 4].map((byte) => event(byte)),
  );
  return client;
}

const revisions = async (client: EventStoreDBClient, options: ReadStreamOptions = {}): Promise<number[]> =>
  (await readAll(client, 'counts', options)).map((found) => Number.parseInt(found));

describe('a read', () => {
  it.each<readonly [string, ReadStreamOptions, readonly number[]]>([
    ['all', {}, [0, 1, 2, 3, 4]],
    ['so many', { maxCount: 2 }, [0, 1]],
    ['from a revision, inclusive', { fromRevision: 3n }, [3, 4]],
    ['from a revision that is not there yet', { fromRevision: 5n }, []],
    ['what is behind the end', { fromRevision: 'end' }, []],
    ['all, backwards', { direction: 'backwards', fromRevision: 'end' }, [4, 3, 2, 1, 0]],
    ['the last one', { direction: 'backwards', fromRevision: 'end', maxCount: 1 }, [4]],
    ['backwards from a revision', { direction: 'backwards', fromRevision: 1n }, [1, 0]],
    ['backwards from beyond the end', { direction: 'backwards', fromRevision: 99n, maxCount: 1 }, [4]],
  ])('gives %s', async (_what, options, expected) => {
    expect(await revisions(await counting(), options)).toEqual(expected);
  });

  it('of a stream that is not there says so', async () => {
    const { client } = await connected();
    await expect(readAll(client, 'counts')).rejects.toBeInstanceOf(StreamNotFoundError);
  });

  it('gives many events in order to a reader that is slow at first', async () => {
    const { client } = await connected();
    await client.appendToStream(
      'counts',
      Array.from({ length: 1_000 }, (_, n) => event(n % 256, { bytes: 1_000 })),
    );
    const reading = client.readStream('counts');
    await new Promise((resolve) => setTimeout(resolve, 50));
    let next = 0n;
    for await (const { event: found } of reading) expect(found?.revision).toBe(next++);
    expect(next).toBe(1_000n);
  });
});

it('does not read the log of all streams', async () => {
  const { client } = await connected();
  const reading = (async () => {
    for await (const found of client.readAll()) expect(found).toBeUndefined();
  })();
  await expect(reading).rejects.toThrow('is not part of this double');
});

describe('what is truncated is not read', () => {
  it.each<
    readonly [string, { maxCount?: number; truncateBefore?: number; maxAge?: number }, readonly number[]]
  >([
    ['by count', { maxCount: 2 }, [3, 4]],
    ['before a revision', { truncateBefore: 1 }, [1, 2, 3, 4]],
    ['by whichever takes more', { maxCount: 3, truncateBefore: 4 }, [4]],
    ['but not yet by age', { maxAge: 1_000 }, [0, 1, 2, 3, 4]],
  ])('%s', async (_how, metadata, expected) => {
    const client = await counting();
    await client.setStreamMetadata('counts', metadata);
    expect(await revisions(client)).toEqual(expected);
    expect(await revisions(client, { direction: 'backwards', fromRevision: 'end' })).toEqual(
      expected.toReversed(),
    );
    expect(await revisions(client, { fromRevision: 0n, maxCount: 1 })).toEqual(expected.slice(0, 1));
    expect(await client.getStreamMetadata('counts')).toMatchObject({ metadata });
  });
});

describe('a stream that is deleted', () => {
  it('softly is not there, and starts anew with its next revision', async () => {
    const client = await counting();
    await client.deleteStream('counts', { expectedRevision: 4n });
    await expect(readAll(client, 'counts')).rejects.toBeInstanceOf(StreamNotFoundError);
    const { nextExpectedRevision } = await client.appendToStream('counts', event(9), {
      expectedRevision: 'no_stream',
    });
    expect(nextExpectedRevision).toBe(5n);
    expect(await readAll(client, 'counts')).toEqual(['5:9']);
  });

  it('for ever can be neither read nor written', async () => {
    const client = await counting();
    await client.tombstoneStream('counts');
    await expect(readAll(client, 'counts')).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(client.appendToStream('counts', event(9))).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('must be there', async () => {
    const { client } = await connected();
    await expect(client.deleteStream('counts')).rejects.toMatchObject({ actualVersion: -1n });
  });

  it('is not deleted where another revision is expected', async () => {
    const client = await counting();
    await expect(client.deleteStream('counts', { expectedRevision: 2n })).rejects.toMatchObject({
      actualVersion: 4n,
    });
    expect(await revisions(client)).toHaveLength(5);
  });
});
