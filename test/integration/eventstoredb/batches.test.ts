import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { copyEntries } from '../../../src/ledger/copy.ts';
import { LedgerDamaged, UnknownOutcome } from '../../../src/ledger/faults.ts';
import type { AppendRequest, CopyTarget, Ledger } from '../../../src/ledger/port.ts';
import { replay } from '../../../src/ledger/replay.ts';
import { openToExamine } from '../../../src/ledger/sqlite/examine.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import type { EventStore } from '../../doubles/eventstoredb/event-store.ts';
import { collect, placed, seqs, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { counting, followed, impatient, openAt, serve } from './served.ts';

const means = { clock: systemClock, ids: randomIds };

/** Three writes of a mebibyte each take it. */
const withoutKey: AppendRequest = {
  events: Array.from({ length: 50 }, (_, index) => placed(`large-${String(index)}`)),
  actor: tester,
  // What every entry carries besides its own data.
  reason: 'r'.repeat(50_000),
};
const large: AppendRequest = { ...withoutKey, idempotencyKey: 'large' };
const writes = 3;
const small: AppendRequest = { events: [placed('small')], actor: tester };

interface Seen {
  readonly batches: readonly (readonly [first: number, last: number])[];
  readonly voids: readonly (readonly [first: number, last: number])[];
}

/** The batches of a ledger, as whoever replays it sees them. */
async function replayed(ledger: Ledger): Promise<Seen & { readonly size: number }> {
  const seen = { batches: new Array<[number, number]>(), voids: new Array<[number, number]>() };
  const { size } = await replay(ledger, {
    onBatch: ({ first, last }) => {
      seen.batches.push([first, last]);
    },
    onVoid: (first, last) => {
      seen.voids.push([first, last]);
    },
  });
  return { ...seen, size };
}

/** A ledger with a small batch, and a large one of which only the first write took place. */
async function brokenOff(
  request: AppendRequest = large,
): Promise<{ server: EventStore; ledger: CopyTarget; left: number }> {
  const server = await serve();
  const ledger = await openAt(server.url, impatient);
  await ledger.append(small);
  // The first write is let through; the second is never done.
  server.faults.append.push({ kind: 'slow', milliseconds: 1 }, { kind: 'not-done' });
  server.faults.append.push(...Array.from({ length: 50 }, () => ({ kind: 'not-ready' }) as const));
  await expect(ledger.append(request)).rejects.toThrow(UnknownOutcome);
  server.faults.clear();
  const { size } = await ledger.head();
  return { server, ledger, left: size - 1 };
}

describe('a batch of several writes', () => {
  it('is one batch for every reader, and takes the writes that it needs', async () => {
    const server = await serve();
    const ledger = await openAt(server.url);
    const sizes = new Set<number>();
    const watching = openAt(server.url).then((other) =>
      followed(other, { after: -1, count: 52 }).then((seen) => ({ seen, other })),
    );
    await ledger.append(small);
    server.faults.append.push(
      ...Array.from({ length: writes }, () => ({ kind: 'slow', milliseconds: 30 }) as const),
    );
    const appending = ledger.append(large);
    const reader = await openAt(server.url);
    const progress = { done: false };
    void appending.finally(() => (progress.done = true));
    while (!progress.done) {
      sizes.add((await replayed(reader)).size);
      await sleep(5);
    }
    expect(await appending).toEqual({ first: 1, last: 50, duplicate: false });
    // Every one of the slow writes was needed.
    expect(server.faults.append).toEqual([]);
    await ledger.append(small);
    expect(await replayed(reader)).toEqual({
      batches: [
        [0, 0],
        [1, 50],
        [51, 51],
      ],
      voids: [],
      size: 52,
    });
    // Whenever it was read, it was there whole or not at all.
    expect([...sizes].filter((size) => ![0, 1, 51].includes(size))).toEqual([]);
    expect((await watching).seen).toEqual(counting(52));
    expect(await ledger.append(large)).toEqual({ first: 1, last: 50, duplicate: true });
  });

  it('is waited for by others who append, as long as it grows, and is not made void', async () => {
    const server = await serve();
    const [ledger, other] = [await openAt(server.url), await openAt(server.url, { graceMilliseconds: 700 })];
    await ledger.append(small);
    // Longer than the time that is left to it, but for the time between two writes.
    server.faults.append.push(
      ...Array.from({ length: writes }, () => ({ kind: 'slow', milliseconds: 400 }) as const),
    );
    const appending = ledger.append(large);
    await sleep(500);
    const [one, two] = await Promise.all([appending, other.append(small)]);
    expect([one, two]).toMatchObject([{ first: 1, last: 50 }, { first: 51 }]);
    expect((await replayed(other)).voids).toEqual([]);
  });

  it('of which a part was written while others came first, is written again as a whole', async () => {
    const server = await serve();
    const ledger = await openAt(server.url, { callMilliseconds: 10_000 });
    const other = await openAt(server.url, { graceMilliseconds: 0 });
    server.faults.append.push({ kind: 'slow', milliseconds: 1 }, { kind: 'slow', milliseconds: 1000 });
    const appending = ledger.append(large);
    while ((await other.head()).size === 0) await sleep(5);
    const { first } = await other.append(small);
    expect(first).toBeGreaterThan(0);
    expect(await appending).toEqual({ first: first + 1, last: first + 50, duplicate: false });
    expect(await replayed(ledger)).toEqual({
      batches: [
        [first, first],
        [first + 1, first + 50],
      ],
      voids: [[0, first - 1]],
      size: first + 51,
    });
  });
});

describe('a batch whose writer is gone half-way', () => {
  it('is pending, and void once another batch follows: without effect, and repeated cleanly', async () => {
    const { server, ledger, left } = await brokenOff();
    expect(left).toBeGreaterThan(5);
    expect(left).toBeLessThan(50);
    const other = await openAt(server.url);
    expect(await replayed(other)).toEqual({ batches: [[0, 0]], voids: [], size: 1 });
    expect(await seqs(other.read())).toEqual(counting(left + 1));
    expect(await seqs(other.read({ filter: { subjects: ['tenant'] } }))).toEqual([0]);
    // Those who conditioned on its subjects see no change.
    const conditions = [{ subjects: ['tenant/large-0', 'tenant/large-1'], unchangedSince: -1 }];
    const next = left + 1;
    expect(await other.append({ ...small, conditions })).toMatchObject({ first: next });
    expect(await replayed(other)).toEqual({
      batches: [
        [0, 0],
        [next, next],
      ],
      voids: [[1, left]],
      size: next + 1,
    });
    expect(await seqs(other.read({ filter: { subjects: ['tenant'] } }))).toEqual([0, next]);
    expect(await ledger.append(large)).toEqual({ first: next + 1, last: next + 50, duplicate: false });
    expect(await other.append(large)).toEqual({ first: next + 1, last: next + 50, duplicate: true });
    expect((await replayed(ledger)).batches).toEqual([
      [0, 0],
      [next, next],
      [next + 1, next + 50],
    ]);
    expect(await ledger.head()).toEqual(await (await openAt(server.url)).head());
  });

  it('is repeated at once by the one who was in doubt, with the same key', async () => {
    const { ledger, left } = await brokenOff();
    expect(await ledger.append(large)).toEqual({ first: left + 1, last: left + 50, duplicate: false });
    expect(await replayed(ledger)).toMatchObject({ voids: [[1, left]] });
  });

  it('is passed over by a subscription with a filter, and given by one without', async () => {
    const { server, ledger, left } = await brokenOff();
    await ledger.append(small);
    const stop = new AbortController();
    const filtered: number[] = [];
    const filter = { subjects: ['tenant'] };
    for await (const item of (await openAt(server.url)).subscribe({
      after: -1,
      filter,
      signal: stop.signal,
    })) {
      if (item.kind === 'entry') filtered.push(item.entry.seq);
      else stop.abort();
    }
    expect(filtered).toEqual([0, left + 1]);
    expect(await followed(ledger, { after: -1, count: left + 2 })).toEqual(counting(left + 2));
  });
});

describe('a void batch that is brought into an SQLite ledger', () => {
  async function brought(
    request = large,
  ): Promise<{ path: string; ledger: CopyTarget; from: Ledger; left: number }> {
    const { ledger: from, left } = await brokenOff(request);
    await from.append(small);
    const path = join(temporaryFolder(), 'ledger.db');
    const ledger = openSqliteLedger({ path, create: true, ...means, idOfNew: from.id });
    onTestFinished(() => ledger.close());
    await copyEntries({ from, to: ledger }, () => undefined);
    return { path, ledger, from, left };
  }

  it('has the same bytes, and no effect there either', async () => {
    const { ledger, from, left } = await brought();
    const next = left + 1;
    expect(await ledger.head()).toEqual(await from.head());
    expect(await collect(ledger.read())).toEqual(await collect(from.read()));
    expect(await replayed(ledger)).toEqual(await replayed(from));
    expect(await replayed(ledger)).toMatchObject({ voids: [[1, left]] });
    expect(await seqs(ledger.read({ filter: { subjects: ['tenant'] } }))).toEqual([0, next]);
    const conditions = [{ subjects: ['tenant/large-0', 'tenant/large-1'], unchangedSince: -1 }];
    expect(await ledger.append({ ...small, conditions })).toMatchObject({ first: next + 1 });
    expect(await ledger.append(large)).toEqual({ first: next + 2, last: next + 51, duplicate: false });
    expect(await ledger.append(large)).toEqual({ first: next + 2, last: next + 51, duplicate: true });
  });

  it('is found sound by an examination', async () => {
    const { path, ledger } = await brought();
    await ledger.append(large);
    await ledger.close();
    expect(() => {
      examine(path);
    }).not.toThrow();
  });

  it.each<[string, (left: number) => number]>([
    ['an entry of a batch that is complete is filed under no subject', (left) => left + 1],
    ['an entry within a complete batch is filed under no subject', (left) => left + 20],
  ])('is no excuse where %s', async (_, place) => {
    const { path, ledger, left } = await brought();
    await ledger.append(large);
    await ledger.close();
    const seq = place(left);
    tamper(path, `UPDATE entry SET subject = '' WHERE seq = ${String(seq)}`);
    expect(() => {
      examine(path);
    }).toThrow(LedgerDamaged);
    expect(() => {
      examine(path);
    }).toThrow(`entry ${String(seq)} is filed under a subject that is not its own`);
  });

  it('is refused where its entries are filed so that they take effect', async () => {
    const { path, ledger } = await brought(withoutKey);
    const [, entry] = await collect(ledger.read());
    if (entry === undefined) throw new Error('there is no entry 1');
    await ledger.close();
    tamper(path, `UPDATE entry SET subject = '${readEnvelope(entry).subject}' WHERE seq = 1`);
    expect(() => {
      examine(path);
    }).toThrow('entry 1 is filed so that it takes effect, and its batch lacks entries');
  });

  function examine(path: string): void {
    const examined = openToExamine(path, means);
    try {
      examined.guards.requireConsistent();
    } finally {
      void examined.ledger.close();
    }
  }

  /** Past the triggers that refuse it. */
  function tamper(path: string, sql: string): void {
    using database = new DatabaseSync(path);
    const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`);
    database.exec(sql);
  }
});
