import { describe, expect, test } from 'vitest';
import { parseDocuments, type WrittenDocument } from '../../bench/estate/documents.ts';
import { boundOnly, connections } from '../../oracle/connections.ts';

const summer = '2026-07-01T00:00:00Z';

function given(yaml: string): WrittenDocument[] {
  return parseDocuments(yaml, 'test');
}

/** Rows as `from -> to protocol ports`. */
function rows(yaml: string, at = summer): string[] {
  return connections(given(yaml), at).map(
    ({ from, to, protocol, ports }) => `${from} -> ${to} ${protocol} ${ports}`,
  );
}

const twoTenants = `
{ kind: Tenant, tenant: a, segments: [s, s2], intraTenant: segments }
---
{ kind: Tenant, tenant: b, segments: [t], services: [{ name: b-api, segment: t, ports: [443], protocol: tcp }] }
---
`;

/** Two tenants with one rule each. */
function consent({ egress, ingress }: { egress: string; ingress: string }): string {
  return `${twoTenants}
{ tenant: a, egress: [${egress}] }
---
{ tenant: b, ingress: [${ingress}] }`;
}

describe('deny by default and mutual consent', () => {
  test('given no policy, nothing passes between tenants', () => {
    expect(rows(twoTenants)).toEqual([]);
  });

  test('given only one half of a consent, nothing passes', () => {
    expect(rows(`${twoTenants}{ tenant: a, egress: [{ destination: b }] }`)).toEqual([]);
    expect(rows(`${twoTenants}{ tenant: b, ingress: [{ source: a }] }`)).toEqual([]);
  });

  test('given both halves, what both allow passes, one way', () => {
    const egress = '{ destination: b/t, segment: s, ports: [22, "80-90", 443], protocol: tcp }';
    const ingress = '{ source: a, ports: ["85-442"] }, { source: a/s, ports: [443, 444, 22] }';
    expect(rows(consent({ egress, ingress }))).toEqual(['a/s -> b/t tcp 22,85-90,443']);
  });

  test('given several rules a side, their unions are intersected, protocol by protocol', () => {
    const egress = '{ destination: b, protocol: udp }, { destination: b, ports: [80], protocol: tcp }';
    const ingress = '{ source: a/s2, protocol: any }, { source: a, protocol: icmp }';
    expect(rows(consent({ egress, ingress }))).toEqual(['a/s2 -> b/t tcp 80', 'a/s2 -> b/t udp *']);
  });
});

describe('protocols and ports', () => {
  test('given neither protocol nor ports on both sides, every IP protocol passes', () => {
    expect(rows(consent({ egress: '{ destination: b, segment: s }', ingress: '{ source: a }' }))).toEqual([
      'a/s -> b/t any *',
    ]);
  });

  test('given all four named protocols, that is not any', () => {
    const four = ['tcp', 'udp', 'sctp', 'icmp'].map((protocol) => `{ source: a/s, protocol: ${protocol} }`);
    expect(rows(consent({ egress: '{ destination: b }', ingress: four.join(', ') }))).toEqual([
      'a/s -> b/t icmp *',
      'a/s -> b/t sctp *',
      'a/s -> b/t tcp *',
      'a/s -> b/t udp *',
    ]);
  });

  test('given ports 1 to 65535, port 0 is not among them; adjacent and overlapping ranges are one', () => {
    expect(
      rows(
        consent({
          egress: '{ destination: b, segment: s }',
          ingress: '{ source: a, ports: ["10-65535", "1-9"], protocol: udp }',
        }),
      ),
    ).toEqual(['a/s -> b/t udp 1-65535']);
    expect(
      rows(
        consent({
          egress: '{ destination: b, segment: s }',
          ingress: '{ source: a, ports: [7, "1-3", "2-5", 6] }',
        }),
      ),
    ).toEqual(['a/s -> b/t tcp 1-7']);
  });
});

describe('services', () => {
  test('given a service as destination, the rule is bounded by what it offers', () => {
    const ingress = '{ source: a/s }';
    const expected = ['a/s -> b/t tcp 443'];
    expect(rows(consent({ egress: '{ destination: b-api }', ingress }))).toEqual(expected);
    expect(rows(consent({ egress: '{ destination: b-api, protocol: any }', ingress }))).toEqual(expected);
    expect(rows(consent({ egress: '{ destination: b-api, ports: ["1-1023"] }', ingress }))).toEqual(expected);
    expect(rows(consent({ egress: '{ destination: b-api, protocol: udp }', ingress }))).toEqual([]);
  });

  test('given a service that says nothing of ports, it offers every protocol', () => {
    const world = `
{ kind: Tenant, tenant: a, segments: [s] }
---
{ kind: Tenant, tenant: b, segments: [t, u], services: [{ name: all-of-t, segment: t }] }
---
{ tenant: a, egress: [{ destination: all-of-t }] }
---
{ tenant: b, ingress: [{ source: a }] }`;
    expect(rows(world).filter((row) => row.startsWith('a/'))).toEqual(['a/s -> b/t any *']);
  });

  test('given a service as source, it is its segment and no bound', () => {
    const world = `
{ kind: Tenant, tenant: a, segments: [s] }
---
{ kind: Tenant, tenant: b, intraTenant: segments, segments: [t, u], services: [{ name: b-api, segment: t, ports: [443] }] }
---
{ tenant: a, ingress: [{ source: b-api, ports: [9000] }] }
---
{ tenant: b, egress: [{ destination: a }] }`;
    expect(rows(world)).toEqual(['b/t -> a/s tcp 9000']);
  });
});

