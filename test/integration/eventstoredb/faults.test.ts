import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonEvent, type EventStoreDBClient } from '@eventstore/db-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Conflict,
  LedgerDamaged,
  LedgerForked,
  StoreUnavailable,
  UnknownOutcome,
} from '../../../src/ledger/faults.ts';
import type { AppendRequest, Ledger } from '../../../src/ledger/port.ts';
import { replay } from '../../../src/ledger/replay.ts';
import { startEventStoreCluster, type Cluster } from '../../doubles/eventstoredb/cluster.ts';
import type { EventStore } from '../../doubles/eventstoredb/event-store.ts';
import type { AppendFault, ReadFault, SubscriptionFault } from '../../doubles/eventstoredb/faults.ts';
import { placed, seqs, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { appendEach, counting, followed, impatient, openAt, rawClient, serve, streamOf } from './served.ts';

const request: AppendRequest = {
  events: [placed('alpha'), placed('beta')],
  actor: tester,
  idempotencyKey: 'key-1',
};

/** Whoever opens the ledger anew finds so many entries, in sound batches. */
async function expectSize({ url }: Pick<EventStore, 'url'>, size: number): Promise<void> {
  const ledger = await openAt(url, {}, false);
  let entries = 0;
  await replay(ledger, {
    onBatch: (batch) => {
      entries += batch.entries.length;
    },
  });
  expect([entries, (await ledger.head()).size]).toEqual([size, size]);
}

describe('an append', () => {
  it.each<AppendFault>([
    { kind: 'not-done' },
    { kind: 'done-but-dropped' },
    { kind: 'deadline', written: false, after: 10 },
    { kind: 'deadline', written: true, after: 10 },
    { kind: 'deadline', written: false, after: 'never' },
    { kind: 'deadline', written: true, after: 'never' },
    { kind: 'wrong-leader' },
    { kind: 'unavailable' },
    { kind: 'not-ready' },
    { kind: 'slow', milliseconds: 900 },
  ])('given %j, is tried again and takes effect once', async (fault) => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 1);
    server.faults.append.push(fault);
    expect(await ledger.append(request)).toEqual({ first: 1, last: 2, duplicate: false });
    expect(await ledger.append(request)).toEqual({ first: 1, last: 2, duplicate: true });
    await appendEach(ledger, 1);
    await expectSize(server, 4);
  });

  it.each([
    ['kept', { kind: 'done-but-dropped' }],
    ['kept', { kind: 'deadline', written: true, after: 10 }],
    ['not kept', { kind: 'not-done' }],
    ['not kept', { kind: 'deadline', written: false, after: 10 }],
  ] as const)(
    'given a server that is gone for longer than patience after the write was %s (%j), does not claim to know; the same key again tells',
    async (kept, fault) => {
      const server = await serve();
      const ledger = await openAt(server.url, impatient);
      await appendEach(ledger, 1);
      server.faults.append.push(fault, ...Array.from({ length: 50 }, () => ({ kind: 'not-ready' }) as const));
      const doubt = await ledger.append(request).catch((error: unknown) => error);
      expect(doubt).toBeInstanceOf(UnknownOutcome);
      expect(doubt).toHaveProperty('ids.length', 2);
      server.faults.clear();
      expect(await ledger.append(request)).toEqual({ first: 1, last: 2, duplicate: kept === 'kept' });
      await expectSize(server, 3);
    },
  );

  it.each(['kept', 'not kept'])(
    'given a doubt (write %s), lets another process resolve it with the same key',
    async (kept) => {
      const server = await serve();
      const ledger = await openAt(server.url, impatient);
      const fault = kept === 'kept' ? 'done-but-dropped' : 'not-done';
      server.faults.append.push({ kind: fault }, ...notReady(50));
      await expect(ledger.append(request)).rejects.toThrow(UnknownOutcome);
      server.faults.clear();
      const other = await openAt(server.url, {}, false);
      expect(await other.append(request)).toMatchObject({ first: 0, duplicate: kept === 'kept' });
      expect(await ledger.append(request)).toEqual({ first: 0, last: 1, duplicate: true });
      await expectSize(server, 2);
    },
  );

  it('given others written together with it, names only its own entries in doubt', async () => {
    const server = await serve();
    const ledger = await openAt(server.url, impatient);
    server.faults.append.push({ kind: 'not-done' }, ...notReady(50));
    const single = { events: [placed('gamma')], actor: tester };
    const doubts = await Promise.allSettled([ledger.append(request), ledger.append(single)]);
    expect(doubts).toMatchObject([{ reason: { ids: { length: 2 } } }, { reason: { ids: { length: 1 } } }]);
  });

  it.each(['before', 'after'])(
    'given another writer who comes %s the server took it and did not say so, keeps both once',
    async (when) => {
      const server = await serve();
      const [ledger, other] = [await openAt(server.url), await openAt(server.url)];
      await appendEach(ledger, 1);
      if (when === 'before') await appendEach(other, 1);
      server.faults.append.push({ kind: 'deadline', written: true, after: 400 });
      const appending = ledger.append(request);
      await sleep(100);
      if (when === 'after') await appendEach(other, 1);
      const first = when === 'before' ? 2 : 1;
      expect(await appending).toEqual({ first, last: first + 1, duplicate: false });
      await expectSize(server, 4);
    },
  );

  it('given another writer, tells what came in between where that breaks a condition, and goes behind it otherwise', async () => {
    const server = await serve();
    const [ledger, other] = [await openAt(server.url), await openAt(server.url)];
    await ledger.append({ events: [placed('alpha')], actor: tester });
    await other.append({ events: [placed('gamma'), placed('alpha')], actor: tester });
    const condition = (subject: string): AppendRequest => ({
      events: [placed('alpha')],
      actor: tester,
      conditions: [{ subjects: [subject], unchangedSince: 0 }],
    });
    const refused = await ledger.append(condition('tenant')).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Conflict);
    expect(refused).toMatchObject({ subject: 'tenant/alpha', since: 0, found: 2 });
    expect(await ledger.append(condition('host'))).toMatchObject({ first: 3 });
    await expectSize(server, 4);
  });
});

