import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Authority, openssl } from '../support/certificates.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { describeNeeding } from '../support/needs.ts';

const http = 'http: { listen: "127.0.0.1:0", tokenFile: missing }';
const nats = (key: string, more = ''): string => `nats: { servers: ["127.0.0.1:1"], ${key}: missing${more} }`;
const sink = (rest: string): string => `sinks: { a.b: { ${rest} } }`;
const switches = 'switchKey: missing, switchCertificate: missing, switchCa: missing';

it.each<readonly [string, string]>([
  [sink('kind: file, path: missing/events'), 'sinks.a.b.path'],
  [sink('kind: webhook, url: "https://127.0.0.1:1", secretFile: missing'), 'sinks.a.b.secretFile'],
  [sink('kind: syslog, address: "127.0.0.1:1", ca: missing'), 'sinks.a.b.ca'],
  [sink('kind: hec, url: "https://127.0.0.1:1", tokenFile: missing'), 'sinks.a.b.tokenFile'],
  [
    sink('kind: elasticsearch, url: "https://127.0.0.1:1", index: i, apiKeyFile: missing'),
    'sinks.a.b.apiKeyFile',
  ],
  [nats('credentialsFile'), 'nats.credentialsFile'],
  [nats('nkeyFile'), 'nats.nkeyFile'],
  [nats('tokenFile'), 'nats.tokenFile'],
  [nats('passwordFile', ', user: u'), 'nats.passwordFile'],
  [nats('ca'), 'nats.ca'],
  [http, 'http.tokenFile'],
  ...['switchKey', 'switchCertificate', 'switchCa'].map(
    (key) => [switches.replaceAll(', ', '\n'), key] as const,
  ),
])('config check names the line and the key of a file that is not there: %s', async (text, key) => {
  using place = new Workplace();
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
  const file = join(place.folder, 'config.yaml');
  writeFileSync(file, `logLevel: warn\n${text}\n`);
  const line = 2 + text.split('\n').findIndex((each) => each.startsWith(key.split('.')[0] ?? ''));
  const { code, err } = await place.run('config', 'check', '--config', file);
  const [words] = err.split('\n').filter((each) => each.includes(` ${key}: `));
  expect([code, words]).toEqual([
    2,
    expect.stringMatching(new RegExp(`^isoledger: ${file}:${String(line)}: ${key}: /\\S*missing`)),
  ]);
  expect(words).not.toMatch(/sinks\.a\.b.*sinks\.a\.b/);
});

it('a switch key that holds something else is told, by the variable that names it', async () => {
  using place = new Workplace();
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
  const pem = join(documents, 'town.yaml');
  const variables = ['ISOLEDGER_SWITCH_KEY', 'ISOLEDGER_SWITCH_CERTIFICATE', 'ISOLEDGER_SWITCH_CA'];
  for (const name of variables) process.env[name] = pem;
  try {
    const { code, err } = await place.run('config', 'check');
    expect([code, err]).toEqual([
      2,
      `isoledger: ISOLEDGER_SWITCH_KEY: ${pem} holds no private key (PEM)\n` +
        `isoledger: ISOLEDGER_SWITCH_CERTIFICATE: ${pem} holds no certificate (PEM)\n` +
        `isoledger: ISOLEDGER_SWITCH_CA: ${pem} holds no certificate (PEM)\n`,
    ]);
  } finally {
    for (const name of variables) Reflect.deleteProperty(process.env, name);
  }
});

describeNeeding([openssl], 'a private key of another certificate', () => {
  let folder: string;
  let own: { certificate: string; privateKey: string; caCertificate: string };
  let other: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
    const authority = new Authority(folder, 'authority');
    own = authority.sign('own', 'DNS:own');
    other = authority.sign('other', 'DNS:other').privateKey;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each<readonly [string, string]>([
    [sink('kind: syslog, address: "127.0.0.1:1", FILES'), 'sinks.a.b.privateKey'],
    [sink('kind: webhook, url: "https://127.0.0.1:1", FILES'), 'sinks.a.b.privateKey'],
    ['nats: { servers: ["127.0.0.1:1"], FILES }', 'nats.privateKey'],
    [
      'http: { listen: "127.0.0.1:0", tlsKeyFile: OTHER, tlsCertificateFile: CERTIFICATE, clientCaFile: CA }',
      'http.tlsKeyFile',
    ],
    ['switchKey: OTHER\nswitchCertificate: CERTIFICATE\nswitchCa: CA', 'switchKey'],
  ])('is told by config check, as wrong: %s', async (text, key) => {
    using place = new Workplace();
    const documents = join(place.folder, 'documents');
    mkdirSync(documents);
    writeFileSync(join(documents, 'town.yaml'), town);
    await place.succeed('apply', documents);
    const file = join(place.folder, 'config.yaml');
    const filled = text
      .replace('FILES', 'ca: CA, certificate: CERTIFICATE, privateKey: OTHER')
      .replace('OTHER', other)
      .replace('CERTIFICATE', own.certificate)
      .replace('CA', own.caCertificate);
    writeFileSync(file, `${filled}\n`);
    expect(await place.run('config', 'check', '--config', file)).toMatchObject({
      code: 2,
      err: `isoledger: ${file}:1: ${key}: ${other} is not the key of the certificate in ${own.certificate}\n`,
    });
  });

  it('is told of a ledger, as wrong', async () => {
    using place = new Workplace();
    const url = `esdb://127.0.0.1:1?userCertFile=${own.certificate}&userKeyFile=${other}`;
    const { code, err } = await place.run('--ledger', url, 'status');
    expect([code, err]).toEqual([2, expect.stringContaining(`${other} is the key of another one`)]);
  });
});
