import { describe, expect, it } from 'vitest';
import { Feed } from '../../../src/api/feed/feed.ts';
import { pageQuery } from '../../../src/api/feed/query.ts';
import { Unanswered } from '../../../src/api/problem.ts';
import { ConfirmedPlaces } from '../../../src/ledger/confirmed-places.ts';
import { LedgerDamaged, LedgerForked } from '../../../src/ledger/faults.ts';
import type { LedgerReader } from '../../../src/ledger/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { UsageError } from '../../../src/runtime/errors.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { streamEntries } from '../../../src/siem/event-stream.ts';
import { collect, placed, tester } from '../../doubles/facts.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';

const version = '1.0.0';

/** A ledger with batches of these sizes, one tenant each. */
async function ledgerOf(...sizes: readonly number[]): Promise<MemoryLedger> {
  const ledger = new MemoryLedger({ clock: systemClock, ids: randomIds });
  for (const [index, size] of sizes.entries())
    await ledger.append({
      events: Array.from({ length: size }, () => placed(`tenant-${String(index)}`)),
      actor: tester,
    });
  return ledger;
}

const asked = (query: Record<string, string | string[]> = {}): ReturnType<typeof pageQuery.parse> =>
  pageQuery.parse(query);

async function inPages(feed: Feed, query: Record<string, string>): Promise<{ all: string[]; pages: number }> {
  const all: string[] = [];
  let [next, pages] = [-1, 0];
  for (;;) {
    const page = await feed.page(asked({ ...query, after: String(next) }));
    all.push(...page.events);
    pages += 1;
    if (page.isAtHead) return { all, pages };
    expect(page.next).toBeGreaterThan(next);
    next = page.next;
  }
}

describe('the feed', () => {
  it('gives in pages what the stream gives, through batches that are longer than a page and a stretch between places', async () => {
    const ledger = await ledgerOf(3, 9_000, 1, 700);
    const feed = new Feed(ledger, { version });
    const { all } = await inPages(feed, { limit: '1000', format: 'entries' });
    const stream = await collect(streamEntries(ledger, { after: -1 }));
    expect(all).toEqual(stream.map(({ stored }) => new TextDecoder().decode(stored.bytes)));
  });

  it('has each entry hashed a few times, and not once a page', async () => {
    const ledger = await ledgerOf(...Array.from({ length: 300 }, () => 100));
    let read = 0;
    const counted: LedgerReader = {
      ...{ id: ledger.id, head: () => ledger.head(), subscribe: (options) => ledger.subscribe(options) },
      read: async function* (range) {
        for await (const entry of ledger.read(range)) {
          read += 1;
          yield entry;
        }
      },
    };
    const { all, pages } = await inPages(new Feed(counted, { version }), { limit: '1000' });
    expect([all.length, pages]).toEqual([30_000, 30]);
    expect(read / 30_000).toBeLessThan(12);
  });

  it('moves on where none of the events is asked for, and finds the one that is', async () => {
    const ledger = await ledgerOf(6_000, 6_000, 2, 6_000);
    const { all, pages } = await inPages(new Feed(ledger, { version }), { tenant: 'tenant-2' });
    expect(all).toHaveLength(2);
    expect(pages).toBeLessThanOrEqual(6);
  });

  it('gives nothing of what is asked for of a kind that did not happen', async () => {
    const feed = new Feed(await ledgerOf(2), { version });
    const query = asked({ type: ['PolicyEnacted', 'RoleTaken'] });
    expect(await feed.page(query)).toEqual({ events: [], next: 1, isAtHead: true });
    expect(await new Feed(await ledgerOf(), { version }).page(asked())).toEqual({
      ...{ events: [], next: -1, isAtHead: true },
    });
  });

  it('refuses what would break what a format promises, and names that nobody has', async () => {
    const feed = new Feed(await ledgerOf(2), { version });
    for (const query of [
      { format: 'entries', tenant: 'tenant-0' },
      { format: 'cef', ocsfVersion: '1.8.0' },
      { type: 'PolicyEnacte' },
      { tenant: 'tenant-9' },
    ])
      await expect(feed.page(asked(query))).rejects.toThrow(UsageError);
    expect((await feed.page(asked({ tenant: 'tenant-0' }))).events).toHaveLength(2);
  });

  it('tells a reader that has more than the ledger', async () => {
    const feed = new Feed(await ledgerOf(2), { version });
    expect((await feed.page(asked({ after: '1' }))).isAtHead).toBe(true);
    await expect(feed.page(asked({ after: '2' }))).rejects.toThrow(Unanswered);
  });

  it('takes whole numbers as they are written, and no other', () => {
    expect(asked({ after: '5', limit: '7' })).toMatchObject({ after: 5, limit: 7, format: 'cloudevents' });
    for (const wrong of ['1e3', '', ' 1', '-2', '0x1', '01'])
      expect(pageQuery.safeParse({ after: wrong }).success).toBe(false);
    for (const limit of ['0', '1001']) expect(pageQuery.safeParse({ limit }).success).toBe(false);
    expect(pageQuery.safeParse({ afer: '1' }).success).toBe(false);
  });
});

describe('places that lead to the root of a ledger', () => {
  it('are not those of a ledger that was cut, exchanged or damaged', async () => {
    let ledger: LedgerReader = await ledgerOf(5);
    const places = new ConfirmedPlaces({
      ...{ id: ledger.id, head: () => ledger.head(), subscribe: (options) => ledger.subscribe(options) },
      read: (range) => ledger.read(range),
    });
    expect((await places.now()).map(({ size }) => size)).toEqual([0, 5]);
    ledger = await ledgerOf(5);
    await expect(places.now()).rejects.toThrow(LedgerForked);
    ledger = await ledgerOf(4);
    await expect(places.now()).rejects.toThrow(LedgerForked);
    ledger = await ledgerOf(6);
    await expect(places.now()).rejects.toThrow(LedgerDamaged);
  });
});
