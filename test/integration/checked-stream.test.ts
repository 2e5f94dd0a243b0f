import { copyFileSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { run } from '../../src/cli/main.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { placed, tester } from '../doubles/facts.ts';
import { Workplace } from '../support/command-line.ts';

async function append(path: string, ...names: string[]): Promise<void> {
  const ledger = openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
  for (const name of names) await ledger.append({ events: [placed(name)], actor: tester });
  await ledger.close();
}

function tamper(path: string): void {
  const bytes = readFileSync(path);
  bytes.write('"tenant":"globez"', bytes.indexOf('"tenant":"globex"'));
  writeFileSync(path, bytes);
}

/** Changes tables as somebody does who knows SQLite: without the triggers that guard them. */
function forge(path: string, sql: string): void {
  using raw = new DatabaseSync(path);
  const triggers = raw.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) raw.exec(`DROP TRIGGER ${String(name)}`);
  raw.exec(sql);
  for (const trigger of triggers) raw.exec(String(trigger['sql']));
}

/** Follows a ledger, and does what `then` says once its first `seen` lines are there. */
async function follow(
  place: Workplace,
  {
    seen,
    then,
    at = place.ledgerPath,
    more = [],
  }: { seen: number; then: () => void | Promise<void>; at?: string; more?: readonly string[] },
): Promise<{ code: number; lines: string[]; err: string }> {
  const lines: string[] = [];
  let err = '';
  let acted: Promise<void> | undefined;
  const code = await run(['--ledger', `sqlite:${at}`, 'tail', '--follow', ...more], {
    out: () => undefined,
    err: ({ text }) => {
      err += text;
    },
    data: (line) => {
      lines.push(line);
      if (lines.length === seen) acted = Promise.resolve().then(then);
    },
    progress: () => undefined,
    errIsTerminal: false,
  });
  await acted;
  return { code, lines, err };
}

describe('a follower of a ledger', () => {
  it.each<[what: string, deed: (path: string) => void]>([
    [
      'garbage',
      (path) => {
        writeFileSync(path, 'x'.repeat(readFileSync(path).length));
      },
    ],
    [
      'nothing',
      (path) => {
        writeFileSync(path, '');
      },
    ],
  ])('that was overwritten with %s ends, since it is damaged', async (_what, deed) => {
    using place = new Workplace();
    await append(place.ledgerPath, 'acme', 'globex');
    const { code, err } = await follow(place, {
      seen: 2,
      then: () => {
        deed(place.ledgerPath);
      },
    });
    expect([code, err]).toEqual([6, expect.stringContaining(`${place.ledgerPath} is damaged`)]);
  });

  it.each([[[]], [['--format', 'cef']], [['--format', 'ocsf']], [['--format', 'cloudevents']]])(
    'that was overwritten with an older copy ends, and its advice is that of a file (%j)',
    async (more) => {
      using place = new Workplace();
      await append(place.ledgerPath, 'acme');
      const older = readFileSync(place.ledgerPath);
      await append(place.ledgerPath, 'globex');
      const { code, err } = await follow(place, {
        seen: 2,
        more,
        // Before it has caught up it compares roots, which has words of its own.
        then: async () => {
          await delay(500);
          writeFileSync(place.ledgerPath, older);
        },
      });
      expect([code, err]).toEqual([6, expect.stringContaining('isoledger ledger restore FILE')]);
      expect(err).not.toMatch(/server|eventstoredb/i);
    },
  );

  it('that was named by a link ends when the link leads to another file', async () => {
    using place = new Workplace();
    await append(place.ledgerPath, 'acme', 'globex');
    const other = join(place.folder, 'other.db');
    await append(other, 'acme');
    const link = join(place.folder, 'link.db');
    symlinkSync('ledger.db', link);
    const { code, err } = await follow(place, {
      seen: 2,
      at: link,
      then: () => {
        symlinkSync('other.db', `${link}.new`);
        renameSync(`${link}.new`, link);
      },
    });
    expect([code, err]).toEqual([
      6,
      expect.stringContaining(`${link} is no longer the file that was opened`),
    ]);
  });
});