function notReady(times: number): AppendFault[] {
  return Array.from({ length: times }, () => ({ kind: 'not-ready' }));
}

describe('a server that is gone', () => {
  it.each(['append', 'read'] as const)('for a while, delays a %s and no more', async (call) => {
    const folder = temporaryFolder();
    const server = await serve({ folder });
    const ledger = await openAt(server.url);
    await appendEach(ledger, 3);
    server.kill();
    const answer = call === 'append' ? ledger.append(request) : seqs(ledger.read({ to: 2 }));
    await sleep(300);
    const again = await serve({ folder, port: server.port });
    expect(await answer).toEqual(call === 'append' ? { first: 3, last: 4, duplicate: false } : [0, 1, 2]);
    await expectSize(again, call === 'append' ? 5 : 3);
  });

  it('for longer than patience, is said to be so, and what follows works again', async () => {
    const folder = temporaryFolder();
    const server = await serve({ folder });
    const ledger = await openAt(server.url, impatient);
    await appendEach(ledger, 1);
    server.kill();
    await expect(ledger.append(request)).rejects.toThrow(UnknownOutcome);
    await expect(ledger.head()).rejects.toThrow(StoreUnavailable);
    await expect(seqs(ledger.read())).rejects.toThrow(/does not answer/);
    await expect(openAt(server.url, impatient)).rejects.toThrow(StoreUnavailable);
    const again = await serve({ folder, port: server.port });
    expect(await ledger.append(request)).toEqual({ first: 1, last: 2, duplicate: false });
    await expectSize(again, 3);
  });
});

describe('a cluster', () => {
  async function started(): Promise<Cluster> {
    const cluster = await startEventStoreCluster();
    onTestFinished(() => cluster.stop());
    return cluster;
  }

  it('whose leader changes, is followed to the address that the old one gives', async () => {
    const cluster = await started();
    const ledger = await openAt(cluster.url);
    for (const leader of [1, 2, 0]) {
      await appendEach(ledger, 1);
      cluster.setLeader(leader);
    }
    expect(await ledger.append(request)).toEqual({ first: 3, last: 4, duplicate: false });
    await expectSize(cluster, 5);
  });

  it.each(['kept', 'not kept'])(
    'whose leader is killed after a write that was %s, is looked through for the new one',
    async (kept) => {
      const cluster = await started();
      const ledger = await openAt(cluster.url);
      await appendEach(ledger, 1);
      cluster.members[0]?.faults.append.push({ kind: 'deadline', written: kept === 'kept', after: 'never' });
      const appending = ledger.append(request);
      await sleep(200);
      cluster.members[0]?.kill();
      cluster.setLeader(1);
      expect(await appending).toEqual({ first: 1, last: 2, duplicate: false });
      await expectSize(cluster, 3);
    },
  );

  it('without a leader for a while, is waited for', async () => {
    const cluster = await started();
    const ledger = await openAt(cluster.url);
    cluster.setLeader(undefined);
    const appending = ledger.append(request);
    await sleep(300);
    cluster.setLeader(2);
    expect(await appending).toEqual({ first: 0, last: 1, duplicate: false });
    await expectSize(cluster, 2);
  });

  it('of which a URL names only a follower, is used through its leader', async () => {
    const cluster = await started();
    const ledger = await openAt(cluster.members[1]?.url ?? '');
    expect(await ledger.append(request)).toEqual({ first: 0, last: 1, duplicate: false });
    await expectSize(cluster, 2);
  });
});

