import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { answerTo, Workplace } from '../support/command-line.ts';
import { marks, planted } from '../support/credentials.ts';
import { town } from '../support/documents.ts';
import { everyCommand, type Leaf } from '../support/every-command.ts';
import { withOneChanged } from '../support/one-changed.ts';

const numRuns = Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 8);

/** Values with which a command gets as far as it can, where another one has the password. */
const sensible: Readonly<Record<string, string>> = {
  ...{ tenant: 'acme', end: 'acme', from: 'acme/web', to: 'globex/app', a: 'acme', b: 'globex' },
  ...{ shard: 'shard-1', 'proto/port': 'tcp/443', external: 'partner', 'from-endpoint': 'acme/web-1' },
  ...{ packet: '{"src":"10.1.0.1","dst":"10.2.0.1","protocol":"icmp"}', shell: 'bash', time: 'now' },
};

/** Every section, with each key that holds a text; nothing listens where it leads to. */
const config = {
  ...{ ledger: 'sqlite:none.db', logLevel: 'warn' },
  ...{ switchKey: 'k.pem', switchCertificate: 'c.pem', switchCa: 'ca.pem' },
  serve: { roles: ['clock'] },
  nats: { servers: ['127.0.0.1:1'], credentialsFile: 'creds', ca: 'ca', certificate: 'c', privateKey: 'k' },
  sinks: {
    a: { kind: 'file', path: 'none/events.ndjson', format: 'cef' },
    b: { kind: 'webhook', url: 'https://127.0.0.1:1/x', secretFile: 'secret', ca: 'ca' },
    c: { kind: 'syslog', address: '127.0.0.1:1', ca: 'ca', certificate: 'c', privateKey: 'k' },
    d: { kind: 'hec', url: 'https://127.0.0.1:1', tokenFile: 'token', index: 'i', source: 's' },
    e: { kind: 'elasticsearch', url: 'https://127.0.0.1:1', index: 'i', apiKeyFile: 'key' },
  },
  http: { listen: '127.0.0.1:1', tlsKeyFile: 'k', tlsCertificateFile: 'c', tokenFile: 't' },
};

