import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AccessDeniedError, EventStoreDBClient } from '@eventstore/db-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEventStoreLedger } from '../../../src/ledger/eventstoredb/ledger.ts';
import { LedgerForked } from '../../../src/ledger/faults.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { startEventStore } from '../../doubles/eventstoredb/event-store.ts';
import { placed, tester } from '../../doubles/facts.ts';
import { selfSignedCertificate } from '../../doubles/eventstoredb/self-signed-certificate.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

const program = new URL('../../../infra/eventstoredb/protect.ts', import.meta.url).pathname;

/** A server with users; gives the URL of one of them. */
async function guarded(): Promise<(user: string) => string> {
  const tls = selfSignedCertificate();
  const server = await startEventStore({ tls, users: { admin: 'a', isoledger: 'i', other: 'o' } });
  onTestFinished(() => server.stop());
  const authority = join(temporaryFolder(), 'ca.crt');
  writeFileSync(authority, tls.certificate);
  return (user) =>
    `${server.url.replace('://', `://${user}:${user.slice(0, 1)}@`)}&tlsCAFile=${authority}&ledger=prod`;
}

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function protect(...argv: string[]): Promise<Answer> {
  return protectIn({}, ...argv);
}

function protectIn(variables: Readonly<Record<string, string>>, ...argv: string[]): Promise<Answer> {
  const env = { ...process.env, ...variables };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...argv], { env }, (error, out, err) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ code, out, err });
    });
  });
}

function clientOf(url: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url.replace('&ledger=prod', ''));
  onTestFinished(() => client.dispose());
  return client;
}

async function newLedger(url: string): Promise<string> {
  const ledger = await openEventStoreLedger({ url, create: true, clock: systemClock, ids: randomIds });
  await ledger.close();
  return ledger.id;
}

it('leaves a ledger to its role, and deleting to admins', async () => {
  const as = await guarded();
  const id = await newLedger(as('isoledger'));
  const streams = ['isoledger:prod', `isoledger-${id}`];
  expect(await protect(as('admin'))).toMatchObject({
    code: 0,
    out: `${streams[0] ?? ''}: protected\n${streams[1] ?? ''}: protected\n`,
  });
  const other = openEventStoreLedger({ url: as('other'), create: false, clock: systemClock, ids: randomIds });
  await expect(other).rejects.toThrow('denies access');
  await expect(clientOf(as('isoledger')).deleteStream('isoledger:prod')).rejects.toBeInstanceOf(
    AccessDeniedError,
  );
  expect(await newLedger(as('isoledger'))).toBe(id);
});

it('takes away what lets the server forget, and says so', async () => {
  const as = await guarded();
  const stream = `isoledger-${await newLedger(as('isoledger'))}`;
  const admin = clientOf(as('admin'));
  await admin.setStreamMetadata(stream, { maxCount: 10 });
  expect((await protect(as('admin'))).out).toContain(`${stream}: protected; taken away: $maxCount`);
  expect((await admin.getStreamMetadata(stream)).metadata).not.toHaveProperty('maxCount');
  expect((await protect(as('admin'))).out).toContain(`${stream}: protected already`);
});

it('keeps the defaults of a server unless told to replace them', async () => {
  const as = await guarded();
  expect((await protect(as('admin'), '--default')).out).toContain('default: set\n');
  expect((await protect(as('admin'), '--default')).out).toContain('default: set already');
  const refused = await protect(as('admin'), '--default', '--role', 'ledgers');
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('there are defaults already')]);
  expect(await protect(as('admin'), '--default', '--role', 'ledgers', '--replace')).toMatchObject({
    code: 0,
  });
});

it('takes the URL from the environment, where nobody else reads its password', async () => {
  const as = await guarded();
  await newLedger(as('isoledger'));
  const { code, out } = await protectIn({ ISOLEDGER_ADMIN_URL: as('admin') });
  expect([code, out]).toEqual([0, expect.stringContaining('isoledger:prod: protected\n')]);
});

