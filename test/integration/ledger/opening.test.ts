import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StoreUnavailable } from '../../../src/ledger/faults.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openToExamine } from '../../../src/ledger/sqlite/examine.ts';
import { openSqliteLedger, type SqliteLedgerOptions } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { fact, seqs, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

function openAt(path: string, more: Partial<SqliteLedgerOptions> = {}): Ledger {
  const ledger = openSqliteLedger({ path, create: false, clock: systemClock, ids: randomIds, ...more });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** A ledger with one entry, closed: a single file. */
async function closedLedger(path: string): Promise<string> {
  const ledger = openAt(path, { create: true });
  await ledger.append({ events: [fact('verify')], actor: tester });
  await ledger.close();
  return ledger.id;
}

describe('opening a ledger file', () => {
  it('given none, creates it with its folders, and an id that stays', async () => {
    const path = join(temporaryFolder(), 'a', 'b', 'ledger.db');
    const id = await closedLedger(path);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(openAt(path).id).toBe(id);
    expect(openAt(path, { create: true }).id).toBe(id);
    expect(openAt(path, { readOnly: true }).id).toBe(id);
  });

  it('given a name that means something else to SQLite, still makes a file of it', () => {
    const folder = temporaryFolder();
    const before = process.cwd();
    process.chdir(folder);
    onTestFinished(() => {
      process.chdir(before);
    });
    openAt(':memory:', { create: true });
    expect(existsSync(join(folder, ':memory:'))).toBe(true);
  });

  it.each([{ create: false }, { create: true, readOnly: true }])(
    'given none and %j, says so and creates nothing',
    (how) => {
      const path = join(temporaryFolder(), 'new', 'ledger.db');
      expect(() => openAt(path, how)).toThrow(StoreUnavailable);
      expect(() => openAt(path, how)).toThrow(`there is no ledger at ${path}`);
      expect(existsSync(join(path, '..'))).toBe(false);
    },
  );

  it.each([true, false])('given what is no database (create: %s), leaves it as it is', (create) => {
    const path = join(temporaryFolder(), 'ledger.db');
    const garbage = 'not a database at all, but long enough to have a header of one hundred bytes: '.repeat(
      9,
    );
    writeFileSync(path, garbage);
    expect(() => openAt(path, { create })).toThrow(StoreUnavailable);
    expect(() => openAt(path, { create })).toThrow(`${path} is not a ledger; see whether`);
    expect(readFileSync(path, 'utf8')).toBe(garbage);
  });

  it.each([true, false])("given another program's database (create: %s), leaves it as it is", (create) => {
    const path = join(temporaryFolder(), 'other.db');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY)');
    other.close();
    const before = readFileSync(path);
    expect(() => openAt(path, { create })).toThrow('is not a ledger: it holds the tables of another program');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('given an empty file, makes a ledger of it only when asked to create one', () => {
    const path = join(temporaryFolder(), 'ledger.db');
    writeFileSync(path, '');
    expect(() => openAt(path)).toThrow('is not a ledger: it holds nothing');
    expect(readFileSync(path)).toHaveLength(0);
    expect(openAt(path, { create: true }).id).toBe(openAt(path).id);
  });

  it.each([1, 4])('given a ledger of another format (%d), says which one', async (format) => {
    const path = join(temporaryFolder(), 'ledger.db');
    await closedLedger(path);
    const raw = new DatabaseSync(path);
    raw.exec(`PRAGMA user_version = ${String(format)}`);
    raw.close();
    expect(() => openAt(path)).toThrow(
      `is a ledger of format ${String(format)}, and this program reads formats 2 and 3`,
    );
  });

  it('given a folder in its place, or a file in place of its folder, says that it cannot be opened', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'ledger.db'));
    expect(() => openAt(join(folder, 'ledger.db'))).toThrow(StoreUnavailable);
    writeFileSync(join(folder, 'file'), '');
    expect(() => openAt(join(folder, 'file', 'ledger.db'), { create: true })).toThrow(StoreUnavailable);
  });

  it('given a writer that holds it for too long, says so, and goes on once it is free', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    await closedLedger(path);
    const ledger = openAt(path, { busyMillisecondsMax: 50 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const refused = ledger.append({ events: [fact('verify')], actor: tester });
    await expect(refused).rejects.toThrow('is locked by another process for too long');
    await expect(refused).rejects.toMatchObject({ code: 'StoreUnavailable', cause: { errcode: 5 } });
    expect(await seqs(ledger.read())).toEqual([0]);
    other.close();
    expect(await ledger.append({ events: [fact('verify')], actor: tester })).toMatchObject({ first: 1 });
  });
});

describe('opening a ledger for reading only', () => {
  it('reads what others append, and appends nothing', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const writer = openAt(path, { create: true });
    const reader = openAt(path, { readOnly: true });
    await writer.append({ events: [fact('verify')], actor: tester });
    expect(await seqs(reader.read())).toEqual([0]);
    expect(await reader.head()).toEqual(await writer.head());
    await expect(reader.append({ events: [fact('verify')], actor: tester })).rejects.toThrow(
      'for reading only',
    );
  });

  it('given a folder that cannot be written, reads a file at rest', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'ledger#1?.db');
    const id = await closedLedger(path);
    await asGuestOf(folder, async () => {
      const ledger = openAt(path, { readOnly: true });
      expect(ledger.id).toBe(id);
      expect(await seqs(ledger.read())).toEqual([0]);
      await ledger.close();
      expect(() => openAt(path, { create: true })).toThrow(StoreUnavailable);
    });
  });

  it('given such a folder and the log of a killed writer, reads what is in the log', async () => {
    const folder = temporaryFolder();
    const elsewhere = temporaryFolder();
    const writing = openAt(join(elsewhere, 'ledger.db'), { create: true });
    await writing.append({ events: [fact('verify'), fact('verify')], actor: tester });
    const path = join(folder, 'ledger.db');
    cpSync(elsewhere, folder, { recursive: true });
    rmSync(`${path}-shm`);
    await asGuestOf(folder, async () => {
      const ledger = openAt(path, { readOnly: true });
      expect(await seqs(ledger.read())).toEqual([0, 1]);
      await ledger.close();
    });
    expect(readdirSync(folder).sort()).toEqual(['ledger.db', 'ledger.db-wal']);
  });

  it('given a file at rest that others come to write to, reads what they append, also when they have left', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'ledger.db');
    await closedLedger(path);
    const reader = openAt(path, { readOnly: true });
    expect([await seqs(reader.read()), readdirSync(folder)]).toEqual([[0], ['ledger.db']]);
    await closedLedger(path);
    expect(await seqs(reader.read())).toEqual([0, 1]);
    const writer = openAt(path);
    await writer.append({ events: [fact('verify')], actor: tester });
    expect(await seqs(reader.read())).toEqual([0, 1, 2]);
    await writer.append({ events: [fact('verify')], actor: tester });
    expect(await reader.head()).toEqual(await writer.head());
    await writer.close();
    await closedLedger(path);
    expect(await seqs(reader.read())).toEqual([0, 1, 2, 3, 4]);
  });

  it('given another file in its place, says so', async () => {
    const folder = temporaryFolder();
    const [path, other] = [join(folder, 'ledger.db'), join(folder, 'other.db')];
    for (const file of [path, other]) await closedLedger(file);
    const reader = openAt(path, { readOnly: true });
    renameSync(other, path);
    await expect(reader.head()).rejects.toThrow(`${path} is no longer the file that was opened`);
  });
});

