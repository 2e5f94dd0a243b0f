import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { answerTo, Workplace } from '../support/command-line.ts';

const variable = 'ISOLEDGER_TEST_URL';
afterEach(() => {
  delete process.env['ISOLEDGER_TEST_URL'];
  delete process.env['ISOLEDGER_LEDGER'];
});

type Place = (password: string) => string;

/** Where somebody may put a password in what is to be a ledger URL, rightly or not, so that it is refused. */
const refused: readonly Place[] = [
  (password) => `esdb://127.0.0.1:1?tls=false&password=${password}`,
  (password) => `esdb://h:1?maxDiscoverAttempts=${password}`,
  (password) => `esdb://h:1?connectionName=${password}&ledger=UP`,
  (password) => `esdb://h:1?tls=${password}`,
  (password) => `esdb://h:1?nodePreference=${password}`,
  (password) => `esdb://ada:${password}@h:1?frob=1`,
  (password) => `esdb://ada:${password}@h:port?tls=maybe`,
  (password) => `esdb://ada:${password}@h?ledger=UP`,
  (password) => `esdb:ada:${password}@h:1`,
  (password) => `esdb://ada:${password}@h:1?tlsCAFile=/etc/ca.crt&frob=1`,
  (password) => `sqlite:esdb:ada:${password}@h:1`,
  (password) => `ESDB://ada:${password}@h:1`,
  (password) => `ESDB://h:1?password=${password}`,
  (password) => `http://ada:${password}@h`,
  (password) => `ada:${password}@h:1`,
  (password) => `sqlite://ada:${password}@h/db`,
  (password) => `sqlite:esdb://ada:${password}@h:1`,
  (password) => `SQLITE://ada:${password}@h/db`,
];

/** The same where what follows an `@` in it is taken for a host by everybody. */
const withoutHost: readonly Place[] = [
  (password) => `esdb://127.0.0.1:1?${password}`,
  (password) => `esdb://127.0.0.1:1?frob${password}=1`,
  (password) => `esdb://ada:${password}?tls=maybe`,
  (password) => `esdb://h/${password}?frob=1`,
  (password) => `esdb://h:1/${password}?frob=1`,
  (password) => `esdb://h#${password}?frob=1`,
  (password) => `http://ada:${password}`,
  (password) => `ada:${password}`,
  (password) => `sqlite://ada:${password}`,
];

/** The same where a server is asked: nothing listens there. */
const unanswered: readonly Place[] = [
  (password) => `esdb://ada:${password}@127.0.0.1:1?tls=false&maxDiscoverAttempts=1`,
  (password) => `esdb://127.0.0.1:1?tls=false&connectionName=${password}`,
  (password) => `esdb://127.0.0.1:1/${password}?tls=false`,
  (password) => `esdb://127.0.0.1/${password}?tls=false`,
];

/** Its begin and its end are in no other word. */
const password = fc
  .string({
    unit: fc.constantFrom(
      'a',
      'Z',
      '0',
      '-',
      '_',
      '.',
      '~',
      '%',
      '!',
      '$',
      '*',
      '+',
      ';',
      '/',
      ':',
      '?',
      '@',
      '=',
    ),
    minLength: 1,
    maxLength: 12,
  })
  .map((text) => `xJqQ${text}QJqx`);

const urls = fc.oneof(
  fc.record({ urlWith: fc.constantFrom(...refused), secret: password }),
  fc.record({
    urlWith: fc.constantFrom(...withoutHost),
    secret: password.map((text) => text.replaceAll('@', '')),
  }),
);

/** The ways to name a ledger, and the commands that do something else with its name. */
const commands = (given: { url: string; config: string; file: string }): string[][] => [
  ...['status', 'doctor', 'checkpoint'].flatMap((command) => [
    ['--ledger', given.url, command],
    ['--ledger', `env:${variable}`, command],
    ['--config', given.config, command, '--json'],
  ]),
  ['doctor', '--json'],
  ['--ledger', given.url, 'ledger', 'restore', given.file],
  ['--ledger', given.url, 'ledger', 'backup', `${given.file}.backup`],
  ['ledger', 'copy', given.url, `env:${variable}`],
  ['ledger', 'copy', `env:${variable}`, `sqlite:${given.file}.copy`],
  // What is given in the place of something else is known for a URL by its scheme alone.
  ...(given.url.includes('://')
    ? [
        ['plan', given.url],
        ['status', given.url],
      ]
    : []),
  ...(/^(?:[a-z]+:\/\/|esdb:)/i.test(given.url)
    ? [
        ...['backup', 'restore'].map((verb) => ['ledger', verb, given.url]),
        ...['init', 'apply', 'walk'].map((command) => [command, given.url]),
        ['--config', given.url, 'status'],
      ]
    : []),
];

