import { once } from 'node:events';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Events } from 'nats';
import { describe, expect, it, vi } from 'vitest';
import { connectNats, type NatsAccess } from '../../../src/runtime/nats-connection.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { Authority } from '../../support/certificates.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { NatsServer, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

/** Takes connections, and says no more than it is told to. */
async function silentServer(words = ''): Promise<{ address: string; taken: Socket[]; server: Server }> {
  const taken: Socket[] = [];
  const server = createServer((socket) => {
    taken.push(socket);
    socket.on('error', () => undefined).resume();
    if (words !== '') socket.write(words);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { address: `127.0.0.1:${String(port)}`, taken, server };
}

describe('a NATS server that takes connections and says nothing', () => {
  it.each([
    ['at all', ''],
    ['once TLS is to begin', 'INFO {"tls_required":true,"tls_available":true}\r\n'],
  ])('%s: has no connection left of an attempt that is over', async (_when, words) => {
    const { address, taken, server } = await silentServer(words);
    const { caCertificate } = new Authority(temporaryFolder(), 'town').sign('server', 'IP:127.0.0.1');
    const access: NatsAccess = { servers: [address], ...(words === '' ? {} : { ca: caCertificate }) };
    await expect(connectNats(access, 'test')).rejects.toMatchObject({ code: 'NatsUnreachable' });
    expect(taken).toHaveLength(1);
    await vi.waitUntil(() => taken.every(({ destroyed }) => destroyed), { timeout: 2_000 });
    server.close();
  });
});

describeNeeding([natsServer], 'a NATS server that stands still', () => {
  it('is left for another one also with much that was not written to it yet', async () => {
    await using paused = await NatsServer.alone(temporaryFolder());
    const nats = await connectNats({ servers: [paused.address] }, 'test');
    const gone = (async () => {
      for await (const { type } of nats.status()) if (type === Events.Disconnect) return;
    })();
    paused.signal('SIGSTOP');
    for (let each = 0; each < 64; each += 1) nats.publish('much', new Uint8Array(500_000));
    const inTime = setTimeout(15_000, 'never');
    expect(await Promise.race([gone, inTime])).toBeUndefined();
    await nats.close();
  });

  it('costs a service no descriptors, and does not keep it from its end', async () => {
    using place = new Workplace();
    const documents = join(place.folder, 'documents');
    mkdirSync(documents);
    writeFileSync(join(documents, 'documents.yaml'), town);
    await place.succeed('apply', documents);
    const stores = join(place.folder, 'nats');
    mkdirSync(stores);
    await using server = await NatsServer.alone(stores);
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(config, `nats: { servers: ["${server.address}"], leaseSeconds: 4 }\n`);
    await using served = await ServeProcess.on(place.ledgerUrl, ['--config', config]);
    await served.says('took the role', 'publisher');
    const before = socketsOf(served.pid);
    server.signal('SIGSTOP');
    await setTimeout(18_000);
    expect(socketsOf(served.pid)).toBeLessThanOrEqual(before + 1);
    const began = performance.now();
    expect(await served.end()).toBe(0);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});

function socketsOf(pid: number): number {
  const folder = `/proc/${String(pid)}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(join(folder, name)).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
