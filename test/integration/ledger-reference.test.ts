import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { textWithoutSecrets } from '../../src/ledger/shown-url.ts';
import { town } from '../support/documents.ts';
import { answerTo, Workplace } from '../support/command-line.ts';

const variable = 'ISOLEDGER_TEST_URL';
afterEach(() => {
  delete process.env['ISOLEDGER_TEST_URL'];
});

async function withTown(place: Workplace): Promise<void> {
  const file = join(place.folder, 'town.yaml');
  writeFileSync(file, town);
  await place.succeed('apply', file);
}

describe('a ledger URL that is no argument', () => {
  it('in a file that a configuration names, is sought beside that; the path in it, where the command is given', async () => {
    using place = new Workplace();
    writeFileSync(join(place.folder, 'url.txt'), 'sqlite:no-such-folder/inner.db\n');
    const config = join(place.folder, 'config.yaml');
    writeFileSync(config, 'ledger: file:url.txt\n');
    const { code, err } = await answerTo(['--config', config, 'status']);
    expect([code, err]).toEqual([
      5,
      expect.stringContaining('there is no ledger at no-such-folder/inner.db'),
    ]);
  });

  it('is read from the environment, from a file, and for both ends of a copy', async () => {
    using place = new Workplace();
    await withTown(place);
    const root = await place.checkpoint();
    process.env[variable] = place.ledgerUrl;
    const file = join(place.folder, 'url');
    writeFileSync(file, `${place.ledgerUrl}\n`);
    const to = join(place.folder, 'to');
    writeFileSync(to, `sqlite:${join(place.folder, 'copy.db')}`);
    for (const reference of [`env:${variable}`, `file:${file}`]) {
      const answer = await place.run('--ledger', reference, 'checkpoint', '--json');
      expect([answer.code, JSON.parse(answer.out)]).toEqual([0, root]);
    }
    const copied = await place.succeed('ledger', 'copy', `env:${variable}`, `file:${to}`);
    expect(copied).toContain(`copied to  sqlite:${join(place.folder, 'copy.db')}`);
    const config = join(place.folder, 'config.yaml');
    writeFileSync(config, `ledger: file:${file}\n`);
    expect(await runOf(['--config', config, 'checkpoint', '--json'])).toMatchObject({ code: 0 });
  });

  it('is warned of once where it has a password that every account may read', async () => {
    using place = new Workplace();
    await withTown(place);
    const file = join(place.folder, 'url');
    const told = `isoledger: ${file} holds a password, and every account of this machine may read it`;
    const saidOf = async (text: string, mode: number): Promise<number> => {
      writeFileSync(file, text);
      chmodSync(file, mode);
      const { err } = await place.run('ledger', 'copy', `file:${file}`, `file:${file}`);
      return err.split(told).length - 1;
    };
    expect(await saidOf('esdb://user:secret@127.0.0.1:1?tls=false', 0o644)).toBe(1);
    expect(await saidOf('esdb://user:secret@127.0.0.1:1?tls=false', 0o640)).toBe(0);
    expect(await saidOf(place.ledgerUrl, 0o644)).toBe(0);
    const other = join(place.folder, 'config.yaml');
    writeFileSync(other, `ledger: file:${file}\n`);
    writeFileSync(file, 'esdb://user:secret@127.0.0.1:1?tls=false&maxDiscoverAttempts=1');
    for (const given of [
      ['--config', other],
      ['--ledger', `file:${file}`],
    ])
      expect((await runOf([...given, 'status'])).said.split(told)).toHaveLength(2);
    expect((await place.run('--ledger', 'file:/none/such', 'status')).err).not.toMatch(/holds a password/);
  });

  it.each([
    ['env:ISOLEDGER_TEST_URL', /the environment has no variable ISOLEDGER_TEST_URL/],
    ['file:/none/such', /file:\/none\/such cannot be read/],
    ['file:/dev/null', /file:\/dev\/null cannot be read: it is a device/],
  ])('is asked for where there is none: %s', async (reference, words) => {
    using place = new Workplace();
    for (const argv of [
      ['--ledger', reference, 'status'],
      ['ledger', 'copy', place.ledgerUrl, reference],
    ]) {
      const { code, err } = await place.run(...argv);
      expect([code, err]).toEqual([2, expect.stringMatching(words)]);
    }
  });
});

