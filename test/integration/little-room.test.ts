import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { isRoot } from '../support/other-user.ts';
import { program } from '../support/program.ts';

/** A folder that is a disk of its own, of 3 MiB if nothing else is said; undefined where this account may make none. */
function smallDisk(place: Workplace, options = 'size=3m'): string | undefined {
  const folder = join(place.folder, 'disk');
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  return status === 0 ? folder : undefined;
}

/** Bounded, should the disk be another one after all. */
function fill(disk: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filling')}`, 'bs=4k', 'count=1024']);
}

function documentsIn(place: Workplace): string {
  const file = join(place.folder, 'town.yaml');
  writeFileSync(file, town);
  return file;
}

describe('a place with little room', () => {
  it.runIf(isRoot)(
    'on a full disk init writes nothing, and can be given again (needs root)',
    async ({ skip }) => {
      using place = new Workplace();
      const disk = smallDisk(place);
      if (disk === undefined) return skip('no disk can be mounted here');
      try {
        const [folder, empty] = [join(disk, 'a', 'first'), join(disk, 'empty')];
        mkdirSync(empty);
        fill(disk);
        const { size } = statSync(join(disk, 'filling'));
        // No room, and room for some of the files.
        for (const pages of [0, 1, 2, 3]) {
          truncateSync(join(disk, 'filling'), size - pages * 4096);
          for (const dir of [folder, empty]) {
            const { code, err } = await place.run('init', dir);
            expect([code, err]).toEqual([5, `isoledger: ${dir} cannot be written: the disk is full\n`]);
            expect(readdirSync(disk, { recursive: true }).sort()).toEqual(['empty', 'filling']);
          }
        }
        rmSync(join(disk, 'filling'));
        for (const dir of [folder, empty]) await place.succeed('init', dir);
      } finally {
        spawnSync('umount', [disk]);
      }
    },
  );

  it.runIf(isRoot)(
    'on a full disk every question is answered, and what writes says why not (needs root)',
    async ({ skip }) => {
      using place = new Workplace();
      const disk = smallDisk(place);
      if (disk === undefined) return skip('no disk can be mounted here');
      try {
        const documents = documentsIn(place);
        const at = ['--ledger', `sqlite:${join(disk, 'ledger.db')}`];
        for (const command of [['apply', documents], ['sync']]) await place.succeed(...at, ...command);
        const before = await place.succeed(...at, 'checkpoint');
        fill(disk);
        for (const question of [
          ['verify'],
          ['status'],
          ['log'],
          ['connections'],
          ['plan', documents],
          ['tail'],
        ])
          expect([question, await place.run(...at, ...question)]).toMatchObject([
            question,
            { code: 0, err: '' },
          ]);
        const { code, err } = await place.run(...at, 'quarantine', 'acme');
        expect([code, err]).toEqual([5, expect.stringContaining('the disk is full')]);
        const first = await place.run('--ledger', `sqlite:${join(disk, 'new.db')}`, 'apply', documents);
        expect([first.code, first.err]).toEqual([5, expect.stringContaining('the disk is full')]);
        expect(await place.succeed(...at, 'checkpoint')).toBe(before);
      } finally {
        spawnSync('umount', [disk]);
      }
    },
  );

  it.runIf(isRoot)(
    'on a disk that is nearly full, whatever makes a ledger does so, or says that the disk is full (needs root)',
    async ({ skip }) => {
      using place = new Workplace();
      const documents = documentsIn(place);
      await place.succeed('apply', documents);
      const backedUp = join(place.folder, 'backup.db');
      await place.succeed('ledger', 'backup', backedUp);
      const disk = join(place.folder, 'disk');
      const [file, url] = [join(disk, 'new.db'), `sqlite:${join(disk, 'new.db')}`];
      const commands = [
        ['--ledger', url, 'apply', documents],
        ['--ledger', url, 'ledger', 'restore', backedUp],
        ['ledger', 'backup', file],
        ['ledger', 'copy', place.ledgerUrl, url],
      ];
      // Each part of a database in turn is the one that finds no room: its file, its log, the index of that.
      const disks = Array.from({ length: 24 }, (_, at) => `size=${String(4 * (at + 1))}k`);
      for (const options of [...disks, 'nr_inodes=2', 'nr_inodes=3', 'nr_inodes=4'])
        for (const command of commands) {
          if (smallDisk(place, options) === undefined) return skip('no disk can be mounted here');
          try {
            const { code, err } = await place.run(...command);
            if (code !== 0)
              expect([options, command, code, err]).toEqual([
                ...[options, command, 5],
                expect.stringContaining('the disk is full'),
              ]);
          } finally {
            spawnSync('umount', [disk]);
          }
        }
    },
  );

  it('with few files that may be open, each command does its work or says that, as soon as Node.js itself starts', () => {
    using place = new Workplace();
    const documents = documentsIn(place);
    const nothing = join(place.folder, 'nothing.js');
    writeFileSync(nothing, '');
    const withFew = (limit: number, ...command: readonly string[]) => {
      const argv = ['-c', `ulimit -n ${String(limit)}; exec "$@"`, 'sh', process.execPath, ...command];
      return spawnSync('sh', argv, { encoding: 'utf8' });
    };
    for (let limit = 20; limit < 28; limit += 1) {
      if (withFew(limit, nothing).status !== 0) continue;
      const copy = join(place.folder, `copy-${String(limit)}.db`);
      for (const command of [['apply', documents], ['sync'], ['ledger', 'backup', copy]]) {
        const { status, stderr } = withFew(limit, program, '--ledger', place.ledgerUrl, ...command);
        if (status !== 0)
          expect([limit, command, status, stderr]).toEqual([
            ...[limit, command, 5],
            expect.stringMatching(/too many files are open: raise the limit|there is no ledger at/),
          ]);
      }
    }
    expect(withFew(30, program, '--ledger', place.ledgerUrl, 'sync').status).toBe(0);
  });

  it('a folder in place of a file is called that', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'folder');
    mkdirSync(folder);
    const restored = await place.run('ledger', 'restore', folder);
    expect([restored.code, restored.err]).toEqual([
      5,
      expect.stringContaining(`${folder} is a folder: name`),
    ]);
    const asked = await place.run('--ledger', `sqlite:${folder}`, 'status');
    expect([asked.code, asked.err]).toEqual([5, expect.stringContaining(`${folder} is a folder: name`)]);
  });
});
