import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LedgerDamaged, PlaceTaken, StoreUnavailable } from '../../../src/ledger/faults.ts';
import { Frontier } from '../../../src/ledger/merkle/frontier.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { replay, rootOf } from '../../../src/ledger/replay.ts';
import { backUpLedger, fillNewFile } from '../../../src/ledger/sqlite/backup.ts';
import { copyEntries, type Copied } from '../../../src/ledger/copy.ts';
import type { CopyOptions } from '../../../src/ledger/sqlite/copy.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { requireCopyAt } from '../../../src/ledger/sqlite/place-copy.ts';
import { restoreLedger } from '../../../src/ledger/sqlite/restore.ts';
import type { PlacedCopy } from '../../../src/ledger/store.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { collect, placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { Writer } from './writers.ts';
import { program } from '../../support/program.ts';

const surroundings = { clock: systemClock, ids: randomIds };

function optionsOf(of: Pick<CopyOptions, 'from' | 'to'> & Partial<CopyOptions>): CopyOptions {
  return { ...surroundings, onProgress: () => undefined, accept: () => Promise.resolve(), ...of };
}

function backUp(of: Parameters<typeof optionsOf>[0]): Promise<PlacedCopy> {
  return backUpLedger(optionsOf(of));
}

function restore(of: Parameters<typeof optionsOf>[0]): Promise<PlacedCopy> {
  return restoreLedger(optionsOf(of));
}

function openAt(path: string): Ledger {
  const ledger = openSqliteLedger({ path, create: true, ...surroundings });
  onTestFinished(() => ledger.close());
  return ledger;
}

async function appendTo(ledger: Ledger, ...tenants: string[]): Promise<void> {
  for (const tenant of tenants) {
    await ledger.append({ events: [placed(tenant)], actor: tester, idempotencyKey: tenant });
  }
}

/** A ledger with some entries, and a backup of it. */
async function givenBackup(): Promise<{ folder: string; path: string; file: string; copied: Copied }> {
  const folder = temporaryFolder();
  const [path, file] = [join(folder, 'ledger.db'), join(folder, 'backup.db')];
  const ledger = openAt(path);
  await appendTo(ledger, 'alpha', 'beta', 'gamma');
  const { setAside, ...copied } = await backUp({ from: path, to: file });
  expect(setAside).toEqual([]);
  return { folder, path, file, copied };
}

