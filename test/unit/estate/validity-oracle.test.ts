import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../bench/estate/documents.ts';
import { problemsOf } from '../../oracle/validity.ts';

/** A small valid estate; each test breaks one thing in it. */
const valid = `
{ kind: Shard, shard: s1, overlay: embedded, tunnel: vxlan, vnis: { from: 1, to: 99 } }
---
{ kind: Shard, shard: s2, overlay: embedded, tunnel: vxlan, vnis: { from: 100, to: 199 } }
---
{ kind: Host, host: h1, shard: s1, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: h2, shard: s2, tunnelIp: 172.31.0.2 }
---
{ kind: External, external: vpn, cidrs: [198.51.100.0/24] }
---
{ kind: Tenant, tenant: a, segments: [s] }
---
{ kind: Endpoints, tenant: a, endpoints: [{ name: e, segment: s, ip: 10.0.0.1, mac: "02:00:00:00:00:01", host: h1, interface: p1 }] }
---
{ kind: Tenant, tenant: b, segments: [t], classification: confidential, services: [{ name: b-api, segment: t, ports: [443] }] }
---
{ kind: Endpoints, tenant: b, endpoints: [{ name: e, segment: t, ip: 10.0.0.2, mac: "02:00:00:00:00:02", host: h1, interface: p2 }] }
---
{ kind: Tenant, tenant: c, segments: [u] }
---
{ kind: Endpoints, tenant: c, endpoints: [{ name: e, segment: u, ip: 10.0.0.1, mac: "02:00:00:00:00:03", host: h2, interface: p1 }] }
---
{ kind: Tenant, tenant: gap, isolation: air-gapped, segments: [v] }
---
{ tenant: a, egress: [{ destination: b-api, ports: [443] }] }
---
{ tenant: b, ingress: [{ source: a, ports: [443], guard: OK-1, expires: "2030-01-01T00:00:00Z" }] }
---
{ tenant: c, egress: [{ destination: a, ports: [1] }] }
`;

function problemsAfter(...edits: readonly (readonly [find: string, replacement: string])[]): string[] {
  const broken = edits.reduce((text, [find, replacement]) => {
    expect(text).toContain(find);
    return text.replace(find, replacement);
  }, valid);
  return problemsOf(parseDocuments(broken, 'test'));
}

describe('the validity oracle', () => {
  test('given a valid estate, finds nothing', () => {
    expect(problemsOf(parseDocuments(valid, 'test'))).toEqual([]);
  });

  test.each([
    ['a missing guard', 'guard: OK-1, ', '', 'b has not guarded'],
    [
      'an unguarded external of another class',
      'source: a, ports: [443], guard: OK-1',
      'source: vpn',
      'b has not',
    ],
    ['a misspelt name', 'destination: a,', 'destination: aa,', 'unknown name aa'],
    ['an air-gapped tenant named', 'destination: a,', 'destination: gap/v,', 'names an air-gapped tenant'],
    ['nothing left of a service', 'b-api, ports: [443]', 'b-api, ports: [444]', 'nothing is left'],
    ['ports with icmp', 'a, ports: [1]', 'a, protocol: icmp, ports: [1]', 'ports with icmp'],
    ['a range outside of 1 to 65535', 'a, ports: [1]', 'a, ports: [0]', 'bad ports'],
    ['an interface used twice', 'interface: p2', 'interface: p1', 'interface twice'],
    ['two shards under one tenant', 'segments: [s] }', 'segments: [s], shard: s2 }', 'several shards'],
    ['VNIs that overlap', 'from: 100', 'from: 99', 'VNIs of s2 overlap'],
    ['a name used twice', 'external: vpn', 'external: b-api', 'name twice: b-api'],
    ['a document twice', '{ kind: Host, host: h2', '{ kind: Host, host: h1', 'document twice: Host/h1'],
  ])('given %s, says so', (_, find, replacement, expected) => {
    expect(problemsAfter([find, replacement])).toContainEqual(expect.stringContaining(expected));
  });

  test('given a guard on the lower side only, says so', () => {
    expect(
      problemsAfter(['guard: OK-1, ', ''], ['destination: b-api,', 'destination: b-api, guard: OK-2,']),
    ).toContainEqual(expect.stringContaining('b has not guarded'));
  });

  test('given one that two tenants of one address may both reach, says so', () => {
    expect(
      problemsAfter(
        ['source: a, ports: [443]', 'source: "*"'],
        ['destination: a, ports: [1]', 'destination: b-api'],
      ),
    ).toContainEqual('b/t sees 10.0.0.1 twice');
  });

  test('given a rule that is closed for years, judges it as if it were open', () => {
    expect(
      problemsAfter(['guard: OK-1, expires: "2030', 'from: "2029-01-01T00:00:00Z", expires: "2030']),
    ).toContainEqual(expect.stringContaining('b has not guarded'));
  });
});
