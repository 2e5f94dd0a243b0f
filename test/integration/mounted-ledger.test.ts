import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Answer } from '../support/answer-by.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { command, describeNeeding, root, type Need } from '../support/needs.ts';

const unshare = command('unshare', 'util-linux');
const mounts: Need = {
  what: 'the right to mount',
  how: 'give the container CAP_SYS_ADMIN (--cap-add SYS_ADMIN)',
  isMet: spawnSync(unshare.path, ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0,
};

const answered = z.strictObject({ code: z.int(), out: z.string(), err: z.string() });

/** What commands answer where `from` is mounted at `to`, one after the other: in a mount namespace that ends with them. */
function whereMounted(
  { from, to }: { from: string; to: string },
  lines: readonly (readonly string[])[],
): Answer[] {
  const answers = fileURLToPath(new URL('../support/answers-process.ts', import.meta.url));
  const script = 'mount --bind "$1" "$2" && exec "$3" "$4" "$5"';
  const said = execFileSync(
    unshare.path,
    ['-m', 'sh', '-c', script, 'sh', from, to, process.execPath, answers, JSON.stringify(lines)],
    // One that is not refused may never end: serve.
    { encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' },
  );
  return said
    .trimEnd()
    .split('\n')
    .map((line) => answered.parse(JSON.parse(line)));
}

/** A ledger that is driven, and a folder whose name the kernel escapes, with an empty file for a second name. */
async function givenEstate(): Promise<{ place: Workplace; folder: string; name: string }> {
  const place = new Workplace();
  const folder = join(place.folder, 'other folder');
  mkdirSync(folder);
  const name = join(folder, 'b.db');
  writeFileSync(name, '');
  writeFileSync(join(place.folder, 'town.yaml'), town);
  await place.succeed('apply', join(place.folder, 'town.yaml'));
  await place.succeed('sync');
  return { place, folder, name };
}

describeNeeding([root, unshare, mounts], 'a ledger whose file alone is mounted', () => {
  it('is neither written nor asked by that name, and makes nothing beside it', async () => {
    const given = await givenEstate();
    using place = given.place;
    const backup = join(place.folder, 'backup.db');
    const lines = [
      ['apply', join(place.folder, 'town.yaml')],
      ['sync'],
      ['quarantine', 'acme'],
      ['release', 'acme'],
      ['rebuild', '--shard', 'shard-1'],
      ['serve'],
      ['plan', join(place.folder, 'town.yaml')],
      ['status'],
      ['verify'],
      ['log'],
      ['doctor'],
      ['ledger', 'backup', backup],
    ];
    const byName = lines.map((line) => ['--ledger', `sqlite:${given.name}`, ...line]);
    const answers = whereMounted({ from: place.ledgerPath, to: given.name }, [
      ...byName,
      ['ledger', 'copy', `sqlite:${given.name}`, `sqlite:${backup}`],
    ]);
    for (const { code, out, err } of answers) {
      expect(out + err).toContain(`${given.name} is a mount of a single file`);
      expect(out + err).toContain('mount the folder that holds the ledger');
      expect(out + err).not.toContain('put a backup there');
      expect(code).toBe(5);
    }
    expect(answers).toHaveLength(lines.length + 1);
    expect(readdirSync(given.folder)).toEqual(['b.db']);
    expect(await place.verify()).toMatchObject({ verdict: 'proven' });
  });

  it('is used by its own name as before, and where its folder is mounted', async () => {
    const given = await givenEstate();
    using place = given.place;
    const own = whereMounted({ from: place.ledgerPath, to: given.name }, [
      ['--ledger', place.ledgerUrl, 'quarantine', 'acme'],
    ]);
    expect(own).toMatchObject([{ code: 0, err: '' }]);
    const folder = join(place.folder, 'whole');
    mkdirSync(folder);
    const url = `sqlite:${join(folder, 'ledger.db')}`;
    const whole = whereMounted({ from: place.folder, to: folder }, [
      ['--ledger', url, 'release', 'acme'],
      ['--ledger', url, 'verify'],
    ]);
    expect(whole).toMatchObject([{ code: 0, err: '' }, { code: 0 }]);
  });

  it('is begun in no empty file that is mounted', async () => {
    const given = await givenEstate();
    using place = given.place;
    const empty = join(place.folder, 'empty.db');
    writeFileSync(empty, '');
    const [answer] = whereMounted({ from: empty, to: given.name }, [
      ['--ledger', `sqlite:${given.name}`, 'apply', join(place.folder, 'town.yaml')],
    ]);
    expect(answer).toMatchObject({ code: 5 });
    expect(readdirSync(given.folder)).toEqual(['b.db']);
  });

  it('is restored from, as a backup that a container is given', async () => {
    const given = await givenEstate();
    using place = given.place;
    const backup = join(place.folder, 'backup.db');
    await place.succeed('ledger', 'backup', backup);
    using elsewhere = new Workplace();
    const [answer] = whereMounted({ from: backup, to: given.name }, [
      ['--ledger', elsewhere.ledgerUrl, 'ledger', 'restore', given.name],
    ]);
    expect(answer).toMatchObject({ code: 0 });
    expect(await elsewhere.checkpoint()).toEqual(await place.checkpoint());
  });
});
