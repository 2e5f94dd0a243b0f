import { describe, expect, it } from 'vitest';
import { keysForRestart, readServiceConfig } from '../../../src/tasks/service-config.ts';

const read = (text: string): ReturnType<typeof readServiceConfig> =>
  readServiceConfig({ path: 'isoledger.yaml', text });

describe('the sections of a configuration file for the service', () => {
  it('may be left out', () => {
    const byDefault = { serve: { roles: undefined, wholeReadingSeconds: 600 } };
    for (const config of [readServiceConfig(undefined), read(''), read('ledger: sqlite:x.db')])
      expect(config).toMatchObject(byDefault);
  });

  it('say which roles a process may have', () => {
    expect(read('serve: { roles: [clock, applier/east], wholeReadingSeconds: 30 }').serve).toEqual({
      roles: ['clock', 'applier/east'],
      wholeReadingSeconds: 30,
    });
  });

  it('are refused with the line, the key and the nearest key', () => {
    expect(() => read('serve:\n  rolls: [clock]')).toThrow(
      /isoledger.yaml:2: serve.rolls: unknown key rolls .*nearest: roles/,
    );
    expect(() => read('serve:\n  roles: [The Clock]')).toThrow(
      /isoledger.yaml:2: serve.roles\[0\]: this is no role/,
    );
    expect(() => read('serve: 7')).toThrow(/isoledger.yaml:1: serve: /);
  });

  it('are told with all that is wrong, also beside a key that nobody knows', () => {
    const text =
      'legder: x\nlogLevel: loud\nserve: { rolls: [clock] }\nsinks: { a: { kind: fil } }\nhttp: { listen: here }';
    for (const words of [
      ...[
        /:1: legder: unknown key legder .*nearest: ledger/,
        /:2: logLevel: /,
        /:3: serve.rolls: unknown key/,
      ],
      ...[/:4: sinks.a.kind: a sink has a kind/, /:5: http.listen: this is no address/],
    ])
      expect(() => read(text)).toThrow(words);
  });

  it('name the servers of NATS, and files with what they are shown', () => {
    expect(read('nats: { servers: ["n1:4222"] }').nats).toEqual({
      ...{ access: { servers: ['n1:4222'] }, replicas: 1, leaseSeconds: 20, format: 'cloudevents' },
    });
    const text =
      'nats: { servers: ["n1:4222", "[::1]:4222"], user: u, passwordFile: p, ca: /ca.pem, replicas: 3, maxAgeDays: 9, format: ocsf }';
    expect(readServiceConfig({ path: '/etc/isoledger/isoledger.yaml', text }).nats).toEqual({
      access: {
        servers: ['n1:4222', '[::1]:4222'],
        ...{ user: 'u', passwordFile: '/etc/isoledger/p', ca: '/ca.pem' },
      },
      ...{ replicas: 3, leaseSeconds: 20, maxAgeDays: 9, format: 'ocsf' },
    });
  });

  it.each([
    ['serve: { wholeReadingSeconds: 0 }', 'this is too little (found: 0; allowed: 1 at least)'],
    ['serve: { wholeReadingSeconds: 1000000 }', 'this is too much (found: 1000000; allowed: 86400 at most)'],
    ['serve: { roles: [clock, applier, clock] }', 'serve.roles[2]: clock is listed twice'],
    [
      'sinks: { e: { kind: elasticsearch, url: "https://e", index: Logs-Isoledger } }',
      'sinks.e.index: Elasticsearch takes no index of that name',
    ],
    ['sinks: { e: { kind: elasticsearch, url: "https://e", index: _logs } }', 'sinks.e.index: '],
    ['sinks: { e: { kind: elasticsearch, url: "https://e", index: "a,b" } }', 'sinks.e.index: '],
    ['serve: { roles: [] }', 'serve.roles: there is no role'],
    [
      'sinks: { a: { kind: file, path: x }, b: { kind: file, path: ./x } }',
      'sinks.b.path: the sink a writes',
    ],
    ['nats: { servers: [] }', 'nats.servers: there is no server'],
    ['nats: {}', 'nats.servers: '],
    ['nats: { servers: ["nats://u:secret@n1:4222"] }', 'nats.servers[0]: this is no address'],
    ['nats: { servers: ["n1:1"], password: secret }', 'nearest: passwordFile'],
    ['nats: { servers: ["n1:1"], user: u }', 'nats.user: this needs passwordFile beside it'],
    ['nats: { servers: ["n1:1"], certificate: c, privateKey: k }', 'nats.certificate: this needs ca'],
    ['nats: { servers: ["n1:1"], replicas: 2 }', 'nats.replicas: '],
    ['nats: { servers: ["n1:1"], leaseSeconds: 1 }', 'nats.leaseSeconds: '],
  ])('refuse %s', (text, words) => {
    expect(() => read(text)).toThrow(words);
  });

  it('name sinks, with paths that are relative to the file', () => {
    const text =
      'sinks: { archive: { kind: file, path: e.ndjson }, b: { kind: file, path: /e, format: ocsf, ocsfVersion: 1.9.0, rotateMegabytes: 2, keepFiles: 3 } }';
    expect(readServiceConfig({ path: '/etc/isoledger.yaml', text }).sinks).toEqual([
      {
        name: 'archive',
        kind: 'file',
        path: '/etc/e.ndjson',
        format: 'cloudevents',
        rotateBytes: 100_000_000,
      },
      {
        ...{ name: 'b', kind: 'file', path: '/e', format: 'ocsf', ocsfVersion: '1.9.0' },
        ...{ rotateBytes: 2_000_000, keep: 3 },
      },
    ]);
    expect(read('').sinks ?? []).toEqual([]);
  });

  it('name receivers, and files with what they are shown', () => {
    const text = `sinks:
  w: { kind: webhook, url: "https://w.example/in", secretFile: s, ca: ca.pem, timeoutSeconds: 5 }
  s: { kind: syslog, address: "siem.example:6514", certificate: c, privateKey: /k }
  d: { kind: syslog, address: "[::1]:514", transport: udp, format: cef }
  h: { kind: hec, url: "http://127.0.0.1:8088", tokenFile: t, index: main, acknowledged: true }
  e: { kind: elasticsearch, url: "http://e:9200", plaintext: true, index: logs-x-y, user: u, passwordFile: p }`;
    const timeoutSeconds = 30;
    expect(readServiceConfig({ path: '/etc/isoledger.yaml', text }).sinks).toEqual([
      {
        ...{ name: 'w', kind: 'webhook', format: 'cloudevents', url: 'https://w.example/in' },
        ...{ secretFile: '/etc/s', ca: '/etc/ca.pem', timeoutSeconds: 5 },
      },
      {
        ...{
          name: 's',
          kind: 'syslog',
          format: 'syslog',
          host: 'siem.example',
          port: 6514,
          transport: 'tls',
        },
        ...{ certificate: '/etc/c', privateKey: '/k', timeoutSeconds },
      },
      {
        ...{ name: 'd', kind: 'syslog', format: 'cef', host: '::1', port: 514, transport: 'udp' },
        timeoutSeconds,
      },
      {
        ...{ name: 'h', kind: 'hec', format: 'cloudevents', url: 'http://127.0.0.1:8088' },
        ...{ tokenFile: '/etc/t', index: 'main', acknowledged: true, timeoutSeconds },
      },
      {
        ...{ name: 'e', kind: 'elasticsearch', format: 'ecs', url: 'http://e:9200', index: 'logs-x-y' },
        ...{ user: 'u', passwordFile: '/etc/p', timeoutSeconds },
      },
    ]);
  });

  it.each([
    ['sinks: { a: { kind: webhook, url: "ftp://x" } }', 'sinks.a.url: this is no address'],
    ['sinks: { a: { kind: webhook, url: "https://u:p@x" } }', 'sinks.a.url: secrets stand in files'],
    ['sinks: { a: { kind: webhook, url: "http://x" } }', 'https, or plaintext: true'],
    ['sinks: { a: { kind: hec, url: "https://x", token: t } }', 'nearest: tokenFile'],
    ['sinks: { a: { kind: hec, url: "https://x" } }', 'sinks.a.tokenFile: '],
    ['sinks: { a: { kind: syslog, address: "x" } }', 'sinks.a.address: this is no address'],
    ['sinks: { a: { kind: syslog, address: "x:99999" } }', 'sinks.a.address: this is no address'],
    ['sinks: { a: { kind: syslog, address: "x:1", certificate: c } }', 'this needs privateKey beside it'],
    [
      'sinks: { a: { kind: elasticsearch, url: "https://x", index: i, passwordFile: p } }',
      'this needs user beside it',
    ],
    ['sinks: [a]', 'sinks: sinks are named'],
    ['sinks: { A b: { kind: file, path: x } }', 'this is no name of a sink'],
    ['sinks: { a: { kind: fiel, path: x } }', 'nearest: file'],
    ['sinks: { a: 1 }', 'sinks.a.kind: a sink has a kind'],
    ['sinks: { a: { kind: file } }', 'sinks.a.path: '],
    ['sinks: { a: { kind: file, path: x, rotate: 1 } }', 'unknown key rotate'],
  ])('refuse %s', (text, words) => {
    expect(() => read(text)).toThrow(words);
  });
});

