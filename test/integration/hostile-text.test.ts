import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { draftOf } from '../../events/draft.ts';
import { open } from '../../src/compose/workspace.ts';
import { everyCommand, type Leaf } from '../support/every-command.ts';
import type { Answer } from '../support/answer-by.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { withOneChanged } from '../support/one-changed.ts';

/** One of each kind of character that steers a terminal or hides, and a line that pretends to be the program's own. */
const hostile =
  'x\u001b[2J\u0007\r\b\u0000\u007f\u009b31m\u202e\u2066\u200f\u061c\u200b\ufeff\u2028\u2029\u{e0041}\u00ad\ud800\nFORGED row\n(Did you mean FORGED?)';
/** The same without what no name of a file can have. */
const hostileName = hostile.replaceAll(/[\u0000\ud800/]/gu, '');
/** The same without half a character, for the text of files. */
const hostileText = hostile.replace('\ud800', '');

const raw = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

function expectSafe(answer: Answer, what: string): void {
  for (const [stream, text] of Object.entries({ out: answer.out, err: answer.err })) {
    expect(raw.exec(text.replaceAll('\n', ' ')), `${what}: ${stream}: ${JSON.stringify(text)}`).toBeNull();
    expect(text, `${what}: ${stream}`).not.toMatch(/^\(?(Did you mean )?FORGED/m);
  }
  expect(answer.code, what).not.toBe(70);
}

const logged = z.object({ entries: z.array(z.object({ reason: z.string().optional() })) });

/** Values that make a command get as far as it can, where another one is the hostile one. */
const sensible: Readonly<Record<string, string>> = {
  ...{ tenant: 'acme', end: 'acme', from: 'acme/web', to: 'globex/app', a: 'acme', b: 'globex' },
  ...{ shard: 'shard-1', 'proto/port': 'tcp/443', external: 'partner', 'from-endpoint': 'acme/web-1' },
  ...{ packet: '{"src":"10.1.0.1","dst":"10.2.0.1","protocol":"icmp"}', shell: 'bash', time: 'now' },
};

describe('hostile text', () => {
  const place = new Workplace();
  const documents = join(place.folder, 'documents');

  beforeAll(async () => {
    mkdirSync(documents);
    writeFileSync(join(documents, 'town.yaml'), town);
    await place.succeed('apply', documents);
    await place.succeed('sync');
    await recordedWith(hostileText);
  });
  afterAll(() => {
    place[Symbol.dispose]();
  });

  /** No option takes such a reason; an entry of an earlier version, or of another program, may have it. */
  const recordedWith = async (reason: string): Promise<void> => {
    const { ledger } = await open(place.ledgerUrl, { create: false });
    const actor = { name: 'ada', authenticated: 'os-user' } as const;
    for (const type of ['TenantQuarantined', 'TenantReleased'] as const)
      await ledger.append({ events: [draftOf({ type, data: { tenant: 'globex' } })], actor, reason });
    await ledger.close();
  };

  /** What stands for an argument: files lie in a folder of their own. */
  const valueOf = (called: string): string => {
    const inFolder: Readonly<Record<string, string>> = {
      dir: documents,
      estate: documents,
      change: documents,
      file: join(place.folder, 'none.db'),
    };
    return inFolder[called] ?? sensible[called] ?? 'acme';
  };
  const hostileFor = (called: string): string =>
    /^(dir|estate|change|file)$/.test(called) ? join(place.folder, hostileName) : hostile;

  const argumentsOf = ({ command }: Leaf): string[] =>
    command.registeredArguments.map((argument) => valueOf(argument.name()));

  it.each(everyCommand.map((leaf) => [leaf.path.join(' '), leaf] as const))(
    'in any argument or option of %s never reaches the terminal as it is',
    async (name, leaf) => {
      const given = argumentsOf(leaf);
      const asked: string[][] = [
        [...leaf.path, ...given, hostile],
        [...leaf.path, ...given, `--${hostile}`],
        [...leaf.path, ...given, `-${hostile}`],
        ...leaf.command.registeredArguments.map((argument, index) => [
          ...leaf.path,
          ...given.with(index, hostileFor(argument.name())),
        ]),
        ...leaf.command.options
          .filter(({ required, optional }) => required || optional)
          .map(({ long }) => [...leaf.path, ...given, long ?? '', hostile]),
      ];
      const shard = leaf.command.options.some(({ mandatory }) => mandatory) ? ['--shard', 'shard-1'] : [];
      for (const argv of asked)
        for (const more of [[], ['--json']])
          expectSafe(
            await place.run(...argv, ...(argv.includes('--shard') ? [] : shard), ...more),
            `${name} ${JSON.stringify(argv)}`,
          );
    },
  );

  it('in the name of a command, a ledger or a configuration', async () => {
    const config = join(place.folder, 'hostile.yaml');
    writeFileSync(config, '"\\u001b[31m": 1\n');
    for (const argv of [
      [hostile],
      ['help', hostile],
      ['--ledger', hostile, 'status'],
      ['--ledger', `sqlite:${join(place.folder, hostileName)}`, 'status'],
      ['--ledger', `sqlite:${join(place.folder, hostileName)}`, 'doctor'],
      ['--config', join(place.folder, hostileName), 'status'],
      ['--config', config, 'status'],
      ['ledger', 'copy', place.ledgerUrl, `sqlite:${join(place.folder, hostileName, 'x')}`],
    ])
      expectSafe(await place.run(...argv), JSON.stringify(argv));
  });

  it('that was recorded is shown on one line, and whole in JSON', async () => {
    for (const argv of [
      ['log'],
      ['blame', 'acme'],
      ['blame', 'globex'],
      ['explain', 'acme/web', 'globex/app', 'tcp/443'],
      ['diff', 'seq:0', 'now'],
      ['status'],
      ['verify'],
      ['tail', '--format', 'cloudevents'],
    ])
      for (const more of [[], ['--json']]) expectSafe(await place.run(...argv, ...more), argv.join(' '));
    const rows = (await place.succeed('log')).trimEnd().split('\n');
    const { entries } = logged.parse(JSON.parse(await place.succeed('log', '--json')));
    expect(rows).toHaveLength(entries.length + 1);
    expect(entries.some(({ reason }) => reason === hostileText)).toBe(true);
  });

  it('in any field of a document, its keys, and the names of files and folders', async () => {
    const policy = `
---
kind: Policy
tenant: acme
egress: [{ destination: globex/app, ports: [443], protocol: tcp, segment: web, guard: A, from: "2030-01-01T00:00:00Z" }]
qos: { egressMbps: 10 }`;
    const folder = join(place.folder, 'named', hostileName);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${hostileName}.yaml`);
    const whole = parseAllDocuments(`${town}${policy}`).map((one) => z.unknown().parse(one.toJS()));
    let asked = 0;
    for (const [at, document] of whole.entries()) {
      for (const changed of withOneChanged(document, hostileText)) {
        writeFileSync(
          file,
          whole.map((one, index) => JSON.stringify(index === at ? changed : one)).join('\n---\n'),
        );
        expectSafe(
          await place.run('plan', folder, ...(asked % 2 === 0 ? ['--json'] : [])),
          JSON.stringify(changed),
        );
        asked += 1;
      }
    }
    expect(asked).toBeGreaterThan(100);
    for (const text of [
      `a: "\u001b[31m\n`,
      `\u001b]0;t\u0007: 1\n`,
      `!\u202eevil x\n`,
      `&\u200ba [*\u200ba, *b]\n`,
    ]) {
      writeFileSync(file, text);
      expectSafe(await place.run('plan', folder), text);
      expectSafe(await place.run('apply', folder), text);
    }
  });

  it('in what hosts hold', async () => {
    const overlay = `${place.ledgerPath}.d/overlay/shard-1`;
    const [host = ''] = readdirSync(overlay);
    const file = join(overlay, host);
    const held = readFileSync(file, 'utf8');
    const [head = '', ...lines] = held.split('\n');
    const withHead = (more: object): string =>
      [JSON.stringify({ ...z.looseObject({}).parse(JSON.parse(head)), ...more }), ...lines].join('\n');
    for (const text of [
      hostileText,
      withHead({ ledger: hostileText }),
      withHead({ [hostileText]: hostileText }),
      held.replace(/"(hv-\d|acme\/web)"/g, JSON.stringify(hostileText)),
      head + '\n' + lines.join('\n').replace(/"(hv-\d|acme\/web)"/g, JSON.stringify(hostileText)),
      held + JSON.stringify(hostileText),
    ]) {
      writeFileSync(file, text);
      for (const argv of [['doctor'], ['sync'], ['status'], ['rebuild', '--shard', 'shard-1', '--dry-run']])
        expectSafe(await place.run(...argv), `${argv.join(' ')} with ${text}`);
    }
  });
});