it('no command shows a password, wherever it stands in what is to be a ledger URL', async () => {
  using place = new Workplace();
  const [config, file] = [join(place.folder, 'config.yaml'), join(place.folder, 'file')];
  writeFileSync(file, '');
  await fc.assert(
    fc.asyncProperty(urls, fc.nat(), async ({ urlWith, secret }, which) => {
      const url = urlWith(secret);
      process.env[variable] = url;
      process.env['ISOLEDGER_LEDGER'] = url;
      writeFileSync(config, `ledger: ${JSON.stringify(url)}\n`);
      const all = commands({ url, config, file });
      const argv = all[which % all.length] ?? [];
      const { out, err } = await answerTo(argv);
      expect([argv, `${out}${err}`]).not.toEqual([argv, expect.stringMatching(/xJqQ|QJqx/)]);
    }),
    {
      numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 120),
      examples: [...refused, ...withoutHost].flatMap((urlWith) =>
        [0, 3, 10].map((which): [{ urlWith: Place; secret: string }, number] => [
          { urlWith, secret: 'xJqQs3cretQJqx' },
          which,
        ]),
      ),
    },
  );
}, 120_000);

it('nor does one that asks a server, which does not answer', async () => {
  const commands = [['status'], ['doctor', '--json'], ['ledger', 'backup', '/none/such/file']];
  const asked = unanswered.flatMap((urlWith) =>
    commands.map((command) => answerTo(['--ledger', urlWith('xJqQs3cretQJqx'), ...command])),
  );
  for (const { code, out, err } of await Promise.all(asked)) {
    expect(code).not.toBe(0);
    expect(`${out}${err}`).not.toMatch(/xJqQ|QJqx/);
  }
}, 120_000);

it('what a variable or a file holds that is no ledger URL is not shown at all', async () => {
  process.env[variable] = 'xJqQ';
  for (const argv of [
    ['--ledger', `env:${variable}`, 'status'],
    ['ledger', 'copy', `env:${variable}`, 'sqlite:none.db'],
  ]) {
    const { code, err } = await answerTo(argv);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/env:ISOLEDGER_TEST_URL: what stands there is no ledger URL; .*sqlite:PATH/),
    ]);
    expect(err).not.toContain('xJqQ');
  }
});

it.each([
  ['', /the variable ISOLEDGER_TEST_URL is blank/],
  ['esdb://a:b@x y:1', /the variable ISOLEDGER_TEST_URL holds white space, and a ledger URL has none/],
])('a variable that is set to %j is not said to be missing', async (url, words) => {
  process.env[variable] = url;
  const { code, err } = await answerTo(['--ledger', `env:${variable}`, 'status']);
  expect([code, err]).toEqual([2, expect.stringMatching(words)]);
});

it.each([
  [
    'ISOLEDGER_LEDGER',
    '',
    /^isoledger: ISOLEDGER_LEDGER is blank; it may be a ledger URL: set it, or unset it/,
  ],
  ['ISOLEDGER_LEDGER', ' ', /^isoledger: ISOLEDGER_LEDGER is blank/],
  ['ISOLEDGER_LEDGER', 'nonsense', /^isoledger: ISOLEDGER_LEDGER: nonsense is no ledger URL/],
  ['ISOLEDGER_CONFIG', '', /^isoledger: ISOLEDGER_CONFIG is blank/],
  ['ISOLEDGER_LOG', '', /^isoledger: ISOLEDGER_LOG is blank; it may be debug/],
])('a complaint about $%s as %j names it', async (name, value, words) => {
  process.env[name] = value;
  try {
    const { code, err } = await answerTo(['status']);
    expect([code, err]).toEqual([2, expect.stringMatching(words)]);
  } finally {
    Reflect.deleteProperty(process.env, name);
  }
});
