import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workplace } from '../support/command-line.ts';

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
    expect(all).toMatch(/1048576 bytes[^]*500 rules/);
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
