import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { copyEntries, type CopiedEntries } from '../../../src/ledger/copy.ts';
import { Conflict, LedgerForked, UnknownOutcome } from '../../../src/ledger/faults.ts';
import type { AppendRequest, CopyTarget, Ledger } from '../../../src/ledger/port.ts';
import { settledBatches, type SettledBatch } from '../../../src/ledger/settled.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { collect, placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { Workplace } from '../../support/command-line.ts';
import { appendEach, impatient, openAt, serve } from './served.ts';

/** Three writes of a mebibyte each take it. */
const large: AppendRequest = {
  events: Array.from({ length: 50 }, (_, index) => placed(`large-${String(index)}`)),
  actor: tester,
  reason: 'r'.repeat(50_000),
  idempotencyKey: 'large',
};

function openFile(options: { path?: string; idOfNew?: string } = {}): CopyTarget {
  const path = join(temporaryFolder(), 'ledger.db');
  const means = { clock: systemClock, ids: randomIds };
  const ledger = openSqliteLedger({ path, create: true, ...means, ...options });
  onTestFinished(() => ledger.close());
  return ledger;
}

function copy(from: Ledger, to: CopyTarget): Promise<CopiedEntries> {
  return copyEntries({ from, to }, () => undefined);
}

async function expectSame(one: Ledger, other: Ledger): Promise<void> {
  expect(await other.head()).toEqual(await one.head());
  expect(await collect(other.read())).toEqual(await collect(one.read()));
}

/** A ledger in a file: small batches, a large one, more small ones. */
async function filled(): Promise<CopyTarget> {
  const ledger = openFile();
  await appendEach(ledger, 5);
  await ledger.append(large);
  await appendEach(ledger, 5);
  return ledger;
}

describe('a ledger that is copied to EventStoreDB, and back', () => {
  it('has the same bytes and the same root there, and is brought up to date later', async () => {
    const { url } = await serve();
    const from = await filled();
    const there = await openAt(url, { idOfNew: from.id });
    const back = openFile({ idOfNew: from.id });
    expect(await copy(from, there)).toEqual({ ...(await from.head()), before: 0 });
    expect(await copy(there, back)).toMatchObject({ before: 0 });
    for (const ledger of [there, back]) await expectSame(from, ledger);
    await appendEach(from, 3);
    expect(await copy(from, there)).toEqual({ ...(await from.head()), before: 60 });
    expect(await copy(from, there)).toMatchObject({ size: 63, before: 63 });
    await expectSame(from, there);
    // Keys are known there too, by whoever opens it anew.
    const opened = await openAt(url, {}, false);
    expect(await opened.append(large)).toEqual({ first: 5, last: 54, duplicate: true });
    expect(opened.id).toBe(from.id);
  });

  it.each([
    ['before its first write', 0],
    ['in the middle of a batch of several writes', 1],
    ['before the last of its writes', 2],
  ])('goes on where it was broken off: %s', async (_, writes) => {
    const server = await serve();
    const from = await filled();
    const to = await openAt(server.url, { ...impatient, idOfNew: from.id });
    server.faults.append.push(
      ...Array.from({ length: writes }, () => ({ kind: 'slow', milliseconds: 1 }) as const),
      { kind: 'not-done' },
      ...Array.from({ length: 50 }, () => ({ kind: 'not-ready' }) as const),
    );
    await expect(copy(from, to)).rejects.toThrow(UnknownOutcome);
    server.faults.clear();
    const { size: before } = await to.head();
    expect(before > 5 && before < 55).toBe(writes > 0);
    const again = await openAt(server.url, {}, false);
    expect(await copy(from, again)).toEqual({ ...(await from.head()), before });
    await expectSame(from, again);
  });

  it('is told to be kept where the last write was kept and not acknowledged', async () => {
    const server = await serve();
    const from = await filled();
    const to = await openAt(server.url, { idOfNew: from.id });
    server.faults.append.push({ kind: 'done-but-dropped' }, { kind: 'not-done' });
    await copy(from, to);
    await expectSame(from, to);
  });

  it('leaves a batch that is still being written for the next time', async () => {
    const source = await serve();
    const from = await openAt(source.url, impatient);
    await appendEach(from, 2);
    source.faults.append.push({ kind: 'slow', milliseconds: 1 }, { kind: 'not-done' });
    source.faults.append.push(...Array.from({ length: 50 }, () => ({ kind: 'not-ready' }) as const));
    await expect(from.append(large)).rejects.toThrow(UnknownOutcome);
    source.faults.clear();
    const target = await serve();
    const to = await openAt(target.url, { idOfNew: from.id });
    expect(await copy(from, to)).toMatchObject({ size: 2 });
    await from.append(large);
    await copy(from, to);
    await expectSame(from, to);
  });

  it.each([
    ['other entries', 2],
    ['other entries, and more of them', 70],
  ])('is refused where the target holds %s', async (_, count) => {
    const from = await filled();
    const to = await openAt((await serve()).url, { idOfNew: from.id });
    await appendEach(to, count);
    const before = await to.head();
    await expect(copy(from, to)).rejects.toThrow(LedgerForked);
    expect(await to.head()).toEqual(before);
  });

  it('is refused where the target went on by itself', async () => {
    const from = await filled();
    const to = await openAt((await serve()).url, { idOfNew: from.id });
    await copy(from, to);
    await appendEach(to, 1);
    await appendEach(from, 2);
    await expect(copy(from, to)).rejects.toThrow(LedgerForked);
  });

  it.each(['EventStoreDB', 'an SQLite file'])(
    'conflicts with whoever appends to %s meanwhile',
    async (store) => {
      const from = await filled();
      const batches: SettledBatch[] = [];
      for await (const batch of settledBatches(from.read())) batches.push(batch);
      const to =
        store === 'EventStoreDB'
          ? await openAt((await serve()).url, { idOfNew: from.id })
          : openFile({ idOfNew: from.id });
      await to.takeOver(batches.slice(0, 3));
      await appendEach(to, 1);
      const { size } = await to.head();
      await expect(to.takeOver(batches.slice(3))).rejects.toThrow(Conflict);
      expect((await to.head()).size).toBe(size);
    },
  );
});

