import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { syslogSink } from '../../../../src/siem/sinks/syslog/sink.ts';
import { Authority, openssl } from '../../../support/certificates.ts';
import { describeNeeding } from '../../../support/needs.ts';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: string | AddressInfo | null = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** The types of the TLS records in what was sent, in order. */
function recordTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3))
    types.push(bytes.readUInt8(at));
  return types;
}

describeNeeding([openssl], 'a sink of syslog by TLS', () => {
  it('says that it ends, so that a receiver can tell that from a connection that was cut', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
    const { privateKey, certificate, caCertificate } = new Authority(folder, 'town').sign(
      'server',
      'IP:127.0.0.1',
    );
    const received = Promise.withResolvers<undefined>();
    // By TLS 1.3 the type of such a record is not to be seen from outside.
    const server = createTlsServer(
      { key: readFileSync(privateKey), cert: readFileSync(certificate), maxVersion: 'TLSv1.2' },
      (socket) => socket.on('error', () => undefined).on('data', () => undefined),
    );
    const behind = await listening(server);
    const sent: Buffer[] = [];
    const between = createServer((socket) => {
      const on = createConnection({ port: behind, host: '127.0.0.1' }).on('error', () => undefined);
      socket.on('data', (chunk) => void sent.push(Buffer.from(chunk))).on('error', () => undefined);
      socket.on('close', () => {
        received.resolve(undefined);
      });
      socket.pipe(on).pipe(socket);
    });
    const port = await listening(between);
    const settings = {
      host: '127.0.0.1',
      port,
      transport: 'tls',
      timeoutSeconds: 5,
      ca: caCertificate,
    } as const;
    const sink = syslogSink(settings, { ledgerId: 'l', host: 'here', format: 'syslog' }, systemClock);
    const entry = { seq: 0, id: 'a', leaf: 'b', time: '2026-03-01T12:00:00.000Z', text: 'said' };
    await sink.deliver([entry], AbortSignal.any([]));
    await sink.close();
    await received.promise;
    const alert = 21;
    expect(recordTypes(Buffer.concat(sent)).at(-1)).toBe(alert);
    between.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