describe('a ledger URL that a configuration names', () => {
  const inFolder = (place: Workplace, ledger: string): string => {
    mkdirSync(join(place.folder, 'cfg', 'sub'), { recursive: true });
    const config = join(place.folder, 'cfg', 'f.yaml');
    writeFileSync(config, `# ours\nlogLevel: error\nledger: ${ledger}\n`);
    return config;
  };

  it('may stand in a file, whose path is relative to the configuration', async () => {
    using place = new Workplace();
    await withTown(place);
    const config = inFolder(place, 'file:url');
    writeFileSync(join(place.folder, 'cfg', 'url'), place.ledgerUrl);
    expect(await runOf(['--config', config, 'checkpoint'])).toMatchObject({ code: 0 });
  });

  it.each([
    ['env:ISOLEDGER_TEST_URL', 2, /the environment has no variable ISOLEDGER_TEST_URL/],
    ['"env:"', 2, /env: names nothing/],
    ['"file:"', 2, /file: names nothing/],
    ['file:none', 2, /file:.*none cannot be read/],
    ['file:sub', 2, /file:.*sub cannot be read/],
    ['mysql:foo', 2, /mysql:\.\.\. is no ledger URL/],
    ['sqlite:sub', 5, /sub/],
    ['esdb://127.0.0.1:1?tlsCAFile=x', 2, /cfg\/x/],
  ])('is found where it is wrong: %s', async (ledger, code, words) => {
    using place = new Workplace();
    const config = inFolder(place, ledger);
    for (const argv of [['status'], ['apply', place.folder]]) {
      const answer = await runOf(['--config', config, ...argv]);
      expect([ledger, answer.code]).toEqual([ledger, code]);
      expect(answer.said).toMatch(words);
      expect(answer.said.startsWith(`isoledger: ${config}:3: ledger: `)).toBe(true);
      const given = await runOf(['--config', config, '--ledger', 'nonsense', ...argv]);
      expect(given.said).toMatch(/^isoledger: nonsense is no ledger URL/);
    }
  });
});

async function runOf(argv: string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const io = {
    out: ({ text }: { text: string }) => void (said += text),
    err: ({ text }: { text: string }) => void (said += text),
    data: (json: string) => void (said += json),
    progress: () => undefined,
    errIsTerminal: false,
  };
  return { code: await run(argv, io), said };
}

describe('a password', () => {
  const url = 'esdb://ada:sesame@open@127.0.0.1:1?tls=false&maxDiscoverAttempts=1&ledger=BAD';

  it.each([
    ...[
      ['--ledger', url, 'status'],
      ['--ledger', url, 'doctor'],
      ['--ledger', url, 'status', '--json'],
    ],
    ...[[url], ['status', url], [`--ledgr=${url}`, 'status'], ['--ledger', url, 'status', '--at', url]],
    ...[
      ['ledger', 'copy', url, url],
      ['ledger', 'copy', `x${url}`, `y${url}`],
      ['--ledger', `env:${url}`, 'log'],
    ],
    ...[
      ['plan', url],
      ['--config', url, 'log'],
      ['--ledger', url, 'ledger', 'restore', '/dev/null'],
    ],
  ])('is in no complaint: %s %s %s %s', async (...argv) => {
    const { code, said } = await runOf(argv);
    expect(code).not.toBe(0);
    expect(said).not.toMatch(/sesame|open@/);
  });

  it('is cut out of any text, with all of its signs', () => {
    const said = (text: string): void => {
      expect(textWithoutSecrets(text)).toBe(text);
    };
    expect(textWithoutSecrets("no 'esdb://a:b@c:1' and esdb+discover://a:b@c@d?x: y")).toBe(
      "no 'esdb://c:1' and esdb+discover://d?...: y",
    );
    said('esdb://USER:PASSWORD@HOST:PORT?OPTIONS, sqlite:./a@b, sqlite:///home/a@b/l.db');
    said('esdb://h:1,i:2?tls=false&ledger=north: it, (esdb://h:1) esdb://HOST:PORT');
  });

  it('in a file that cannot be read is not guessed', async () => {
    using place = new Workplace();
    const file = join(place.folder, 'url');
    writeFileSync(file, `two words ${url}`);
    chmodSync(file, 0o600);
    const { code, err } = await place.run('--ledger', `file:${file}`, 'log');
    expect([code, err]).toEqual([2, expect.stringMatching(/on one line, and nothing else/)]);
    expect(err).not.toContain('sesame');
  });
});