describe('the section http', () => {
  const http = (text: string): ReturnType<typeof read>['http'] => read(`http: { ${text} }`).http;

  it('takes a loopback address alone', () => {
    expect(read('').http).toBeUndefined();
    expect(http('listen: "127.0.0.1:9464"')).toEqual({
      ...{ host: '127.0.0.1', port: 9464, isLoopback: true, files: {} },
    });
    expect(http('listen: "[::1]:0", tokenFile: token')).toMatchObject({
      ...{ host: '::1', isLoopback: true, files: { token: 'token' } },
    });
    expect(http('listen: "[::ffff:127.0.0.1]:1"')).toMatchObject({ isLoopback: true });
  });

  it('takes any other address with TLS and a token or certificates of those who ask', () => {
    const tls = 'tlsKeyFile: k, tlsCertificateFile: /c';
    for (const more of ['tokenFile: t', 'clientCaFile: ca'])
      expect(http(`listen: "[::]:443", ${tls}, ${more}`)).toMatchObject({
        ...{ host: '::', isLoopback: false, files: { tlsKey: 'k', tlsCertificate: '/c' } },
      });
    for (const address of ['0.0.0.0:80', '[::]:80', '10.0.0.1:80', '[::ffff:10.0.0.1]:80'])
      for (const more of ['', 'tokenFile: t', tls])
        expect(() => http(`listen: "${address}", ${more}`)).toThrow('other machines reach this address');
  });

  it('refuses what does not go together, and what is no address', () => {
    for (const listen of [
      '9464',
      '127.0.0.1',
      'example.org:80',
      '1.2.3:80',
      '127.0.0.1:65536',
      '[127.0.0.1]:1',
    ])
      expect(() => http(`listen: "${listen}"`)).toThrow('this is no address to listen at');
    expect(() => http('listen: "127.0.0.1:1", tlsKeyFile: k')).toThrow('go together');
    expect(() => http('listen: "127.0.0.1:1", clientCaFile: k')).toThrow('shown by TLS');
    expect(() => http('tokenFile: t')).toThrow('listen');
    expect(() => http('listen: "127.0.0.1:1", token: t')).toThrow('nearest: tokenFile');
  });
});

describe('a configuration that changed', () => {
  const changed = (before: string | undefined, after: string): string[] => {
    const file = (text: string): { path: string; text: string } => ({ path: 'isoledger.yaml', text });
    return keysForRestart(before === undefined ? undefined : file(before), file(after));
  };

  it('says which keys count only once the service starts anew', () => {
    expect(changed(undefined, 'logLevel: info\nsinks: {}')).toEqual([]);
    expect(changed('', 'ledger: sqlite:other.db')).toEqual(['ledger']);
    const before = 'http: { listen: "127.0.0.1:1" }\nserve: { roles: [clock] }';
    expect(changed(before, `${before}\nlogLevel: debug`)).toEqual([]);
    expect(changed(before, 'http: { listen: "127.0.0.1:2" }\nnats: { servers: ["n1:4222"] }')).toEqual([
      ...['serve.roles', 'nats.servers', 'http.listen'],
    ]);
  });
});