describe('a reading', () => {
  it.each<ReadFault[]>([
    [{ kind: 'dropped-midway', after: 0 }],
    [{ kind: 'dropped-midway', after: 7 }, { kind: 'unavailable' }, { kind: 'dropped-midway', after: 3 }],
  ])('given %j, gives every entry once', async (...faults) => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 20);
    server.faults.read.push(...faults);
    expect(await seqs(ledger.read())).toEqual(counting(20));
  });

  it('given drops for longer than patience, says that the store is unavailable', async () => {
    const server = await serve();
    const ledger = await openAt(server.url, impatient);
    await appendEach(ledger, 3);
    server.faults.read.push(...Array.from({ length: 50 }, () => ({ kind: 'unavailable' }) as const));
    await expect(seqs(ledger.read())).rejects.toThrow(StoreUnavailable);
  });
});

describe('a subscription', () => {
  it.each<SubscriptionFault[]>([
    [{ kind: 'dropped', after: 0 }],
    [{ kind: 'dropped', after: 2 }, { kind: 'unavailable' }],
    [{ kind: 'slow-consumer-drop', after: 0 }],
    [
      { kind: 'slow-consumer-drop', after: 1 },
      { kind: 'dropped', after: 1 },
    ],
  ])('given %j, goes on from the last entry: no gap, no double', async (...faults) => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 3);
    server.faults.subscription.push(...faults);
    let writing: Promise<unknown> | undefined;
    const seen = await followed(ledger, {
      after: 0,
      count: 22,
      onCaughtUp: async () => {
        await Promise.resolve((writing ??= sleep(20).then(() => appendEach(ledger, 20))));
      },
    });
    expect(seen).toEqual(counting(22, 1));
  });

  it('given reads that break midway as well, has no gap and no double', async () => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 10);
    server.faults.read.push({ kind: 'dropped-midway', after: 4 }, { kind: 'dropped-midway', after: 9 });
    expect(await followed(ledger, { after: 1, count: 8 })).toEqual(counting(8, 2));
  });

  it('given a server that is killed and started again, goes on from the last entry', async () => {
    const folder = temporaryFolder();
    const server = await serve({ folder });
    const ledger = await openAt(server.url);
    await appendEach(ledger, 3);
    let killed = false;
    const seen = await followed(ledger, {
      after: -1,
      count: 6,
      onCaughtUp: async () => {
        if (killed) return;
        killed = true;
        setTimeout(() => {
          server.kill();
        }, 50);
        setTimeout(() => {
          void serveAgain({ folder, port: server.port });
        }, 250);
        await Promise.resolve();
      },
    });
    expect(seen).toEqual(counting(6));
  });

  async function serveAgain(options: { folder: string; port: number }): Promise<void> {
    const again = await serve(options);
    await appendEach(await openAt(again.url), 3);
  }
});

/** What there is to do with a ledger that is open, or opened anew; a subscription that has seen all, if it waits. */
async function failuresOf(server: EventStore, ledger: Ledger): Promise<Record<string, unknown>> {
  const failure = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'none',
      (error: unknown) => error,
    );
  return {
    reading: await failure(seqs(ledger.read())),
    head: await failure(ledger.head()),
    appending: await failure(ledger.append(request)),
    subscribing: await failure(followed(ledger, { after: -1, count: 1 })),
    'opening anew': await failure(openAt(server.url, {}, false)),
  };
}