describe('a backup', () => {
  it('taken while several processes append is a prefix of the ledger, and becomes a ledger again', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'ledger.db');
    const writers = ['a', 'b', 'c'].map((name) => new Writer(path, name, 100_000));
    await Promise.all(writers.map((writer) => writer.begun()));
    const copies: Copied[] = [];
    for (const name of ['one', 'two', 'three']) {
      copies.push(await backUp({ from: path, to: join(folder, `${name}.db`) }));
    }
    for (const writer of writers) writer.kill();
    await Promise.all(writers.map((writer) => writer.acknowledged()));

    const original = openAt(path);
    const leaves = (await collect(original.read())).map(({ bytes }) => leafHash(bytes));
    for (const { ledger, size, root } of copies) {
      const tree = new Frontier({ size: 0, frontier: [] });
      for (const leaf of leaves.slice(0, size)) tree.append(leaf);
      expect([ledger, size, root]).toEqual([original.id, tree.size, tree.root()]);
    }
    expect(new Set(copies.map(({ size }) => size)).size).toBe(3);

    const restored = join(folder, 'elsewhere', 'ledger.db');
    expect(await restore({ from: join(folder, 'three.db'), to: restored })).toEqual(copies[2]);
    const again = openAt(restored);
    expect(await again.head()).toEqual({ size: copies[2]?.size, root: copies[2]?.root });
    await appendTo(again, 'next');
    expect((await replay(again, { onBatch: () => undefined })).size).toBe((copies[2]?.size ?? 0) + 1);
  });

  it('is one file, and keeps id, idempotency keys and triggers', async () => {
    const { folder, path, file, copied } = await givenBackup();
    expect(copied).toMatchObject({ ledger: openAt(path).id, size: 3 });
    expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual(['backup.db']);
    const copy = openAt(file);
    expect(copy.id).toBe(copied.ledger);
    const again = await copy.append({ events: [placed('beta')], actor: tester, idempotencyKey: 'beta' });
    expect(again).toEqual({ first: 1, last: 1, duplicate: true });
    using raw = new DatabaseSync(file);
    expect(() => {
      raw.exec('DELETE FROM entry');
    }).toThrow('never changed');
  });

  it('says how far it has come', async () => {
    const { folder, path } = await givenBackup();
    const events = Array.from({ length: 200 }, (_, index) => placed(`large-${String(index)}`));
    await openAt(path).append({ events, actor: tester, reason: 'x'.repeat(60_000) });
    const steps = new Set<string>();
    let finished = 0;
    await backUp({
      from: path,
      to: join(folder, 'second.db'),
      onProgress: ({ step, done, of }) => {
        steps.add(step);
        expect(done).toBeLessThanOrEqual(of);
        finished += Number(done === of);
      },
    });
    expect([...steps]).toEqual(['copying', 'checking']);
    expect(finished).toBeGreaterThanOrEqual(1);
  });

  it('given a file that is there, or a folder that is not, is refused and leaves nothing', async () => {
    const { folder, path, file } = await givenBackup();
    const before = readFileSync(file);
    await expect(backUp({ from: path, to: file })).rejects.toThrow(PlaceTaken);
    await expect(backUp({ from: path, to: path })).rejects.toThrow(PlaceTaken);
    expect(readFileSync(file).equals(before)).toBe(true);
    await expect(backUp({ from: path, to: join(folder, 'none', 'b.db') })).rejects.toThrow(StoreUnavailable);
    expect(partialFiles(folder)).toEqual([]);
  });

  it('given a file that takes its name meanwhile, leaves that one alone', async () => {
    const { folder, path } = await givenBackup();
    const to = join(folder, 'late.db');
    const accept = (): Promise<void> => {
      writeFileSync(to, 'the work of somebody else');
      return Promise.resolve();
    };
    await expect(backUp({ from: path, to, accept })).rejects.toThrow(PlaceTaken);
    expect(readFileSync(to, 'utf8')).toBe('the work of somebody else');
    expect(partialFiles(folder)).toEqual([]);
  });

  it('given a device that takes no more, says so and leaves no file', async () => {
    const { folder, path } = await givenBackup();
    const to = join(folder, 'large.db');
    const child = spawnSync(
      'sh',
      [
        '-c',
        `ulimit -f 20; exec "$0" "$@"`,
        process.execPath,
        program,
        '--ledger',
        `sqlite:${path}`,
        'ledger',
        'backup',
        to,
      ],
      { encoding: 'utf8' },
    );
    expect([child.status, child.stderr]).toEqual([
      5,
      expect.stringMatching(/cannot be copied to .*large\.db/),
    ]);
    expect(readdirSync(folder).filter((name) => name.startsWith('large'))).toEqual([]);
  });

  it('of a ledger that contradicts itself is refused', async () => {
    const { folder, path } = await givenBackup();
    withoutTriggers(
      path,
      "UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), 'beta', 'betb') AS BLOB)",
    );
    await expect(backUp({ from: path, to: join(folder, 'bad.db') })).rejects.toThrow(LedgerDamaged);
    expect(existsSync(join(folder, 'bad.db'))).toBe(false);
  });
});

/** Every way that gives a copy the name of a file. */
const waysToCopy: Readonly<Record<string, (from: string, to: string) => Promise<PlacedCopy>>> = {
  'a backup': (from, to) => backUp({ from, to }),
  'a restored ledger': (from, to) => restore({ from, to }),
  'a backup of a server': (from, to) => {
    const source = openAt(from);
    return fillNewFile({ ...surroundings, to, ledger: source.id }, (target) =>
      copyEntries({ from: source, to: target }, () => undefined),
    );
  },
};

describe('a new file beside what a lost ledger of its name left', () => {
  it.each(Object.entries(waysToCopy))('which is %s, holds what was copied to it', async (_what, copy) => {
    const { folder, path, copied } = await givenBackup();
    const lost = join(folder, 'lost.db');
    await appendTo(openAt(lost), 'other', 'history');
    const to = join(folder, 'nightly.db');
    for (const ending of ['-wal', '-shm']) copyFileSync(`${lost}${ending}`, `${to}${ending}`);
    symlinkSync('nowhere', `${to}-journal`);

    const { setAside, ...placed } = await copy(path, to);
    expect(placed).toEqual(copied);
    expect(setAside.map((file) => file.slice(to.length).split('.')[0])).toEqual(['-wal', '-shm', '-journal']);
    expect(readFileSync(setAside[0] ?? '').equals(readFileSync(`${lost}-wal`))).toBe(true);
    expect(readdirSync(folder).filter((name) => /^nightly\.db-\w+$/.test(name))).toEqual([]);
    const there = openAt(to);
    expect([there.id, await there.head()]).toEqual([copied.ledger, { size: copied.size, root: copied.root }]);
  });

  it('is asked for by its name: a log beside it that changes it does not pass', async () => {
    const { folder, path, file, copied } = await givenBackup();
    await appendTo(openAt(path), 'delta');
    requireCopyAt(path, copied);
    requireCopyAt(file, copied);
    const lost = join(folder, 'lost.db');
    await appendTo(openAt(lost), 'one', 'two', 'three', 'four');
    copyFileSync(`${lost}-wal`, `${file}-wal`);
    expect(() => {
      requireCopyAt(file, copied);
    }).toThrow(LedgerDamaged);
  });
});