describe('a password that is planted', () => {
  const place = new Workplace();
  const documents = join(place.folder, 'documents');
  beforeAll(async () => {
    mkdirSync(documents);
    writeFileSync(join(documents, 'town.yaml'), town);
    await place.succeed('apply', documents);
    await place.succeed('sync');
  });
  afterAll(() => {
    place[Symbol.dispose]();
  });

  const expectHidden = ({ out, err }: { out: string; err: string }, what: unknown): void => {
    expect([what, `${out}${err}`]).not.toEqual([what, expect.stringMatching(marks)]);
  };

  const valueOf = (called: string): string =>
    /^(dir|estate|change)$/.test(called)
      ? documents
      : called === 'file'
        ? join(place.folder, 'none.db')
        : (sensible[called] ?? 'acme');

  /** Every place of a command that takes a text: each argument, one too many, each option, and a word for an option. */
  const linesWith = ({ path, command }: Leaf, text: string): string[][] => {
    const given = command.registeredArguments.map((argument) => valueOf(argument.name()));
    const shard = command.options.some(({ mandatory }) => mandatory) ? ['--shard', 'shard-1'] : [];
    return [
      ...given.map((_one, index) => [...given.with(index, text), ...shard]),
      [...given, text, ...shard],
      [...given, `--${text}`],
      ...command.options
        .filter(({ required, optional }) => required || optional)
        .map(({ long }) => [...given, long ?? '', text, ...(long === '--shard' ? [] : shard)]),
    ].map((rest) => [...path, ...rest]);
  };

  it.each(everyCommand.map((leaf) => [leaf.path.join(' '), leaf] as const))(
    'in any argument or option of %s is not shown',
    async (_name, leaf) => {
      const count = linesWith(leaf, '').length;
      await fc.assert(
        fc.asyncProperty(planted, fc.boolean(), async (text, isJson) => {
          for (let which = 0; which < count; which += 1) {
            // What is recorded on purpose, as a reason is, stands in the entries: see below.
            const argv = [...(linesWith(leaf, text)[which] ?? []), ...(isJson ? ['--json'] : [])];
            expectHidden(await place.run(...argv), argv);
          }
        }),
        { numRuns: Math.min(numRuns, 3) },
      );
    },
    60_000,
  );

  it('in a reason that was recorded is not shown by what people read, and is exact in the entries', async () => {
    const reason = 'by https://bob:xJqQs3cretQJqx@h/x, ada@example.com agrees';
    using own = new Workplace();
    await own.succeed('apply', documents, '--reason', reason);
    await own.succeed('quarantine', 'globex', '--reason', reason, '--no-wait');
    for (const argv of [
      ['log'],
      ['status'],
      ['blame', 'acme'],
      ['explain', 'acme/web', 'globex/app', 'tcp/443'],
    ])
      expectHidden(await own.run(...argv), argv);
    for (const argv of [['status'], ['blame', 'acme']]) expectHidden(await own.run(...argv, '--json'), argv);
    for (const argv of [['log', '--json'], ['tail']]) expect(await own.succeed(...argv)).toContain(reason);
  });

  it('in any field of a document, or a key, is not shown', async () => {
    const whole = parseAllDocuments(town).map((one) => z.unknown().parse(one.toJS()));
    const folder = join(place.folder, 'planted');
    mkdirSync(folder);
    const count = whole.flatMap((document) => [...withOneChanged(document, '')]).length;
    await fc.assert(
      fc.asyncProperty(planted, fc.nat(count - 1), fc.boolean(), async (text, which, isJson) => {
        const changes = whole.flatMap((document, at) =>
          [...withOneChanged(document, text)].map((changed) => whole.with(at, changed)),
        );
        const files = (changes[which] ?? []).map((one) => JSON.stringify(one)).join('\n---\n');
        writeFileSync(join(folder, 'all.yaml'), files);
        expectHidden(await place.run('plan', folder, ...(isJson ? ['--json'] : [])), files);
      }),
      { numRuns: numRuns * 12 },
    );
  }, 120_000);

  it('in any key or value of a configuration is not shown, and refused as a path with its key and line', async () => {
    const file = join(place.folder, 'planted-config.yaml');
    const count = [...withOneChanged(config, '')].length;
    const commands = [['status'], ['sinks', 'list'], ['config', 'check'], ['config', 'check', '--json']];
    await fc.assert(
      fc.asyncProperty(planted, fc.nat(count - 1), fc.nat(3), async (text, which, asked) => {
        const written = stringify([...withOneChanged(config, text)][which]);
        writeFileSync(file, written);
        const argv = ['--ledger', place.ledgerUrl, '--config', file, ...(commands[asked] ?? [])];
        expectHidden(await answerTo(argv), written);
      }),
      { numRuns: numRuns * 12 },
    );
  }, 120_000);

  it.each([
    ['switchKey: URL\n', 'status', ':1: switchKey: '],
    ['\nsinks: { a: { kind: file, path: URL } }\n', 'config check', ':2: sinks.a.path: '],
    [
      'sinks: { a: { kind: webhook, url: "https://h", secretFile: URL } }\n',
      'config check',
      ':1: sinks.a.secretFile: ',
    ],
    ['nats: { servers: ["h:1"], credentialsFile: URL }\n', 'config check', ':1: nats.credentialsFile: '],
    ['http: { listen: "127.0.0.1:1", tokenFile: URL }\n', 'config check', ':1: http.tokenFile: '],
  ])('%j is refused by its key', async (text, command, key) => {
    const file = join(place.folder, 'refused.yaml');
    for (const url of ['esdb://bob:xJqQQJqx@h', 'x/esdb:/bob:xJqQQJqx@h', 'bob:xJqQQJqx@h:1']) {
      writeFileSync(file, text.replace('URL', JSON.stringify(url)));
      const { code, err } = await place.run('--config', file, ...command.split(' '));
      expect([code, err]).toEqual([2, expect.stringContaining(`${file}${key}a path is asked for`)]);
      expect(err).not.toMatch(marks);
    }
  });
});
