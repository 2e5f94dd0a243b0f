import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { UnreadableEntry } from '../../../events/codec/unreadable-entry.ts';
import { LedgerDamaged, LedgerForked } from '../../../src/ledger/faults.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import type { Ledger, LedgerReader } from '../../../src/ledger/port.ts';
import {
  confirm,
  replay,
  rootOf,
  start,
  type Batch,
  type Cursor,
  type Unfinished,
} from '../../../src/ledger/replay.ts';
import { foldAt } from '../../../src/verify/fold.ts';
import { CraftedLedger } from '../../doubles/crafted-ledger.ts';
import { placed, tester } from '../../doubles/facts.ts';
import { plainRoot } from '../../doubles/plain-root.ts';

/** One entry as it might be found in a ledger; `batch` is the number of its batch. */
interface Crafted {
  readonly batch: number;
  readonly index: number;
  readonly count: number;
  readonly type?: string;
  readonly minute?: number;
  readonly tenant?: string;
}

function entryBytes(
  { batch, index, count, type, minute = 0, tenant = 'alpha' }: Crafted,
  seq: number,
): Uint8Array {
  return canonicalBytes({
    v: 1,
    id: uuid(seq),
    ...placed(tenant),
    ...(type === undefined ? {} : { type }),
    recordedAt: `2026-03-01T12:${String(minute).padStart(2, '0')}:00.000Z`,
    batch: { id: uuid(1000 + batch), index, count },
    actor: tester,
  });
}