describe('restoring', () => {
  it('given stale logs of a lost ledger, sets them aside: they are not applied to what is restored', async () => {
    const { folder, path, file, copied } = await givenBackup();
    const ledger = openAt(path);
    await appendTo(ledger, 'delta', 'epsilon');
    const place = join(folder, 'place.db');
    copyFileSync(`${path}-wal`, `${place}-wal`);
    copyFileSync(`${path}-shm`, `${place}-shm`);
    const spoilt = join(folder, 'spoilt.db');
    for (const ending of ['-wal', '-shm']) copyFileSync(`${path}${ending}`, `${spoilt}${ending}`);
    copyFileSync(file, spoilt);
    expect(await sizeSeenIn(spoilt)).not.toBe(3);

    const { setAside } = await restore({ from: file, to: place });
    expect(setAside).toHaveLength(2);
    expect(readFileSync(setAside[0] ?? '').equals(readFileSync(`${path}-wal`))).toBe(true);
    expect(await openAt(place).head()).toEqual({ size: copied.size, root: copied.root });
  });

  it('never replaces what stands at the place', async () => {
    const { folder, path, file } = await givenBackup();
    await expect(restore({ from: file, to: path })).rejects.toThrow('move that one away');
    const empty = join(folder, 'empty.db');
    writeFileSync(empty, '');
    await expect(restore({ from: file, to: empty })).rejects.toThrow(PlaceTaken);
    expect(readFileSync(empty)).toHaveLength(0);
  });

  it('given a refusal at the last moment, leaves the place and the logs there as they were', async () => {
    const { folder, file } = await givenBackup();
    const to = join(folder, 'place.db');
    writeFileSync(`${to}-wal`, 'left behind');
    const accept = (): Promise<void> => Promise.reject(new Error('not this one'));
    await expect(restore({ from: file, to, accept })).rejects.toThrow('not this one');
    expect(readdirSync(folder).filter((name) => name.startsWith('place'))).toEqual(['place.db-wal']);
  });

  it.each<[string, string, RegExp]>([
    [
      'bytes',
      "UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), 'east', 'west') AS BLOB)",
      /entry 0 is not the one that was appended there/,
    ],
    ['its tail', 'DELETE FROM entry WHERE seq = 2', /lost its end: 3 entries were there, and 2 are left/],
    [
      'a subject',
      "UPDATE entry SET subject = 'tenant/other' WHERE seq = 1",
      /entry 1 is filed under a subject/,
    ],
    [
      'a key',
      "UPDATE idempotency_key SET first = 0, last = 0 WHERE key = 'beta'",
      /the idempotency key beta/,
    ],
    ['a lost key', "DELETE FROM idempotency_key WHERE key = 'beta'", /the idempotency key of entry 1/],
  ])('given a backup in which somebody changed %s, refuses it', async (_what, statement, words) => {
    const { folder, file } = await givenBackup();
    withoutTriggers(file, statement);
    const to = join(folder, 'place.db');
    const refused = restore({ from: file, to });
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toThrow(LedgerDamaged);
    expect(existsSync(to)).toBe(false);
  });

  it('given what is no ledger, or a torn backup, refuses it', async () => {
    const { folder, file } = await givenBackup();
    const to = join(folder, 'place.db');
    writeFileSync(join(folder, 'garbage'), 'no ledger at all '.repeat(100));
    await expect(restore({ from: join(folder, 'garbage'), to })).rejects.toThrow('garbage is not a ledger');
    const whole = readFileSync(file);
    for (const part of [0.2, 0.5, 0.9]) {
      writeFileSync(join(folder, 'torn'), whole.subarray(0, Math.floor(whole.length * part)));
      await expect(restore({ from: join(folder, 'torn'), to })).rejects.toHaveProperty(
        'code',
        expect.stringMatching(/LedgerDamaged|StoreUnavailable/),
      );
    }
    expect(existsSync(to)).toBe(false);
    expect(partialFiles(folder)).toEqual([]);
  });

  it('gives the root that its entries have', async () => {
    const { folder, file, copied } = await givenBackup();
    const to = join(folder, 'place.db');
    await restore({ from: file, to });
    expect(rootOf(await replay(openAt(to), { onBatch: () => undefined }))).toBe(copied.root);
  });
});

function partialFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.includes('partial'));
}

/** Changes a ledger's file as somebody does who knows how, and puts everything back in its place afterwards. */
function withoutTriggers(path: string, statement: string): void {
  using raw = new DatabaseSync(path);
  const triggers = raw.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) raw.exec(`DROP TRIGGER ${String(name)}`);
  raw.exec(statement);
  for (const { sql } of triggers) raw.exec(String(sql));
}

/** How many entries a file gives that took somebody else's log for its own; undefined where it is spoilt altogether. */
async function sizeSeenIn(path: string): Promise<number | undefined> {
  try {
    return (await openAt(path).head()).size;
  } catch {
    return undefined;
  }
}