describe('a stream that others reached into', () => {
  type Deed = (client: EventStoreDBClient, stream: string) => Promise<unknown>;

  it.each<[string, Deed]>([
    ['cut to its last entries', (client, stream) => client.setStreamMetadata(stream, { maxCount: 2 })],
    ['cut at its beginning', (client, stream) => client.setStreamMetadata(stream, { truncateBefore: 3 })],
  ])('being %s, is no ledger any more for whoever reads what is gone', async (_, deed) => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 5);
    await deed(rawClient(server), streamOf(ledger));
    const { reading, subscribing, 'opening anew': opening } = await failuresOf(server, ledger);
    for (const failure of [reading, subscribing, opening]) expect(failure).toBeInstanceOf(LedgerForked);
    expect(reading).toHaveProperty(
      'message',
      expect.stringMatching(/entry 0 of .* is gone, the next one is entry 3/),
    );
  });

  it.each<[string, Deed]>([
    ['cut at its end', (client, stream) => client.setStreamMetadata(stream, { truncateBefore: 5 })],
    ['deleted', (client, stream) => client.deleteStream(stream)],
    ['deleted for ever', (client, stream) => client.tombstoneStream(stream)],
    [
      'deleted, and begun again by somebody',
      async (client, stream) => {
        await client.deleteStream(stream);
        await client.appendToStream(stream, jsonEvent({ type: 'other', data: {} }));
      },
    ],
  ])('being %s, is no ledger any more for anyone', async (_, deed) => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 5);
    await deed(rawClient(server), streamOf(ledger));
    for (const [what, failure] of Object.entries(await failuresOf(server, ledger)))
      expect(failure, what).toBeInstanceOf(LedgerForked);
  });

  it('being deleted for ever, is told to whoever only appends', async () => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 2);
    await rawClient(server).tombstoneStream(streamOf(ledger));
    await expect(ledger.append(request)).rejects.toThrow(LedgerForked);
  });

  it('being deleted before the ledger knew of an entry, is not taken for an empty one', async () => {
    const server = await serve();
    const [ledger, other] = [await openAt(server.url), await openAt(server.url)];
    await appendEach(other, 2);
    await rawClient(server).deleteStream(streamOf(ledger));
    await expect(ledger.append(request)).rejects.toThrow(LedgerForked);
  });

  it.each([
    ['and not written to since', 0],
    ['and written to since', 4],
  ])('being put back as it was earlier %s, is another history', async (_, since) => {
    const [folder, kept] = [temporaryFolder(), join(temporaryFolder(), 'backup')];
    const server = await serve({ folder });
    const ledger = await openAt(server.url);
    await appendEach(ledger, 2);
    cpSync(folder, kept, { recursive: true });
    await appendEach(ledger, 3);
    server.kill();
    const again = await serve({ folder: kept, port: server.port });
    const other = await openAt(again.url);
    await appendEach(other, since);
    const { 'opening anew': opening, subscribing, ...failures } = await failuresOf(again, ledger);
    for (const [what, failure] of Object.entries(failures))
      expect(failure, what).toBeInstanceOf(LedgerForked);
    expect([opening, subscribing]).toEqual(['none', 'none']);
  });

  it('being put back as it was earlier, ends a subscription that saw more', async () => {
    const [folder, kept] = [temporaryFolder(), join(temporaryFolder(), 'backup')];
    const server = await serve({ folder });
    const ledger = await openAt(server.url);
    await appendEach(ledger, 2);
    cpSync(folder, kept, { recursive: true });
    await appendEach(ledger, 3);
    const following = followed(ledger, {
      after: -1,
      count: 6,
      onCaughtUp: async () => {
        server.kill();
        await serve({ folder: kept, port: server.port });
      },
    });
    await expect(following).rejects.toThrow(LedgerForked);
  });

  it.each<[string, Deed]>([
    ['JSON', (client, stream) => client.appendToStream(stream, jsonEvent({ type: 'other', data: { a: 1 } }))],
  ])('holding %s of others, is damaged', async (_, deed) => {
    const server = await serve();
    const ledger = await openAt(server.url);
    await appendEach(ledger, 2);
    await deed(rawClient(server), streamOf(ledger));
    const { subscribing, ...failures } = await failuresOf(server, ledger);
    for (const [what, failure] of Object.entries(failures)) {
      expect(failure, what).toBeInstanceOf(LedgerDamaged);
      expect(failure, what).toHaveProperty('message', expect.stringContaining('entry 2'));
    }
    expect(subscribing).toBeInstanceOf(LedgerDamaged);
  });
});