describe('opening a ledger to examine it', () => {
  it('given a file at rest, makes no other file, and tells when somebody began to write meanwhile', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'ledger.db');
    const id = await closedLedger(path);
    const examined = openToExamine(path, { clock: systemClock, ids: randomIds });
    onTestFinished(() => examined.ledger.close());
    examined.guards.requireDefinitions();
    examined.guards.requireConsistent();
    expect([examined.ledger.id, await seqs(examined.ledger.read())]).toEqual([id, [0]]);
    expect([readdirSync(folder), examined.wasDisturbed()]).toEqual([['ledger.db'], false]);
    const writer = openAt(path);
    await writer.append({ events: [fact('verify')], actor: tester });
    expect(examined.wasDisturbed()).toBe(true);
    const again = openToExamine(path, { clock: systemClock, ids: randomIds });
    onTestFinished(() => again.ledger.close());
    expect([await seqs(again.ledger.read()), again.wasDisturbed()]).toEqual([[0, 1], false]);
  });
});

/** Does something as a user who may read the folder and write nothing there; root is bound by no rights and steps down. */
async function asGuestOf(folder: string, action: () => unknown): Promise<void> {
  chmodSync(folder, 0o555);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect(() => {
      writeFileSync(join(folder, 'probe'), '');
    }).toThrow('EACCES');
    await action();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o755);
  }
}
