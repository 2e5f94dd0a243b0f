import fc from 'fast-check';
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { digestOf } from '../../events/codec/canonical.ts';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

const more = '{ kind: Tenant, tenant: late, segments: [one] }';

function folderWith(place: Workplace, name: string, yaml: string): string {
  const folder = join(place.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

/** A ledger that has been used, with all of it in one file. */
async function usedLedger(place: Workplace): Promise<string> {
  await place.succeed('apply', folderWith(place, 'town', town));
  await place.succeed('sync');
  return folderWith(place, 'more', more);
}

const commands = (folder: string): string[][] => [
  ...[['checkpoint'], ['verify'], ['connections'], ['log'], ['status'], ['tail'], ['plan', folder]],
  ...[['apply', folder], ['sync']],
];

describe('a ledger that is not what it was', () => {
  it('is refused by every command when one letter of an old entry was changed', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    const bytes = readFileSync(place.ledgerPath);
    const at = bytes.indexOf('"tenant":"globex"');
    expect(at).toBeGreaterThan(0);
    bytes.write('"tenant":"globez"', at);
    writeFileSync(place.ledgerPath, bytes);
    for (const command of commands(folder)) {
      const { code, out, err } = await place.run(...command);
      expect([command[0], code, out]).toEqual([command[0], 6, '']);
      expect(err).toMatch(/the ledger's history is not the one seen before/);
    }
  });

  it('is refused by every command when an older copy was put back', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    const copy = join(place.folder, 'copy.db');
    cpSync(place.ledgerPath, copy);
    await place.succeed('apply', folder);
    for (const ending of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${ending}`, { force: true });
    cpSync(copy, place.ledgerPath);
    for (const command of commands(folder)) {
      const { code, out, err } = await place.run(...command);
      expect([command[0], code, out]).toEqual([command[0], 6, '']);
      expect(err).toMatch(/the ledger's history was cut: \d+ entries[^]*in \S+ledger\.db\.d\./);
    }
  });

  it('is not begun anew where one was emptied', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    truncateSync(place.ledgerPath, 0);
    const { code, err } = await place.run('apply', folder);
    expect([code, err]).toEqual([6, expect.stringMatching(/is gone, but .* restore the ledger/)]);
    expect(readFileSync(place.ledgerPath)).toHaveLength(0);
  });
});

/** Edits the kept state, and makes its digest right: as one who reads the source would. */
function editKept(place: Workplace, edit: (text: string) => string): void {
  const path = join(place.folder, 'ledger.db.d', 'state', 'estate.json');
  const text = readFileSync(path, 'utf8');
  const edited = edit(text);
  expect(edited).not.toBe(text);
  const file = z.looseObject({ cursor: z.unknown(), state: z.unknown() }).parse(JSON.parse(edited));
  const digest = digestOf({ cursor: file.cursor, saved: file.state });
  writeFileSync(path, JSON.stringify({ ...file, digest }));
}

describe('a kept state that was edited at one place, with its digest made right', () => {
  it('is rebuilt, or refused by name, and never crashes a command', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    await place.succeed('quarantine', 'globex');
    const path = join(place.folder, 'ledger.db.d', 'state', 'estate.json');
    const right = readFileSync(path, 'utf8');
    const tryOne = async (where: number, value: unknown): Promise<void> => {
      const file: unknown = JSON.parse(right);
      const leaves = leavesIn(file);
      leaves[where % leaves.length]?.(value);
      writeFileSync(path, withRightDigest(file));
      for (const command of [['status'], ['plan', folder], ['quarantine', 'globex', '--timeout', '0s']]) {
        const { code, err } = await place.run(...command);
        expect(code, err).toBeLessThan(70);
      }
    };
    const cursor = leavesIn(JSON.parse(right)).length;
    for (let at = 0; at < Math.min(cursor, 9); at += 1)
      for (const value of [5, '\ud800', null]) await tryOne(at, value);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.constantFrom<unknown>('', 'no-such', '\ud800', 0, 1, 5, 1e15, -1, null, true, [], {}),
        tryOne,
      ),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 10), endOnFailure: true },
    );
  }, 120_000);
});

/** For each value in a tree that is no list or mapping: what puts another in its place. */
function leavesIn(tree: unknown): ((value: unknown) => void)[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, below]: [string, unknown]) =>
    typeof below === 'object' && below !== null
      ? leavesIn(below)
      : [
          (value: unknown) => {
            Reflect.set(tree, key, value);
          },
        ],
  );
}

/** What cannot be hashed keeps the digest that it has. */
function withRightDigest(content: unknown): string {
  const file = z.looseObject({ cursor: z.unknown(), state: z.unknown() }).parse(content);
  try {
    return JSON.stringify({ ...file, digest: digestOf({ cursor: file.cursor, saved: file.state }) });
  } catch {
    return JSON.stringify(file);
  }
}

describe('a kept state that was edited, with its digest made right', () => {
  it.each<[string, (text: string) => string, RegExp]>([
    [
      'a tenant is out of quarantine',
      (text) => text.replace('"quarantine":{"tenants":["globex"]', '"quarantine":{"tenants":[]'),
      /at intended quarantine tenants globex it holds nothing, by the entries it is "globex"/,
    ],
    [
      'documents say another port',
      (text) => text.replaceAll(/\b443\b/g, '80'),
      /at intended tenants acme services acme-api ports 443 it holds nothing, by the entries it is 443/,
    ],
    [
      'a host has acknowledged more',
      (text) => text.replace(/"hosts":\[\["([^"]+)",{"plan":\d+/, '"hosts":[["$1",{"plan":77'),
      /at applied shard-1 hosts \S+ plan it holds 77, by the entries it is \d/,
    ],
  ])('is found by verify, doctor and rebuild: %s', async (_what, edit, words) => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    await place.succeed('quarantine', 'globex');
    await place.succeed('verify');
    editKept(place, edit);
    const asks = [['verify'], ['verify', '--from', 'seq:0'], ['rebuild', '--shard', 'shard-1', '--dry-run']];
    for (const command of [...asks, ['rebuild', '--shard', 'shard-1']]) {
      const { code, err } = await place.run(...command);
      expect([code, err]).toEqual([6, expect.stringMatching(words)]);
      expect(err).toMatch(/delete \S+ledger\.db\.d\/state/);
    }
    const { code, out } = await place.run('verify', '--json');
    const report = z.looseObject({ verdict: z.string(), keptState: z.string() }).parse(JSON.parse(out));
    expect([code, report.verdict]).toEqual([6, 'proven']);
    expect(report.keptState).toMatch(words);
    const doctor = await place.run('doctor');
    expect([doctor.code, doctor.out]).toEqual([6, expect.stringMatching(words)]);

    rmSync(`${place.ledgerPath}.d/state`, { recursive: true });
    await place.succeed('apply', folder);
    await place.succeed('sync');
    await place.succeed('verify');
    await place.succeed('doctor');
  });
});
