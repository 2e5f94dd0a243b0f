import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Authority, openssl } from '../../support/certificates.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

describeNeeding([openssl], 'an address that other machines reach', () => {
  let place: Workplace;
  let folder: string;
  let config: string;
  let server: ReturnType<Authority['sign']>;
  beforeEach(async () => {
    place = new Workplace();
    folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
    config = join(folder, 'isoledger.yaml');
    server = new Authority(folder, 'operators').sign('server', 'IP:127.0.0.1');
    const documents = join(place.folder, 'documents');
    mkdirSync(documents);
    writeFileSync(join(documents, 'documents.yaml'), town);
    await place.succeed('apply', documents);
  });
  afterEach(() => {
    place[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const section = (...more: readonly string[]): void => {
    const files = [`tlsKeyFile: ${server.privateKey}`, `tlsCertificateFile: ${server.certificate}`, ...more];
    writeFileSync(config, `http:\n  listen: 0.0.0.0:0\n${files.map((line) => `  ${line}\n`).join('')}`);
  };

  const serving = async (): Promise<AsyncDisposable & { port: number; served: ServeProcess }> => {
    const served = await ServeProcess.on(place.ledgerUrl, ['--config', config]);
    const { port } = await served.says('listening', 'http');
    return { port: Number(port), served, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
  };

  const ask = async (
    port: number,
    path: string,
    { token, shows }: { token?: string; shows?: { privateKey: string; certificate: string } } = {},
  ): Promise<{ status: number | undefined; body: string }> => {
    const request = get({
      ...{ host: '127.0.0.1', port, path, ca: readFileSync(server.caCertificate), agent: false },
      ...(shows && { key: readFileSync(shows.privateKey), cert: readFileSync(shows.certificate) }),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    const answered: [IncomingMessage] = await new Promise((resolve, reject) => {
      request.on('error', reject).on('response', (response) => {
        resolve([response]);
      });
    });
    return { status: answered[0].statusCode, body: await text(answered[0]) };
  };

  it('answers by TLS to who shows the token, and says to anybody that it lives', async () => {
    const token = 'a-token-that-nobody-guesses';
    writeFileSync(join(folder, 'token'), `${token}\n`);
    section('tokenFile: token');
    await using side = await serving();
    const { port } = side;
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
    for (const path of ['/readyz', '/metrics', '/v1/events', '/v1/events/stream', '/v1/openapi.json', '/x'])
      expect([path, await ask(port, path)]).toMatchObject([path, { status: 401 }]);
    expect(await ask(port, '/metrics', { token: `${token}x` })).toMatchObject({ status: 401 });
    expect(await ask(port, '/metrics', { token })).toMatchObject({ status: 200 });
    expect(side.served.log.map((line) => JSON.stringify(line)).join()).not.toContain(token);
  });

  it('answers by TLS to who shows a certificate of the authority', async () => {
    const clients = new Authority(folder, 'clients');
    section(`clientCaFile: ${clients.sign('any', 'DNS:any').caCertificate}`);
    await using side = await serving();
    const { port } = side;
    const shows = clients.sign('prometheus', 'DNS:prometheus');
    expect(await ask(port, '/v1/events?limit=1', { shows })).toMatchObject({ status: 200 });
    await expect(ask(port, '/healthz')).rejects.toThrow();
    const stranger = new Authority(folder, 'strangers').sign('stranger', 'DNS:stranger');
    await expect(ask(port, '/healthz', { shows: stranger })).rejects.toThrow();
  });

  it('is not listened at where a file is missing, or holds no token', async () => {
    writeFileSync(join(folder, 'token'), 'short\n');
    section('tokenFile: token');
    for (const [words, change] of [
      [/http.tokenFile: .* holds no token/, (): void => undefined],
      [
        /http.tokenFile: .* cannot be read/,
        (): void => {
          rmSync(join(folder, 'token'));
        },
      ],
    ] as const) {
      change();
      for (const command of [['serve'], ['config', 'check']]) {
        const { code, err } = await place.run('--config', config, ...command);
        expect([code, err]).toEqual([2, expect.stringMatching(words)]);
      }
    }
  });
});
