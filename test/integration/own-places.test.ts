import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { program } from '../support/program.ts';

function documentsIn(place: Workplace): string {
  const file = join(place.folder, 'town.yaml');
  writeFileSync(file, town);
  return file;
}

async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  await place.succeed('apply', documentsIn(place));
  await place.succeed('sync');
  return place;
}

/** Puts a link to a folder elsewhere in the place of a folder. */
function linkAway(place: Workplace, part: string): string {
  const elsewhere = join(place.folder, 'elsewhere');
  const folder = join(`${place.ledgerPath}.d`, part);
  renameSync(folder, elsewhere);
  symlinkSync(elsewhere, folder);
  for (const name of readdirSync(elsewhere)) rmSync(join(elsewhere, name), { recursive: true });
  return elsewhere;
}

describe('the places that only isoledger writes to', () => {
  it.each(['overlay', 'overlay/shard-1', 'locks', 'locks/applier'])(
    'given a link in place of %s, writes nothing through it, and says so',
    async (part) => {
      using place = await givenEstate();
      const elsewhere = linkAway(place, part);
      const { code, out, err } = await place.run('sync', '--timeout', '1s');
      expect(code).not.toBe(0);
      expect(out + err).toContain(
        `${join(`${place.ledgerPath}.d`, part)} is a link, and nothing is written through it`,
      );
      expect(readdirSync(elsewhere)).toEqual([]);
    },
  );

  it('given a link in place of the folder of kept state, keeps none', async () => {
    using place = await givenEstate();
    const elsewhere = linkAway(place, 'state');
    expect(await place.run('quarantine', 'acme')).toMatchObject({ code: 0 });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('given links under the names of files to come, leaves what they lead to as it is', async () => {
    using place = await givenEstate();
    const victim = join(place.folder, 'victim');
    writeFileSync(victim, 'precious');
    const derived = `${place.ledgerPath}.d`;
    const names = [
      join(derived, 'state', `seen.json.${String(process.pid)}`),
      join(derived, 'overlay', 'shard-1', 'hv-1.jsonl.new'),
      join(derived, 'locks', 'applier', 'shard-1.json.new'),
    ];
    for (const name of names) symlinkSync(victim, name);
    // So that it is written whole.
    rmSync(join(derived, 'overlay', 'shard-1', 'hv-1.jsonl'));
    await place.succeed('quarantine', 'acme');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(names.filter((name) => existsSync(name))).toEqual([]);
    const lock = join(derived, 'locks', 'applier', 'shard-1.lock');
    rmSync(lock);
    symlinkSync(victim, lock);
    const { code, err } = await place.run('sync');
    expect([code, err]).toEqual([5, expect.stringContaining(`${lock} is a link`)]);
    expect([readFileSync(victim, 'utf8'), readlinkSync(lock)]).toEqual(['precious', victim]);
  });

  it('are for their owner and group, whatever the umask', () => {
    using place = new Workplace();
    const files = join(place.folder, 'new', 'ledger.db');
    const backup = join(place.folder, 'backup.db');
    const commands = [['apply', documentsIn(place)], ['sync'], ['ledger', 'backup', backup]];
    for (const command of commands) {
      const script = `umask 000; exec "$@"`;
      const argv = ['-c', script, 'sh', process.execPath, program, '--ledger', `sqlite:${files}`, ...command];
      const { status, stderr } = spawnSync('sh', argv, { encoding: 'utf8' });
      expect([command, status, stderr]).toEqual([command, 0, '']);
    }
    const below = readdirSync(join(place.folder, 'new'), { recursive: true, withFileTypes: true });
    expect(below.length).toBeGreaterThan(12);
    const others = [...below.map((entry) => join(entry.parentPath, entry.name)), backup].filter(
      (path) => (statSync(path).mode & 0o027) !== 0,
    );
    expect(others).toEqual([]);
  });

  it('are cleared of what broken-off writes left, by the next command that writes, and by no question', async () => {
    using place = await givenEstate();
    const derived = `${place.ledgerPath}.d`;
    const state = join(derived, 'state');
    const ended = String(spawnSync(process.execPath, ['-e', '']).pid);
    mkdirSync(join(place.folder, 'backups'));
    const backup = join(place.folder, 'backups', 'monday.db');
    const left = [
      join(state, `seen.json.${ended}`),
      join(state, `estate.json.${ended}.1`),
      join(state, `estate.json.${ended}.documents`),
      join(derived, 'locks', 'applier', 'shard-1.json.new'),
      ...['hv-1', 'none'].map((host) => join(derived, 'overlay', 'shard-1', `${host}.jsonl.new`)),
      join(state, 'estate.json.new'),
      `${place.ledgerPath}.partial-${ended}`,
      `${place.ledgerPath}.partial-${ended}-wal`,
    ];
    const ofBackup = `${backup}.partial-${ended}-wal`;
    const ofOthers = [
      join(state, `seen.json.${String(process.ppid)}`),
      join(state, `estate.json.${String(process.pid)}.1`),
      ...[`estate.json.${ended}-mine`, 'estate.json.2026-mine', 'estate.json.20261129', 'seen.json.0'].map(
        (name) => join(state, name),
      ),
      join(derived, 'overlay', 'shard-1', 'mine.new'),
      `${place.ledgerPath}.partial-2026-mine`,
      `${backup}.partial-2026-mine`,
    ];
    for (const file of [...left, ofBackup, ...ofOthers]) writeFileSync(file, 'half a state');
    const [link, folder] = [join(state, `seen.json.${ended}.7`), `${backup}.partial-${ended}`];
    const linkOfHost = join(derived, 'overlay', 'shard-1', 'linked.jsonl.new');
    for (const name of [link, linkOfHost]) symlinkSync(place.ledgerPath, name);
    mkdirSync(folder);
    const there = (...files: string[]): string[] => files.filter((file) => existsSync(file));
    for (const question of [['status'], ['verify'], ['log'], ['doctor']]) await place.run(...question);
    expect(there(...left)).toEqual(left);
    await place.succeed('sync');
    await place.succeed('ledger', 'backup', backup);
    expect(there(...left, ofBackup)).toEqual([]);
    const stays = [...ofOthers, link, linkOfHost, folder];
    expect(there(...stays)).toEqual(stays);
  });
});
