import { describe, expect, test } from 'vitest';
import type { SourcedDocument } from '../../../src/policy/parse-document.ts';
import { read } from './folders.ts';

async function sourced(text: string): Promise<SourcedDocument> {
  const { documents } = await read({ 'a/estate.yaml': text });
  const [document] = documents;
  if (document === undefined) throw new Error('no document');
  return document;
}

describe('where the parts of a document stand', () => {
  const tenant = `# a comment
kind: Tenant
tenant: acme
segments:
  - web
  - db
services:
  - name: zeta
    segment: web
  - name: alpha
    ports:
      - 80
    segment: web`;

  test.each([
    [[], 2, ''],
    [['tenant'], 3, 'tenant'],
    [['segments'], 4, 'segments'],
    [['segments', 'db'], 6, 'segments[1]'],
    [['services', 'alpha'], 10, 'services[1]'],
    [['services', 'alpha', 'ports'], 11, 'services[1].ports'],
    [['services', 'zeta', 'ports'], 8, 'services[0]'],
    [['services', 'beta', 'ports'], 7, 'services'],
    [['shard'], 2, ''],
    [['classification', 'x'], 2, ''],
  ])('given %j of a tenant, then line %i', async (path, line, keyPath) => {
    const sourcedDocument = await sourced(tenant);

    expect(sourcedDocument.locate(path)).toEqual({ file: 'a/estate.yaml', line, keyPath });
  });

  test('given rules, then each is found by its id, a repeated one where it stands first', async () => {
    const sourcedDocument = await sourced(`tenant: acme
egress:
  - destination: b
  - destination: a
  - destination: b
ingress:
  - source: c`);
    const { document } = sourcedDocument;
    if (document.kind !== 'Policy') throw new Error(document.kind);
    const places = document.value.egress.map(({ id, destination }) => [
      destination,
      sourcedDocument.locate(['egress', id, 'destination']).line,
    ]);

    expect(new Map(places.map(([name, line]) => [name, line]))).toEqual(
      new Map<string | number | undefined, string | number | undefined>([
        ['a', 4],
        ['b', 3],
      ]),
    );
    expect(document.value.ingress.map(({ id }) => sourcedDocument.locate(['ingress', id, 'ports']))).toEqual([
      { file: 'a/estate.yaml', line: 7, keyPath: 'ingress[0]' },
    ]);
  });

  test('given endpoints, then each is found by its name', async () => {
    const sourcedDocument = await sourced(`kind: Endpoints
tenant: acme
endpoints:
  - { name: b, segment: w, ip: 10.0.0.2, mac: "02:00:0a:01:00:0b", host: h, interface: i }
  - name: a
    segment: w
    ip: [10.0.0.3,
         10.0.0.1]
    mac: "02:00:0a:01:00:0c"
    host: h
    interface: j`);

    expect(sourcedDocument.locate(['endpoints', 'b', 'ip'])).toMatchObject({
      line: 4,
      keyPath: 'endpoints[0].ip',
    });
    expect(sourcedDocument.locate(['endpoints', 'a', 'ip'])).toMatchObject({
      line: 7,
      keyPath: 'endpoints[1].ip',
    });
    expect(sourcedDocument.locate(['endpoints', 'a', 'host'])).toMatchObject({
      line: 10,
      keyPath: 'endpoints[1].host',
    });
  });

  test('given an external, then its parts are found by the one spelling of a cidr', async () => {
    const sourcedDocument = await sourced(`kind: External
external: x
cidrs:
  - "2001:0DB8::/32"
  - 203.0.113.7
gateway:
  host: hv-1
  interface: ext`);

    expect(sourcedDocument.locate(['cidrs', '2001:db8::/32'])).toMatchObject({
      line: 4,
      keyPath: 'cidrs[0]',
    });
    expect(sourcedDocument.locate(['cidrs', '203.0.113.7/32'])).toMatchObject({
      line: 5,
      keyPath: 'cidrs[1]',
    });
    expect(sourcedDocument.locate(['gateway', 'host'])).toMatchObject({ line: 7, keyPath: 'gateway.host' });
    expect(sourcedDocument.locate(['gateway', 'mac'])).toMatchObject({ line: 6, keyPath: 'gateway' });
  });
});
