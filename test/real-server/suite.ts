import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { copyEntries } from '../../src/ledger/copy.ts';
import { retentionsAt } from '../../src/ledger/eventstoredb/examine.ts';
import { openEventStoreLedger } from '../../src/ledger/eventstoredb/ledger.ts';
import { LedgerDamaged, LedgerForked } from '../../src/ledger/faults.ts';
import type { AppendRequest, CopyTarget, Ledger } from '../../src/ledger/port.ts';
import { replay } from '../../src/ledger/replay.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { describeLedgerContract } from '../contract/ledger-contract.ts';
import { collect, placed, tester } from '../doubles/facts.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { urlOfLedger, urlVariable } from './server-url.ts';

const means = { clock: systemClock, ids: randomIds };

function newUrl(): string {
  return urlOfLedger(`test-${randomUUID()}`);
}

describeLedgerContract('on a real server', (clock = systemClock) =>
  openEventStoreLedger({ url: newUrl(), create: true, clock, ids: randomIds }),
);

async function open(url: string, idOfNew?: string): Promise<CopyTarget> {
  const id = idOfNew === undefined ? {} : { idOfNew };
  const ledger = await openEventStoreLedger({ url, create: true, ...means, ...id });
  onTestFinished(() => ledger.close());
  return ledger;
}

const small: AppendRequest = { events: [placed('small')], actor: tester };
/** Three writes of a mebibyte each take it. */
const large: AppendRequest = {
  events: Array.from({ length: 50 }, (_, index) => placed(`large-${String(index)}`)),
  actor: tester,
  reason: 'r'.repeat(50_000),
  idempotencyKey: 'large',
};

async function batchesOf(ledger: Ledger): Promise<[number, number][]> {
  const batches: [number, number][] = [];
  await replay(ledger, {
    onBatch: ({ first, last }) => {
      batches.push([first, last]);
    },
  });
  return batches;
}

describe('a ledger on a real server', () => {
  it('takes a batch that needs several writes, as one batch', async () => {
    const url = newUrl();
    const ledger = await open(url);
    await ledger.append(small);
    expect(await ledger.append(large)).toEqual({ first: 1, last: 50, duplicate: false });
    const other = await open(url);
    expect(await other.append(large)).toEqual({ first: 1, last: 50, duplicate: true });
    expect(await batchesOf(other)).toEqual([
      [0, 0],
      [1, 50],
    ]);
  });

  it('takes entries of several writers at once, in one order', async () => {
    const url = newUrl();
    const ledgers = [await open(url), await open(url), await open(url)];
    const appended = ledgers.flatMap((ledger) => Array.from({ length: 20 }, () => ledger.append(small)));
    const firsts = (await Promise.all(appended)).map(({ first }) => first);
    expect(firsts.sort((one, other) => one - other)).toEqual(Array.from({ length: 60 }, (_, seq) => seq));
    expect(await batchesOf(await open(url))).toHaveLength(60);
  });

  it('is copied from a file and back with the same bytes and the same root', async () => {
    const file = (idOfNew?: string): CopyTarget => {
      const id = idOfNew === undefined ? {} : { idOfNew };
      const path = join(temporaryFolder(), 'ledger.db');
      const ledger = openSqliteLedger({ path, create: true, ...means, ...id });
      onTestFinished(() => ledger.close());
      return ledger;
    };
    const from = file();
    for (const request of [small, large, small]) await from.append(request);
    const there = await open(newUrl(), from.id);
    const back = file(from.id);
    await copyEntries({ from, to: there }, () => undefined);
    await copyEntries({ from: there, to: back }, () => undefined);
    expect(await back.head()).toEqual(await from.head());
    expect(await collect(there.read())).toEqual(await collect(from.read()));
  });
});

describe('a stream on a real server that others reached into', () => {
  type Deed = (client: EventStoreDBClient, stream: string) => Promise<unknown>;

  async function reachedInto(deed: Deed): Promise<{ ledger: Ledger; url: string }> {
    const url = newUrl();
    const ledger = await open(url);
    for (let count = 0; count < 5; count += 1) await ledger.append(small);
    const client = EventStoreDBClient.connectionString(process.env[urlVariable] ?? '');
    onTestFinished(() => client.dispose());
    await deed(client, `isoledger-${ledger.id}`);
    return { ledger, url };
  }

  it.each<[string, Deed]>([
    ['cut to its last entries', (client, stream) => client.setStreamMetadata(stream, { maxCount: 2 })],
    ['cut at its beginning', (client, stream) => client.setStreamMetadata(stream, { truncateBefore: 3 })],
    ['cut at its end', (client, stream) => client.setStreamMetadata(stream, { truncateBefore: 5 })],
    ['deleted', (client, stream) => client.deleteStream(stream)],
    ['deleted for ever', (client, stream) => client.tombstoneStream(stream)],
  ])('being %s, is no ledger any more', async (_, deed) => {
    const { ledger, url } = await reachedInto(deed);
    await expect(collect(ledger.read())).rejects.toThrow(LedgerForked);
    await expect(open(url)).rejects.toThrow(LedgerForked);
  });

  it('holding JSON of others, is damaged', async () => {
    const { ledger } = await reachedInto((client, stream) =>
      client.appendToStream(stream, jsonEvent({ type: 'other', data: {} })),
    );
    await expect(ledger.append(small)).rejects.toThrow(LedgerDamaged);
  });

  it('being told to keep entries for a while only, is not set up as it should be', async () => {
    const { ledger, url } = await reachedInto((client, stream) =>
      client.setStreamMetadata(stream, { maxAge: 86_400 }),
    );
    const [retention] = await retentionsAt(url, { id: ledger.id, clock: systemClock });
    expect([retention?.words, retention?.isFinal]).toEqual([expect.stringContaining('$maxAge 86400'), false]);
  });
});