function uuid(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

function ledgerOf(entries: readonly Crafted[]): CraftedLedger {
  return new CraftedLedger(entries.map(entryBytes));
}

/** A whole batch of `count` entries. */
function whole(batch: number, count = 1, more: Partial<Crafted> = {}): Crafted[] {
  return Array.from({ length: count }, (_, index) => ({ batch, index, count, ...more }));
}

interface Seen {
  readonly cursor: Cursor;
  readonly batches: readonly Batch[];
  readonly voids: readonly (readonly [first: number, last: number])[];
}

async function replayed(ledger: Ledger, from?: Cursor): Promise<Seen> {
  const batches: Batch[] = [];
  const voids: [number, number][] = [];
  const cursor = await replay(ledger, {
    ...(from === undefined ? {} : { from }),
    onBatch: (batch) => batches.push(batch),
    onVoid: (first, last) => voids.push([first, last]),
  });
  return { cursor, batches, voids };
}

const spans = ({ batches }: Seen): (readonly [number, number])[] =>
  batches.map(({ first, last }) => [first, last]);

function rootOfFirst(ledger: CraftedLedger, size: number): string {
  return plainRoot(ledger.entries.slice(0, size).map(leafHash));
}

describe('replay', () => {
  it('given an empty ledger, delivers nothing and stays at the start', async () => {
    const seen = await replayed(ledgerOf([]));
    expect(seen).toEqual({ cursor: start, batches: [], voids: [] });
    expect(rootOf(start)).toBe(plainRoot([]));
  });

  it('given batches, delivers each whole, decoded, in order', async () => {
    const ledger = ledgerOf([...whole(1), ...whole(2, 3, { minute: 5 }), ...whole(3, 1, { minute: 5 })]);
    const seen = await replayed(ledger);
    expect(spans(seen)).toEqual([
      [0, 0],
      [1, 3],
      [4, 4],
    ]);
    expect(seen.batches.map(({ entries }) => entries.map(({ seq }) => seq))).toEqual([[0], [1, 2, 3], [4]]);
    expect(seen.batches[1]?.recordedAt).toBe('2026-03-01T12:05:00.000Z');
    expect(seen.batches[0]?.entries[0]).toMatchObject({
      type: 'TenantPlaced',
      data: { tenant: 'alpha', shard: 'east' },
    });
    expect(seen.cursor.size).toBe(5);
    expect(rootOf(seen.cursor)).toBe(rootOfFirst(ledger, 5));
  });

  it('given a batch that is unfinished at the head, waits for the rest of it', async () => {
    const early = ledgerOf([...whole(1), ...whole(2, 3).slice(0, 2)]);
    const seen = await replayed(early);
    expect(spans(seen)).toEqual([[0, 0]]);
    expect(seen.voids).toEqual([]);
    expect(seen.cursor.size).toBe(1);
    const later = ledgerOf([...whole(1), ...whole(2, 3)]);
    expect(spans(await replayed(later, seen.cursor))).toEqual([[1, 3]]);
  });

  it('given an unfinished batch that another follows, skips it, says so once, and counts it into the root', async () => {
    const ledger = ledgerOf([...whole(1), ...whole(2, 3).slice(0, 2), ...whole(3, 2).slice(0, 1)]);
    const seen = await replayed(ledger);
    expect(spans(seen)).toEqual([[0, 0]]);
    expect(seen.voids).toEqual([[1, 2]]);
    expect(seen.cursor.size).toBe(3);
    const more = ledgerOf([...whole(1), ...whole(2, 3).slice(0, 2), ...whole(3, 2)]);
    const next = await replayed(more, seen.cursor);
    expect(spans(next)).toEqual([[3, 4]]);
    expect(next.voids).toEqual([]);
    expect(rootOf(next.cursor)).toBe(rootOfFirst(more, 5));
  });

  it('tells whoever asks of what takes no effect: batches that are void, and how many entries wait at the head', async () => {
    const ledger = ledgerOf([
      ...whole(1),
      ...whole(2, 3).slice(0, 2),
      ...whole(3),
      ...whole(4, 4).slice(0, 3),
    ]);
    const heard: Unfinished[] = [];
    const clock = { now: () => '2026-03-02T12:00:00.000Z' };
    await foldAt(ledger, { kind: 'now' }, clock, { onUnfinished: (unfinished) => heard.push(unfinished) });
    expect(heard).toEqual([{ pending: 3, voidBatches: [{ first: 1, last: 2 }] }]);
  });

  it('given nobody who asks for void batches, skips them all the same', async () => {
    const ledger = ledgerOf([...whole(1, 2).slice(0, 1), ...whole(2)]);
    const delivered: number[] = [];
    await replay(ledger, { onBatch: ({ first }) => delivered.push(first) });
    expect(delivered).toEqual([1]);
  });

  it('given an event that it does not know, stops there, after what came before', async () => {
    const ledger = ledgerOf([...whole(1), ...whole(2, 1, { type: 'FromTheFuture' }), ...whole(3)]);
    const delivered: number[] = [];
    const replaying = replay(ledger, { onBatch: ({ first }) => delivered.push(first) });
    await expect(replaying).rejects.toThrow(UnreadableEntry);
    await expect(replaying).rejects.toMatchObject({ seq: 1 });
    expect(delivered).toEqual([0]);
  });

  it('given one that is not as it was recorded, says so, and takes it for no later version', async () => {
    const ledger = ledgerOf([...whole(1), ...whole(2, 1, { type: 'FromTheFuture' })]);
    await expect(replayed(ledger)).rejects.toMatchObject({ code: 'UnreadableEntry', why: 'unknown' });
    ledger.claim({ size: 2, root: rootOfFirst(ledgerOf([...whole(1), ...whole(3)]), 2) });
    await expect(replayed(ledger)).rejects.toThrow(
      new LedgerDamaged(
        'its bytes are not those that were recorded: entry 1 cannot be read: unknown event type FromTheFuture',
      ),
    );
  });

  it('given such an event in a batch without effect, or not yet complete, has no need to know it', async () => {
    const unknown = whole(1, 2, { type: 'FromTheFuture' }).slice(0, 1);
    expect((await replayed(ledgerOf([...unknown, ...whole(2)]))).voids).toEqual([[0, 0]]);
    expect((await replayed(ledgerOf(unknown))).cursor).toEqual(start);
  });

  it('given bytes that are no entry, stops', async () => {
    const ledger = new CraftedLedger([Buffer.from('{"v":1}')]);
    await expect(replayed(ledger)).rejects.toMatchObject({
      code: 'UnreadableEntry',
      seq: 0,
      why: 'malformed',
    });
  });

  it('given a fault of who listens, hands it on', async () => {
    const listening = replay(ledgerOf(whole(1)), {
      onBatch: () => {
        throw new TypeError('mine');
      },
    });
    await expect(listening).rejects.toThrow(TypeError);
  });

  it('given any split into two, sees what one replay sees', async () => {
    const step = fc.record({ count: fc.integer({ min: 1, max: 4 }), kept: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(), async (steps, cut) => {
        const entries = steps.flatMap(({ count, kept }, batch) => whole(batch, count).slice(0, kept));
        const once = await replayed(ledgerOf(entries));
        const firstPart = await replayed(ledgerOf(entries.slice(0, cut % (entries.length + 1))));
        const secondPart = await replayed(ledgerOf(entries), firstPart.cursor);
        expect([...spans(firstPart), ...spans(secondPart)]).toEqual(spans(once));
        expect([...firstPart.voids, ...secondPart.voids]).toEqual(once.voids);
        expect(secondPart.cursor).toEqual(once.cursor);
      }),
    );
  });
});

describe('replay of a ledger that contradicts itself', () => {
  it.each<[what: string, entries: Crafted[]]>([
    ['a batch without its start', [...whole(1), { batch: 2, index: 1, count: 2 }]],
    [
      'a batch that skips an entry',
      [
        { batch: 1, index: 0, count: 3 },
        { batch: 1, index: 2, count: 3 },
      ],
    ],
    [
      'a batch that repeats an entry',
      [
        { batch: 1, index: 0, count: 3 },
        { batch: 1, index: 0, count: 3 },
      ],
    ],
    [
      'a batch that changes its count',
      [
        { batch: 1, index: 0, count: 3 },
        { batch: 1, index: 1, count: 2 },
      ],
    ],
    [
      'an index beyond the count',
      [
        { batch: 1, index: 0, count: 3 },
        { batch: 1, index: 1, count: 1 },
      ],
    ],
    ['a time before the one before', [...whole(1, 1, { minute: 5 }), ...whole(2, 1, { minute: 4 })]],
    [
      'such a time within a batch',
      [
        { batch: 1, index: 0, count: 2, minute: 5 },
        { batch: 1, index: 1, count: 2, minute: 4 },
      ],
    ],
  ])('given %s, stops', async (_, entries) => {
    await expect(replayed(ledgerOf(entries))).rejects.toThrow(LedgerDamaged);
  });

  it('given a time before that of the last entry seen earlier, stops', async () => {
    const { cursor } = await replayed(ledgerOf(whole(1, 1, { minute: 5 })));
    const ledger = ledgerOf([...whole(1, 1, { minute: 5 }), ...whole(2, 1, { minute: 4 })]);
    await expect(replayed(ledger, cursor)).rejects.toThrow(LedgerDamaged);
  });

  it.each([0, 1, 2])('given a gap at entry %i, stops', async (gap) => {
    const ledger = ledgerOf([...whole(1), ...whole(2), ...whole(3)]);
    ledger.hide(gap);
    await expect(replayed(ledger)).rejects.toThrow(`entry ${String(gap)} is missing`);
  });

  it('given a root that its entries do not give, stops', async () => {
    const ledger = ledgerOf([...whole(1), ...whole(2)]);
    ledger.claim({ size: 2, root: rootOfFirst(ledger, 1) });
    await expect(replayed(ledger)).rejects.toThrow(LedgerDamaged);
  });
});

describe('replay of another history than the one seen before', () => {
  const before = [...whole(1), ...whole(2, 2), ...whole(3)];

  it.each<[what: string, now: Crafted[]]>([
    ['one entry rewritten', [...whole(1, 1, { tenant: 'omega' }), ...whole(2, 2), ...whole(3)]],
    [
      'a rewritten entry and new ones',
      [...whole(1, 1, { tenant: 'omega' }), ...whole(2, 2), ...whole(3), ...whole(4)],
    ],
    ['its tail cut', [...whole(1), ...whole(2, 2)]],
    ['its tail cut and others in its place', [...whole(1), ...whole(2, 2), ...whole(4), ...whole(5)]],
    ['nothing left', []],
  ])('given %s, refuses', async (_, now) => {
    const { cursor } = await replayed(ledgerOf(before));
    await expect(replayed(ledgerOf(now), cursor)).rejects.toThrow(LedgerForked);
  });

  it('names the root that was expected and the one that is there', async () => {
    const { cursor } = await replayed(ledgerOf(before));
    const cut = ledgerOf(whole(1));
    await expect(replayed(cut, cursor)).rejects.toMatchObject({
      expectedRoot: rootOf(cursor),
      actualRoot: rootOfFirst(cut, 1),
    });
  });
});

describe('confirming that a ledger goes on from places that were seen', () => {
  /** The place after each batch of one entry. */
  async function placesOf(ledger: Ledger): Promise<Cursor[]> {
    const places: Cursor[] = [];
    await replay(ledger, { onBatch: () => undefined, onSettled: (cursor) => places.push(cursor) });
    return places;
  }

  const entries = Array.from({ length: 12 }, (_, batch) => whole(batch)).flat();
  const asked = {
    seen: fc.uniqueArray(fc.nat(entries.length - 1), { minLength: 1, maxLength: 3 }),
    whole: fc.boolean(),
  };

  it('finds each rewritten entry that was seen, with its tree made right, and no later one', async () => {
    const places = await placesOf(ledgerOf(entries));
    await fc.assert(
      fc.asyncProperty(fc.record({ ...asked, edited: fc.nat(entries.length - 1) }), async (of) => {
        const rewritten = ledgerOf(
          entries.map((entry, at) => (at === of.edited ? { ...entry, tenant: 'beta' } : entry)),
        );
        const seen = of.seen.flatMap((at) => places[at] ?? []);
        const confirmed = confirm(rewritten, seen, of);
        if (of.edited <= Math.max(...of.seen)) await expect(confirmed).rejects.toThrow(LedgerForked);
        else await confirmed;
      }),
    );
  });

  it('finds that entries which were seen are gone', async () => {
    const places = await placesOf(ledgerOf(entries));
    await fc.assert(
      fc.asyncProperty(fc.record({ ...asked, left: fc.nat(entries.length) }), async (of) => {
        const seen = of.seen.flatMap((at) => places[at] ?? []);
        const confirmed = confirm(ledgerOf(entries.slice(0, of.left)), seen, of);
        if (of.left <= Math.max(...of.seen)) await expect(confirmed).rejects.toThrow(/history was cut/);
        else await confirmed;
      }),
    );
  });

  it('reads nothing before the first place, unless all is to be read; and nothing at all where nothing was seen', async () => {
    const sound = ledgerOf(entries);
    const [, , third] = await placesOf(sound);
    if (third === undefined) throw new Error('there are places');
    const reads: (number | undefined)[] = [];
    const watched: LedgerReader = {
      id: sound.id,
      head: () => sound.head(),
      subscribe: () => sound.subscribe(),
      read: (range) => {
        reads.push(range?.after);
        return sound.read(range);
      },
    };
    await confirm(watched, [], { whole: false });
    expect(reads).toEqual([]);
    await confirm(watched, [third], { whole: false });
    expect(reads).toEqual([2]);
    await confirm(watched, [third], { whole: true });
    expect(reads).toEqual([2, -1, 2]);
    await confirm(watched, [], { whole: true });
    expect(reads).toEqual([2, -1, 2, -1]);
  });

  it('finds a hole, and entries that do not give the root', async () => {
    const sound = ledgerOf(entries);
    const holed: LedgerReader = {
      ...readerOf(sound),
      read: ({ after = -1 } = {}) => sound.read({ after: after + 1 }),
    };
    await expect(confirm(holed, [], { whole: true })).rejects.toThrow('entry 0 is missing: entry 1 follows');
    const short: LedgerReader = {
      ...readerOf(sound),
      read: ({ after = -1 } = {}) => sound.read({ after, to: 4 }),
    };
    await expect(confirm(short, [], { whole: true })).rejects.toThrow(
      'entry 5 is missing, of 12 at the head',
    );
    const head = { size: entries.length, root: 'ab'.repeat(32) };
    const other: LedgerReader = { ...readerOf(sound), head: () => Promise.resolve(head) };
    await expect(confirm(other, [], { whole: true })).rejects.toThrow(LedgerDamaged);
  });

  function readerOf(ledger: CraftedLedger): LedgerReader {
    return {
      id: ledger.id,
      head: () => ledger.head(),
      read: (range) => ledger.read(range),
      subscribe: () => ledger.subscribe(),
    };
  }
});
