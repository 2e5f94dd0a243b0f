import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerTo, Workplace } from '../support/command-line.ts';

describe('init', () => {
  it('writes a folder with comments that plans, applies, syncs and verifies clean', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'first');
    const said = await place.succeed('init', folder);
    expect(said).toContain(`isoledger plan ${folder}`);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.yaml'),
    );
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      expect(said).toContain(`  ${file}\n`);
      expect(readFileSync(join(folder, file), 'utf8')).toMatch(/^# /);
    }
    expect(await place.succeed('plan', folder)).toMatch(/3 connections gained, 0 lost/);
    await place.succeed('apply', folder);
    await place.succeed('sync');
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
    expect((await place.run('plan', folder, '--detailed-exitcode')).code).toBe(0);
  });

  it('takes an empty folder, and refuses one with anything in it, hidden files too', async () => {
    using place = new Workplace();
    const [empty, hidden] = [join(place.folder, 'empty'), join(place.folder, 'hidden')];
    for (const folder of [empty, hidden]) mkdirSync(folder);
    writeFileSync(join(hidden, '.gitkeep'), '');
    expect(JSON.parse(await place.succeed('init', empty, '--json'))).toMatchObject({
      formatVersion: 1,
      dir: empty,
    });
    for (const folder of [empty, hidden]) {
      const before = readdirSync(folder);
      const { code, err } = await place.run('init', folder);
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('is not empty: name a folder that is new or empty'),
      ]);
      expect(readdirSync(folder)).toEqual(before);
    }
  });

  it('says why a folder cannot be written', async () => {
    using place = new Workplace();
    writeFileSync(join(place.folder, 'file'), '');
    const { code, err } = await place.run('init', join(place.folder, 'file', 'below'));
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/cannot be written: a part of its path is not a folder/),
    ]);
    const taken = await place.run('init', join(place.folder, 'file'));
    expect([taken.code, taken.err]).toEqual([
      2,
      expect.stringMatching(/file cannot be written: a file of this name is there already\n$/),
    ]);
  });
});

describe('plan and apply of a folder with more in it', () => {
  it('count what was passed over, name empty files, and say where tcp is meant', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'first');
    await place.succeed('init', folder);
    for (const file of ['empty.yaml', '.hidden.yaml', 'README.md']) writeFileSync(join(folder, file), '');
    const words = `files passed over: 1 empty (${folder}/empty.yaml), 1 with another ending, 1 hidden\n`;
    const planned = await place.succeed('plan', folder);
    expect(planned).toContain(words);
    expect(planned).toMatch(
      /ports without a protocol mean tcp here:\n {2}\S+shop\.yaml:\d+: ingress\[1\]\.ports\n/,
    );
    expect(planned).toContain('made by isoledger sync after isoledger apply\n');
    expect(await place.succeed('apply', folder)).toContain(words);
    const again = await place.succeed('plan', folder);
    expect(again).toContain(words);
    expect(again).toContain('made by isoledger sync\n');
    expect(again).not.toMatch(/apply|mean tcp/);
    expect(JSON.parse(await place.succeed('apply', folder, '--json'))).toMatchObject({
      passedOver: { hidden: [join(folder, '.hidden.yaml')], empty: [join(folder, 'empty.yaml')] },
    });
  });
});

describe('a configuration file', () => {
  it('names a ledger beside itself, wherever a command is given', async () => {
    using place = new Workplace();
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(config, 'ledger: sqlite:./beside.db\n');
    await place.succeed('init', join(place.folder, 'first'));
    expect(await answerTo(['--config', config, 'apply', join(place.folder, 'first')])).toMatchObject({
      code: 0,
      err: '',
    });
    expect(readdirSync(place.folder)).toContain('beside.db');
    writeFileSync(config, 'ledger: sqlite:a\nlogLvel: warn\n');
    const { code, err } = await answerTo(['--config', config, 'status']);
    expect(code).toBe(2);
    expect(err).toMatch(/isoledger\.yaml:2: logLvel: unknown key logLvel/);
  });
});

describe('schema', () => {
  it('tells every key of every kind, and of one alone', async () => {
    using place = new Workplace();
    const all = await place.succeed('schema');
    const shard = await place.succeed('schema', 'shard');
    expect(all).toContain(shard.trimEnd());
    expect(shard).toMatch(/ {2}vnis {2}\(required\)/);
    expect(shard).toMatch(/ {2}tunnel {2}\(optional; default: vxlan\)/);
    expect(all).toMatch(/ {2}egress\[\]\.ports {2}\(optional; without it: all ports/);
    expect(all).toMatch(/1048576 bytes[^]*500 rules[^]*500 segments/);
  });

  it('gives JSON Schemas, and names the nearest kind', async () => {
    using place = new Workplace();
    const one: unknown = JSON.parse(await place.succeed('schema', 'Host', '--json'));
    expect(one).toMatchObject({
      formatVersion: 1,
      title: 'Host',
      required: ['kind', 'host', 'shard', 'tunnelIp'],
    });
    expect(JSON.parse(await place.succeed('schema', '--json'))).toHaveProperty(
      '$defs.Policy.properties.egress',
    );
    const { code, err } = await place.run('schema', 'Tennant');
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/no kind of document Tennant, did you mean Tenant/),
    ]);
  });
});
