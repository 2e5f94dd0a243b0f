import { AccessDeniedError, EventStoreDBClient } from '@eventstore/db-client';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startEventStore } from '../../doubles/eventstoredb/event-store.ts';
import { selfSignedCertificate } from '../../doubles/eventstoredb/self-signed-certificate.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { clientOf, event, readAll } from './connected.ts';

/** Gives a client that is who it is told to be: credentials go over TLS only. */
async function guarded(): Promise<(credentials?: string) => EventStoreDBClient> {
  const tls = selfSignedCertificate();
  const server = await startEventStore({
    tls,
    users: { admin: 'changeit', writer: 'se:cret', guest: 'guest' },
  });
  onTestFinished(() => server.stop());
  const authority = join(temporaryFolder(), 'authority.crt');
  writeFileSync(authority, tls.certificate);
  return (credentials) =>
    clientOf(
      `${credentials === undefined ? server.url : server.url.replace('://', `://${credentials}@`)}&tlsCAFile=${authority}`,
    );
}

it('speaks TLS, and lets in who has a password', async () => {
  const client = (await guarded())('writer:se%3Acret');
  await client.appendToStream('counts', event(1));
  const credentials = { username: 'admin', password: 'changeit' };
  await client.appendToStream('counts', event(2), { credentials });
  expect(await readAll(client, 'counts')).toEqual(['0:1', '1:2']);
  await client.deleteStream('counts');
});

it.each([
  ['nobody', undefined],
  ['a wrong password', 'writer:guest'],
  ['an unknown name', 'other:guest'],
])('refuses %s', async (_who, credentials) => {
  const client = (await guarded())(credentials);
  await expect(client.appendToStream('counts', event(1))).rejects.toBeInstanceOf(AccessDeniedError);
  await expect(readAll(client, 'counts')).rejects.toBeInstanceOf(AccessDeniedError);
  await expect(client.deleteStream('counts')).rejects.toBeInstanceOf(AccessDeniedError);
});

it('goes by the access list of a stream', async () => {
  const as = await guarded();
  const writer = as('writer:se%3Acret');
  await writer.appendToStream('counts', event(1));
  await writer.setStreamMetadata('counts', {
    acl: {
      readRoles: ['$all'],
      writeRoles: ['writer'],
      deleteRoles: ['$admins'],
      metaReadRoles: [],
      metaWriteRoles: [],
    },
  });
  await writer.appendToStream('counts', event(2));
  expect(await readAll(as(), 'counts')).toHaveLength(2);
  const guest = as('guest:guest');
  expect(await readAll(guest, 'counts')).toHaveLength(2);
  await expect(guest.appendToStream('counts', event(3))).rejects.toBeInstanceOf(AccessDeniedError);
  await expect(writer.deleteStream('counts')).rejects.toBeInstanceOf(AccessDeniedError);
  await as('admin:changeit').deleteStream('counts');
});