describe('isoledger ledger copy', () => {
  it('brings a ledger to a server and back, and says what it came to, in words and in JSON', async () => {
    using place = new Workplace();
    const { url } = await serve();
    const from = openFile({ path: place.ledgerPath });
    await appendEach(from, 3);
    const head = await from.head();
    expect(await place.succeed('ledger', 'copy', place.ledgerUrl, url)).toBe(
      `copied to  ${url}\nledger     ${from.id}\nsize       3\nroot       ${head.root}\n`,
    );
    await appendEach(from, 1);
    const later = await from.head();
    const answer: unknown = JSON.parse(await place.succeed('ledger', 'copy', place.ledgerUrl, url, '--json'));
    const said = { formatVersion: 1, from: place.ledgerUrl, to: url, ledger: from.id };
    expect(answer).toEqual({ ...said, ...later, before: 3, setAside: [], alias: false });
    expect(await place.succeed('ledger', 'copy', place.ledgerUrl, url)).toMatch(
      /\nbefore +4 entries were there already\n$/,
    );
    const back = `sqlite:${join(place.folder, 'back.db')}`;
    await place.succeed('ledger', 'copy', url, back);
    await expectSame(from, openFile({ path: join(place.folder, 'back.db') }));
  });

  it('ends with 6 where the target holds another ledger, whichever way it is copied', async () => {
    using place = new Workplace();
    const server = await serve();
    await appendEach(openFile({ path: place.ledgerPath }), 3);
    const there = await openAt(server.url);
    await appendEach(there, 1);
    const refused = await place.run('ledger', 'copy', place.ledgerUrl, server.url);
    expect([refused.code, refused.out]).toEqual([6, '']);
    expect((await there.head()).size).toBe(1);
    expect((await place.run('ledger', 'copy', server.url, place.ledgerUrl)).code).toBe(6);
  });

  it('ends with 6 where the target is the same ledger with another history', async () => {
    using place = new Workplace();
    const server = await serve();
    const from = openFile({ path: place.ledgerPath });
    await appendEach(from, 3);
    await appendEach(await openAt(server.url, { idOfNew: from.id }), 1);
    const { code, err } = await place.run('ledger', 'copy', place.ledgerUrl, server.url);
    expect([code, err]).toEqual([6, expect.stringMatching(/history is not the one seen before/)]);
  });

  it('is refused where FROM and TO are one stream by two names: what seems a copy would be lost with the original', async () => {
    using place = new Workplace();
    const { url } = await serve();
    const from = await openAt(url);
    await appendEach(from, 3);
    const other = `${url}&ledger=other`;
    const { code, out, err } = await place.run('ledger', 'copy', url, other);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(
      /nothing was copied: FROM and TO are one stream, isoledger-[0-9a-f-]+, on one server/,
    );
    await expect(openAt(other, {}, false)).rejects.toThrow('there is no ledger');
    expect((await place.run('ledger', 'copy', url, url)).code).toBe(2);
  });

  it('is refused where FROM and TO are one file', async () => {
    using place = new Workplace();
    await appendEach(openFile({ path: place.ledgerPath }), 3);
    const other = join(place.folder, 'other.db');
    symlinkSync(place.ledgerPath, other);
    const { code, err } = await place.run('ledger', 'copy', place.ledgerUrl, `sqlite:${other}`);
    expect([code, err]).toEqual([2, expect.stringMatching(/nothing was copied: .* are one file/)]);
  });

  it('is refused where the copy has gone on by itself, and says so', async () => {
    using place = new Workplace();
    const { url } = await serve();
    const from = openFile({ path: place.ledgerPath });
    await appendEach(from, 3);
    await place.succeed('ledger', 'copy', place.ledgerUrl, url);
    await appendEach(await openAt(url), 2);
    const { code, err } = await place.run('ledger', 'copy', place.ledgerUrl, url);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/TO holds all 3 entries of FROM, and 2 more, so it was written to since/),
    ]);
    await appendEach(from, 1);
    expect((await place.run('ledger', 'copy', place.ledgerUrl, url)).code).toBe(6);
  });
});