describe('tail of a ledger of which nothing is kept', () => {
  it.each([[['tail']], [['tail', '--follow']], [['tail', '--after', '2']]])(
    'prints nothing of entries that were tampered with: %j',
    async (command) => {
      using place = new Workplace();
      await append(place.ledgerPath, 'acme', 'globex', 'initech', 'umbrella');
      tamper(place.ledgerPath);
      const { code, out, err } = await place.run(...command);
      expect([code, out, err]).toEqual([6, '', expect.stringMatching(/4 entries give the root/)]);
    },
  );

  it('prints nothing where the tree was edited, or an entry taken from the middle', async () => {
    for (const sql of [
      'UPDATE entry SET subtree = zeroblob(32) WHERE seq = 3',
      'DELETE FROM entry WHERE seq = 1',
    ]) {
      using place = new Workplace();
      await append(place.ledgerPath, 'acme', 'globex', 'initech', 'umbrella');
      forge(place.ledgerPath, sql);
      const { code, out } = await place.run('tail');
      expect([sql, code, out]).toEqual([sql, 6, '']);
    }
  });

  it('is not copied, which would make it look sound', async () => {
    using place = new Workplace();
    await append(place.ledgerPath, 'acme', 'globex');
    tamper(place.ledgerPath);
    const to = join(place.folder, 'copy.db');
    const { code, err } = await place.run('ledger', 'copy', place.ledgerUrl, `sqlite:${to}`);
    expect([code, err]).toEqual([6, expect.stringMatching(/2 entries give the root/)]);
  });
});

describe('a reader of the stream that has more than the ledger', () => {
  it.each([['entries'], ['cloudevents']])('is told so at once: %s', async (format) => {
    using place = new Workplace();
    await append(place.ledgerPath, 'acme', 'globex');
    for (const more of [[], ['--follow']]) {
      const command = ['tail', '--format', format, ...more, '--after'];
      const { code, out, err } = await place.run(...command, '2');
      expect([code, out]).toEqual([6, '']);
      expect(err).toMatch(/has no entry 2 to go on behind: its last one is entry 1\n[^]*--after -1/);
    }
    expect(await place.succeed('tail', '--format', format, '--after', '1')).toBe('');
  });

  it('is told so of an empty ledger', async () => {
    using place = new Workplace();
    await append(place.ledgerPath);
    expect((await place.run('tail', '--after', '0')).err).toMatch(/no entry 0 .*: it has none/);
    expect(await place.succeed('tail')).toBe('');
  });
});

describe('a follower', () => {
  it('goes on with what is appended, by whomever', async () => {
    using place = new Workplace();
    await append(place.ledgerPath, 'acme', 'globex');
    let stopped = false;
    const { code, lines } = await follow(place, {
      seen: 2,
      then: async () => {
        await append(place.ledgerPath, ...Array.from({ length: 1500 }, (_, index) => `t-${String(index)}`));
        stopped = true;
        setTimeout(() => process.emit('SIGINT'), 300);
      },
    });
    expect([stopped, code, lines.length]).toEqual([true, 0, 1502]);
  });

  const words = {
    replaced: /no longer the file that was opened[^]*--after SEQ/,
    parted: /history is not the one seen before|history was cut/,
  };

  it.each<[string, (place: Workplace) => void | Promise<void>, RegExp]>([
    [
      'the file was moved away',
      ({ ledgerPath }) => {
        renameSync(ledgerPath, `${ledgerPath}.away`);
      },
      words.replaced,
    ],
    [
      'another file was put in its place',
      ({ ledgerPath }) => {
        renameSync(`${ledgerPath}.older`, ledgerPath);
      },
      words.replaced,
    ],
    [
      'a backup was restored',
      async (place) => {
        const backup = join(place.folder, 'backup.db');
        await place.succeed('ledger', 'backup', backup);
        for (const end of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${end}`, { force: true });
        await place.succeed('ledger', 'restore', backup);
      },
      words.replaced,
    ],
    [
      'an older copy was written over it',
      ({ ledgerPath }) => {
        copyFileSync(`${ledgerPath}.older`, ledgerPath);
      },
      words.parted,
    ],
    [
      'another ledger was written over it',
      ({ ledgerPath }) => {
        copyFileSync(`${ledgerPath}.other`, ledgerPath);
      },
      words.parted,
    ],
    [
      'its end was cut off',
      ({ ledgerPath }) => {
        forge(ledgerPath, 'UPDATE head SET size = 2; DELETE FROM entry WHERE seq = 2');
      },
      words.parted,
    ],
  ])('is stopped where %s', async (_what, then, says) => {
    using place = new Workplace();
    await append(place.ledgerPath, 'acme', 'globex');
    copyFileSync(place.ledgerPath, `${place.ledgerPath}.older`);
    await append(place.ledgerPath, 'initech');
    await append(`${place.ledgerPath}.other`, 'a', 'b', 'c');
    const { code, lines, err } = await follow(place, { seen: 3, then: () => then(place) });
    expect([code, lines.length, err]).toEqual([6, 3, expect.stringMatching(says)]);
  });
});