it.each([
  ['the pointer stream', (): string => 'isoledger:prod'],
  ['the stream of the entries', (id: string): string => `isoledger-${id}`],
])('given that %s was deleted, brings it back with all that it held', async (_, streamOf) => {
  const as = await guarded();
  const id = await newLedger(as('isoledger'));
  const open = { url: as('isoledger'), create: false, clock: systemClock, ids: randomIds };
  const before = await openEventStoreLedger(open);
  await before.append({ events: [placed('acme'), placed('globex')], actor: tester });
  const head = await before.head();
  await before.close();
  await clientOf(as('admin')).deleteStream(streamOf(id));
  await expect(openEventStoreLedger(open)).rejects.toBeInstanceOf(LedgerForked);
  const { code, out } = await protect(as('admin'));
  expect([code, out]).toEqual([0, expect.stringContaining(`${streamOf(id)}: protected; taken away: $tb`)]);
  const after = await openEventStoreLedger(open);
  onTestFinished(() => after.close());
  expect(await after.head()).toEqual(head);
});

it('given a pointer stream that was deleted for good, says so', async () => {
  const as = await guarded();
  await newLedger(as('isoledger'));
  await clientOf(as('admin')).tombstoneStream('isoledger:prod');
  const { code, err } = await protect(as('admin'));
  expect([code, err]).toEqual([6, expect.stringMatching(/^protect\.ts: stream isoledger:prod .* for good/)]);
});

it('given the name of no ledger, sets nothing; by default only where that is asked for', async () => {
  const as = await guarded();
  const nobody = as('admin').replace('=prod', '=nobody');
  const { code, out, err } = await protect(nobody);
  expect([code, out, err]).toEqual([
    5,
    '',
    expect.stringMatching(/^protect\.ts: there is no ledger on .*=nobody/),
  ]);
  const byDefault = await protect(nobody, '--default');
  expect([byDefault.code, byDefault.out]).toEqual([
    0,
    expect.stringMatching(/^default: set\nthere is no ledger on .* yet: /),
  ]);
  expect(await clientOf(as('admin')).getStreamMetadata('isoledger:nobody')).not.toHaveProperty('metadata');
});

describe('what cannot be done', () => {
  it.each<[string, string[], number, RegExp]>([
    ['no URL', [], 2, /^protect\.ts: usage: /],
    ['two of them', ['esdb://ada:s3cret@a', 'esdb://ada:s3cret@b'], 2, /^protect\.ts: usage: /],
    ['an unknown option', ['--frob'], 2, /^protect\.ts: Unknown option '--frob'\nusage: /],
    ['a URL of something else', ['http://ada:s3cret@host'], 2, /cannot be read/],
    ['a URL without its beginning', ['ada:s3cret@host:2113'], 2, /cannot be read/],
    ['a URL without its host', ['esdb://ada:s3cret'], 2, /cannot be read/],
    ['a file that is not there', ['esdb://ada:s3cret@host?tlsCAFile=/no/ca.crt'], 2, /no file \/no\/ca\.crt/],
    [
      'no server',
      ['esdb://ada:s3cret@127.0.0.1:1?tls=false'],
      5,
      /127\.0\.0\.1:1\?tls=false does not answer/,
    ],
  ])(
    'given %s, is said in a few lines, without a password',
    async (_, argv, expected, words) => {
      const { code, out, err } = await protectIn({ ISOLEDGER_ADMIN_URL: '' }, ...argv);
      expect([code, out, err]).toEqual([expected, '', expect.stringMatching(words)]);
      expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
      expect(err).not.toContain('s3cret');
    },
    30_000,
  );

  it('given a wrong password, is said so', async () => {
    const as = await guarded();
    await newLedger(as('isoledger'));
    const { code, err } = await protect(as('admin').replace('admin:a', 'admin:s3cret'));
    expect([code, err]).toEqual([5, expect.stringMatching(/^protect\.ts: .* denies access/)]);
    expect(err).not.toContain('s3cret');
  });
});