describe('inside a tenant', () => {
  test('given intraTenant: allow, everything passes between its segments, both ways', () => {
    expect(rows('{ kind: Tenant, tenant: a, segments: [s, t] }')).toEqual([
      'a/s -> a/t any *',
      'a/t -> a/s any *',
    ]);
  });

  test('given intraTenant: segments, only what both rules of its own policy allow', () => {
    const own = (policy: string): string[] =>
      rows(
        `{ kind: Tenant, tenant: a, intraTenant: segments, segments: [s, t] }\n---\n{ tenant: a, ${policy} }`,
      );
    expect(own('egress: [{ destination: a }]')).toEqual([]);
    expect(own('egress: [{ destination: a/t }], ingress: [{ source: a, ports: [1] }]')).toEqual([
      'a/s -> a/t tcp 1',
    ]);
    expect(own('egress: [{ destination: a/t }], ingress: [{ source: "*", protocol: icmp }]')).toEqual([
      'a/s -> a/t icmp *',
    ]);
  });
});

const outside = `
{ kind: External, external: vpn, cidrs: [198.51.100.0/24], gateway: { host: hv-1, interface: ext } }
---
{ kind: External, external: paper, cidrs: [192.0.2.0/24] }
---
{ kind: Tenant, tenant: a, segments: [s, t], intraTenant: segments }
---
{ kind: Endpoints, tenant: a, endpoints: [{ name: e, segment: s, ip: 10.0.0.1, mac: "02:00:00:00:00:01", host: hv-1, interface: e }] }
---
{ tenant: a, egress: [{ destination: paper, protocol: sctp }], ingress: [{ source: vpn, ports: [22] }, { source: "*" }] }`;

describe('externals', () => {
  test('given a rule with an external, the tenant alone decides, each way for itself; * is never an external', () => {
    expect(rows(outside)).toEqual([
      'a/s -> paper sctp *',
      'a/t -> paper sctp *',
      'vpn -> a/s tcp 22',
      'vpn -> a/t tcp 22',
    ]);
  });

  test('given unbound ends, boundOnly leaves out segments without endpoints and externals without gateway', () => {
    const documents = given(outside);
    expect(boundOnly(connections(documents, summer), documents)).toEqual([
      { from: 'vpn', to: 'a/s', protocol: 'tcp', ports: '22' },
    ]);
  });
});

describe('air gap', () => {
  const world = (isolation: string): string => `
{ kind: Tenant, tenant: a, segments: [s], isolation: ${isolation} }
---
{ kind: Tenant, tenant: b, segments: [t] }
---
{ tenant: a, egress: [{ destination: b }] }
---
{ tenant: b, ingress: [{ source: "*", ports: [1] }] }`;

  test('given *, every tenant is meant but the air-gapped', () => {
    expect(rows(world('logical'))).toEqual(['a/s -> b/t tcp 1']);
    expect(rows(world('air-gapped'))).toEqual([]);
  });

  test('given an air-gapped tenant, its own segments still talk', () => {
    expect(rows('{ kind: Tenant, tenant: a, segments: [s, t], isolation: air-gapped }')).toHaveLength(2);
  });
});

describe('time', () => {
  const world = consent({
    egress:
      '{ destination: b, segment: s, from: "2026-06-30T18:00:00[Europe/Berlin]", expires: "2026-07-31T00:00:00-02:00" }',
    ingress: '{ source: a, ports: [1] }',
  });

  test('given from and expires, a rule is in force from the first (included) to the second (excluded)', () => {
    const open = ['a/s -> b/t tcp 1'];
    expect(rows(world, '2026-06-30T15:59:59.999Z')).toEqual([]);
    expect(rows(world, '2026-06-30T16:00:00Z')).toEqual(open);
    expect(rows(world, '2026-07-31T01:59:59.999Z')).toEqual(open);
    expect(rows(world, '2026-07-31T02:00:00Z')).toEqual([]);
  });

  test('given a local time that does not exist or exists twice, the oracle refuses it too', () => {
    for (const local of ['2026-03-29T02:30:00', '2026-10-25T02:30:00'])
      expect(() =>
        rows(consent({ egress: `{ destination: b, from: "${local}[Europe/Berlin]" }`, ingress: '' })),
      ).toThrow(RangeError);
  });
});

describe('documents', () => {
  test('given a second document of a name, it replaces the first whole', () => {
    const before = consent({
      egress: '{ destination: b, segment: s, ports: [1] }',
      ingress: '{ source: a }',
    });
    const after = '{ tenant: a, egress: [{ destination: b, segment: s2, ports: [2] }] }';
    expect(rows(`${before}\n---\n${after}`)).toEqual(['a/s2 -> b/t tcp 2']);
  });

  test('given several pairs, rows come by from, to and protocol in code points', () => {
    const world = `
{ kind: Tenant, tenant: a-b, segments: [s] }
---
{ kind: Tenant, tenant: a, segments: [s] }
---
{ kind: External, external: z0, cidrs: [192.0.2.0/24] }
---
{ tenant: a, egress: [{ destination: z0, protocol: udp }, { destination: z0, protocol: icmp }, { destination: a-b }], ingress: [{ source: "*" }] }
---
{ tenant: a-b, ingress: [{ source: "*" }], egress: [{ destination: a, ports: [2] }] }`;
    // '-' comes before '/'.
    expect(rows(world)).toEqual([
      'a-b/s -> a/s tcp 2',
      'a/s -> a-b/s any *',
      'a/s -> z0 icmp *',
      'a/s -> z0 udp *',
    ]);
  });
});
