import {
  DeadlineExceededError,
  EventStoreDBClient,
  NotLeaderError,
  TimeoutError,
  UnavailableError,
} from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import type { AppendFault } from '../../doubles/eventstoredb/faults.ts';
import { clientOf, connected, event, ownCall, paths, readAll } from './connected.ts';

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: unknown) => error,
  );

describe.each(paths)('an append %s', (_path, path) => {
  async function failing(
    fault: AppendFault,
    deadline = 60_000,
  ): Promise<{ failure: unknown; written: number }> {
    const { server, client } = await connected();
    await client.appendToStream('counts', event(0), path);
    server.faults.append.push(fault);
    const failure = await failureOf(client.appendToStream('counts', event(1), { ...path, deadline }));
    const written = (await readAll(clientOf(server.url), 'counts')).length - 1;
    const { nextExpectedRevision } = await clientOf(server.url).appendToStream('counts', event(2), path);
    expect(nextExpectedRevision).toBe(BigInt(written + 1));
    return { failure, written };
  }

  it('is not done when the connection drops before', async () => {
    const { failure, written } = await failing({ kind: 'not-done' });
    expect(failure).toBeInstanceOf(UnavailableError);
    expect(written).toBe(0);
  });

  it('is done when the connection drops before the answer', async () => {
    const { failure, written } = await failing({ kind: 'done-but-dropped' });
    expect(failure).toBeInstanceOf(UnavailableError);
    expect(written).toBe(1);
  });

  it.each([true, false])('times out on the server, written or not: %s', async (written) => {
    const answer = await failing({ kind: 'deadline', written, after: 10 });
    expect(answer.failure).toBeInstanceOf(
      path.credentials === undefined ? DeadlineExceededError : TimeoutError,
    );
    expect(answer.written).toBe(Number(written));
  });

  it('is told who leads', async () => {
    const { failure, written } = await failing({ kind: 'wrong-leader' });
    expect(failure).toBeInstanceOf(NotLeaderError);
    expect(failure).toMatchObject({ leader: { address: '127.0.0.1' } });
    expect(written).toBe(0);
  });

  it('finds no server', async () => {
    const { failure, written } = await failing({ kind: 'unavailable' });
    expect(failure).toBeInstanceOf(UnavailableError);
    expect(written).toBe(0);
  });

  it('finds a server that is not ready', async () => {
    const { failure, written } = await failing({ kind: 'not-ready' });
    expect(String(failure)).toContain('Server Is Not Ready');
    expect(written).toBe(0);
  });

  it('waits', async () => {
    expect(await failing({ kind: 'slow', milliseconds: 50 })).toEqual({ failure: 'none', written: 1 });
  });
});

// Connected already, and given a second: what is measured is the server's silence and not the way to it.
const deadline = 1_000;

it('answers an append of its own too late, which the client then gives up', async () => {
  const { server, client } = await connected();
  await client.appendToStream('counts', event(0), ownCall);
  server.faults.append.push({ kind: 'deadline', written: true, after: 'never' });
  const failure = await failureOf(client.appendToStream('counts', event(1), { ...ownCall, deadline }));
  expect(failure).toBeInstanceOf(DeadlineExceededError);
  expect(await readAll(client, 'counts')).toEqual(['0:0', '1:1']);
});

it('never answers an append in a batch, for which the client then waits for ever', async () => {
  const { server, client } = await connected();
  await client.appendToStream('counts', event(0));
  server.faults.append.push({ kind: 'deadline', written: true, after: 'never' });
  const waiting = failureOf(client.appendToStream('counts', event(1), { deadline }));
  const first = await Promise.race([
    waiting,
    new Promise((resolve) => setTimeout(resolve, deadline * 2, 'waiting')),
  ]);
  expect(first).toBe('waiting');
  server.kill();
  expect(await waiting).toBeInstanceOf(UnavailableError);
});

it('drops the other appends of a batch call together with the one that meets a fault', async () => {
  const { server, client } = await connected();
  await client.appendToStream('counts', event(0));
  server.faults.append.push({ kind: 'slow', milliseconds: 60_000 }, { kind: 'done-but-dropped' });
  const failures = await Promise.all(
    [1, 2].map((byte) => failureOf(client.appendToStream('counts', event(byte)))),
  );
  expect(failures).toEqual([expect.any(UnavailableError), expect.any(UnavailableError)]);
  expect(await readAll(clientOf(server.url), 'counts')).toEqual(['0:0', '1:2']);
});

it('drops the connection of a reader midway, and lets the next one read all', async () => {
  const { server, client } = await connected();
  await client.appendToStream(
    'counts',
    [1, 2, 3, 4].map((byte) => event(byte)),
  );
  server.faults.read.push({ kind: 'dropped-midway', after: 2 }, { kind: 'unavailable' });
  const read: unknown[] = [];
  const reading = (async () => {
    for await (const { event: found } of client.readStream('counts')) read.push(found?.revision);
  })();
  expect(await failureOf(reading)).toBeInstanceOf(UnavailableError);
  expect(read.length).toBeLessThanOrEqual(2);
  expect(await failureOf(readAll(clientOf(server.url), 'counts'))).toBeInstanceOf(UnavailableError);
  expect(await readAll(clientOf(server.url), 'counts')).toHaveLength(4);
});

describe('a subscription', () => {
  const ending = async (client: EventStoreDBClient): Promise<{ failure: unknown; revisions: unknown[] }> => {
    const revisions: unknown[] = [];
    const subscribing = (async () => {
      for await (const { event: found } of client.subscribeToStream('counts'))
        revisions.push(found?.revision);
    })();
    return { failure: await failureOf(subscribing), revisions };
  };

  it.each([
    [{ kind: 'dropped', after: 2 }, UnavailableError],
    [{ kind: 'slow-consumer-drop', after: 2 }, TimeoutError],
    [{ kind: 'unavailable' }, UnavailableError],
  ] as const)('ends with %o', async (fault, kind) => {
    const { server, client } = await connected();
    await client.appendToStream(
      'counts',
      [1, 2, 3].map((byte) => event(byte)),
    );
    server.faults.subscription.push(fault);
    const { failure, revisions } = await ending(client);
    expect(failure).toBeInstanceOf(kind);
    expect(revisions.length).toBeLessThanOrEqual(2);
  });

  it('ends when its server is killed', async () => {
    const { server, client } = await connected();
    await client.appendToStream('counts', event(1));
    setTimeout(() => {
      server.kill();
    }, 50);
    expect((await ending(client)).failure).toBeInstanceOf(UnavailableError);
  });
});

it('forgets faults that have not happened', async () => {
  const { server, client } = await connected();
  server.faults.append.push({ kind: 'not-done' });
  server.faults.clear();
  await client.appendToStream('counts', event(1));
  expect(await readAll(client, 'counts')).toEqual(['0:1']);
});
