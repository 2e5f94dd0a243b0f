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
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

const program = fileURLToPath(new URL('../../src/cli/isoledger.js', import.meta.url));

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

  it('are cleared of what broken-off writes left, where these are surely over', async () => {
    using place = await givenEstate();
    const state = join(`${place.ledgerPath}.d`, 'state');
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    const [old, fresh, running] = [ended, ended + 1_000_000, process.ppid].map((pid) =>
      join(state, `seen.json.${String(pid)}`),
    );
    const long = new Date(Date.now() - 7_200_000);
    for (const file of [old, fresh, running]) writeFileSync(file ?? '', 'half a state');
    for (const file of [old, running]) utimesSync(file ?? '', long, long);
    mkdirSync(join(place.folder, 'backups'));
    const backup = join(place.folder, 'backups', 'monday.db');
    writeFileSync(`${backup}.partial-${String(ended)}-wal`, '');
    utimesSync(`${backup}.partial-${String(ended)}-wal`, long, long);
    const others = [`estate.json.${String(ended)}-mine`, 'estate.json.2026-mine', 'estate.json.2026.txt'];
    const kept = [...others.map((name) => join(state, name)), `${backup}.partial-2026-mine`];
    for (const file of kept) writeFileSync(file, 'precious');
    mkdirSync(`${backup}.partial-${String(ended)}`);
    for (const file of [...kept, `${backup}.partial-${String(ended)}`]) utimesSync(file, long, long);
    await place.succeed('quarantine', 'acme');
    await place.succeed('ledger', 'backup', backup);
    expect(kept.filter((file) => !existsSync(file))).toEqual([]);
    expect([old, fresh, running].map((file) => existsSync(file ?? ''))).toEqual([false, true, true]);
    expect(readdirSync(join(place.folder, 'backups')).sort()).toEqual(
      ['monday.db', `monday.db.partial-${String(ended)}`, 'monday.db.partial-2026-mine'].sort(),
    );
  });
});
