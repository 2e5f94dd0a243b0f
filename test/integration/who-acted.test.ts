import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

const account = userInfo().username;
const policy = '{ kind: Policy, tenant: acme, egress: [{ destination: globex, ports: [443] }] }';

function folderIn(place: Workplace): string {
  const folder = join(place.folder, 'estate');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'town.yaml'), `${town}---\n${policy}\n`);
  return folder;
}

describe('a name that was given with --as', () => {
  it('is recorded and shown beside the account that gave it', async () => {
    using place = new Workplace();
    await place.succeed('apply', folderIn(place), '--as', 'ada', '--reason', 'first');
    await place.succeed('quarantine', 'globex', '--no-wait');
    const entries = await place.succeed('tail');
    expect(JSON.parse(entries.split('\n')[0] ?? '')).toMatchObject({
      actor: { name: 'ada', authenticated: 'asserted', account },
    });
    const rows = (await place.succeed('log')).split('\n');
    expect(rows.filter((row) => row.includes(` ada (as ${account}) `)).length).toBeGreaterThan(10);
    expect(
      rows.filter((row) => row.includes(`  ${account} `) && row.includes('TenantQuarantined')),
    ).toHaveLength(1);
    expect(await place.succeed('blame', 'acme')).toContain(
      `PolicyEnacted by ada (as ${account}), reason "first"`,
    );
    const why = ['explain', 'acme/web', 'globex/app', 'tcp/443', '--lane', 'intended'];
    expect(await place.succeed(...why)).toContain(`by ada (as ${account})`);
    expect(await place.succeed(...why, '--json')).toContain(`"account":"${account}"`);
    const log = (...by: string[]): Promise<string> => place.succeed('log', '--json', ...by);
    expect(await log('--by', account)).toBe(await log());
    expect(await log('--by', 'ada')).not.toContain('TenantQuarantined');
  });
});

describe("a name of somebody's choice", () => {
  it.each([
    'alice (as alice)',
    `alice (as alice) ${'. '.repeat(60)}`.trim(),
    `${'x'.repeat(100)} (as alice)`,
    'root (os-user)',
    'root (os-user), reason "four eyes"',
    'alice   TenantReleased',
    '"alice" (as alice)',
  ])('hides no account, and passes for none: %s', async (name) => {
    using place = new Workplace();
    await place.succeed('apply', folderIn(place), '--as', name, '--reason', 'first');
    const why = ['explain', 'acme/web', 'globex/app', 'tcp/443', '--lane', 'intended'];
    for (const command of [['log'], ['blame', 'acme'], why]) {
      const out = await place.succeed(...command);
      const told = out.split('\n').filter((row) => row.includes(name.slice(0, 5)));
      expect([command, told.length > 0]).toEqual([command, true]);
      for (const row of told) {
        expect(row).toMatch(new RegExp(`("| |…)\\(as ${account}\\)`));
        // Outside of quotes, there is no other account.
        expect(row.replaceAll(/"(?:[^"\\]|\\.)*"/g, '')).not.toMatch(/as alice|os-user|TenantReleased/);
      }
    }
  });
});

describe('text that no entry may hold', () => {
  it.each<[what: string, args: string[], words: RegExp]>([
    [
      'a name that is too long',
      ['--as', 'x'.repeat(257)],
      /--as has at most 256 characters, this one has 257/,
    ],
    ['a name of nothing', ['--as', '  '], /--as needs a name/],
    ['a name with a control character', ['--as', 'ada\u001b[1m'], /--as takes text on one line/],
    ['a name that turns the direction', ['--as', 'ada\u202e'], /--as takes text on one line/],
    ['a reason with an Arabic letter mark', ['--reason', 'why\u061c'], /--reason takes text on one line/],
    ['a reason with a mark from right to left', ['--reason', 'why\u200f'], /--reason takes text on one line/],
    ['a reason that is too long', ['--reason', 'x'.repeat(1001)], /--reason has at most 1000 characters/],
    ['a reason with half a character', ['--reason', '\ud800'], /--reason takes text on one line/],
    ['a reason of two lines', ['--reason', 'one\ntwo'], /--reason takes text on one line/],
  ])('is refused before anything is written: %s', async (_what, args, words) => {
    using place = new Workplace();
    const folder = folderIn(place);
    for (const command of [
      ['apply', folder],
      ['quarantine', 'acme'],
      ['release', 'acme'],
      ['rebuild', '--shard', 's'],
    ]) {
      const { code, err } = await place.run(...command, ...args);
      expect([code, err]).toEqual([2, expect.stringMatching(words)]);
    }
    expect((await place.run('apply', folder, '--source', 'x\ny')).code).toBe(2);
    expect((await place.run('apply', folder, '--source', 'x'.repeat(257))).code).toBe(2);
    expect(existsSync(place.ledgerPath)).toBe(false);
    await place.succeed(
      'apply',
      folder,
      '--as',
      '東'.repeat(256),
      '--reason',
      '"'.repeat(1000),
      '--source',
      'é'.repeat(256),
    );
    await place.succeed('verify', '--lane', 'intended');
    const rows = (await place.succeed('log')).split('\n');
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThan(460);
    expect(rows.join('')).toMatch(/東{31}…/);
    expect(await place.succeed('log', '--json')).toContain('東'.repeat(256));
  });

  it('but for blanks around it, which make no other actor', async () => {
    using place = new Workplace();
    await place.succeed('apply', folderIn(place), '--as', ' ada ', '--reason', 'first ');
    const [entry] = z
      .object({ entries: z.array(z.object({ actor: z.object({ name: z.string() }), reason: z.string() })) })
      .parse(JSON.parse(await place.succeed('log', '--json'))).entries;
    expect(entry).toEqual({ actor: { name: 'ada' }, reason: 'first' });
  });
});

describe('a byte that was changed', () => {
  it.each([
    ['"type":"PolicyEnacted"', '"type":"PolicyEnacteb"'],
    ['"schemaVersion":1,"source"', '"schemaVersion":9,"source"'],
    ['"authenticated":"asserted"', '"authenticated":"assertef"'],
    ['"batch":{', '"batch":['],
  ])('is not taken for a later version: %s', async (before, after) => {
    using place = new Workplace();
    await place.succeed('apply', folderIn(place), '--as', 'ada', '--source', 'git:1');
    rmSync(`${place.ledgerPath}.d`, { recursive: true });
    const bytes = readFileSync(place.ledgerPath, 'latin1');
    expect(bytes).toContain(before);
    writeFileSync(place.ledgerPath, bytes.replaceAll(before, after), 'latin1');
    for (const argv of [['verify'], ['log'], ['checkpoint'], ['status'], ['doctor']]) {
      const { code, out, err } = await place.run(...argv);
      expect([argv, code]).toEqual([argv, 6]);
      expect(`${out}${err}`).toMatch(
        /its bytes are not those that were recorded: entry \d+ cannot be read: /,
      );
      expect(`${out}${err}`).not.toMatch(/later version/);
      expect(`${out}${err}`).toMatch(/put the backup in its place|put a backup there/);
    }
  });
});
