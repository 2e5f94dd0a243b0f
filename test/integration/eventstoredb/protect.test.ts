import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AccessDeniedError, EventStoreDBClient } from '@eventstore/db-client';
import { expect, it, onTestFinished } from 'vitest';
import { openEventStoreLedger } from '../../../src/ledger/eventstoredb/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { startEventStore } from '../../doubles/eventstoredb/event-store.ts';
import { selfSignedCertificate } from '../../doubles/eventstoredb/self-signed-certificate.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

const program = new URL('../../../infra/eventstoredb/protect.js', import.meta.url).pathname;

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

function protect(...argv: string[]): Promise<{ failed: boolean; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...argv], (error, out, err) => {
      resolve({ failed: error !== null, out, err });
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
    failed: false,
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
  expect((await protect(as('admin'))).out).toContain(`${stream}: protected; taken away: maxCount`);
  expect((await admin.getStreamMetadata(stream)).metadata).not.toHaveProperty('maxCount');
  expect((await protect(as('admin'))).out).toContain(`${stream}: protected already`);
});

it('keeps the defaults of a server unless told to replace them', async () => {
  const as = await guarded();
  expect((await protect(as('admin'), '--default')).out).toContain('default: set\n');
  expect((await protect(as('admin'), '--default')).out).toContain('default: set already');
  expect(await protect(as('admin'), '--default', '--role', 'ledgers')).toMatchObject({ failed: true });
  expect(await protect(as('admin'), '--default', '--role', 'ledgers', '--replace')).toMatchObject({
    failed: false,
  });
});
