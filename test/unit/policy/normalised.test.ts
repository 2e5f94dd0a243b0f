import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../events/codec/canonical.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Document } from '../../../events/documents.ts';
import { example } from './examples.ts';
import { documentOf, documentsOf, policyOf, ruleOf } from './folders.ts';

const id: unknown = expect.stringMatching(/^[0-9a-f]{24}$/);

describe('the documents of the policy language as they stand', () => {
  test('given the description, then each kind comes out whole and sorted', async () => {
    expect(await documentsOf(example)).toEqual([
      {
        kind: 'Endpoints',
        value: {
          tenant: 'acme-corp',
          endpoints: [
            {
              name: 'web-1',
              segment: 'web',
              ips: ['10.1.0.11'],
              mac: '02:00:0a:01:00:0b',
              host: 'hv-1',
              interface: 'vm-web-1',
            },
          ],
        },
      },
      {
        kind: 'External',
        value: {
          external: 'vpn-gateway',
          classification: 'internal',
          cidrs: ['198.51.100.0/24'],
          gateway: { host: 'hv-1', interface: 'ext-vpn', mac: '02:00:0a:00:00:01' },
        },
      },
      { kind: 'Host', value: { host: 'hv-1', shard: 'shard-1', tunnelIp: '172.31.0.1' } },
      {
        kind: 'Policy',
        value: {
          apiVersion: 'isoledger/v1',
          tenant: 'acme-corp',
          egress: [{ id, destination: 'service-x', protocol: 'tcp', ports: [[443, 443]] }],
          ingress: [
            {
              id,
              source: 'vpn-gateway',
              protocol: 'tcp',
              ports: [
                [22, 22],
                [443, 443],
              ],
            },
          ],
          qos: { egress: '100000000', ingress: '100000000' },
        },
      },
      {
        kind: 'Shard',
        value: {
          shard: 'shard-1',
          overlay: 'embedded',
          tunnel: 'vxlan',
          vnis: { from: 5000, to: 5999 },
          revocationLimitSeconds: 60,
        },
      },
      {
        kind: 'Tenant',
        value: {
          tenant: 'acme-corp',
          classification: 'internal',
          isolation: 'logical',
          intraTenant: 'allow',
          segments: ['database', 'web'],
          services: [{ name: 'acme-api', segment: 'web', ports: [[443, 443]], protocol: 'tcp' }],
          shard: 'shard-1',
        },
      },
    ]);
  });

  test('given the description as JSON, indented with tabs, then it means the same', async () => {
    const tenant = { kind: 'Tenant', tenant: 'acme', segments: ['web'], services: [] };
    const [fromJson] = await documentsOf(JSON.stringify(tenant, null, '\t'), 'tenant.json');

    expect(fromJson).toEqual(await documentOf('kind: Tenant\ntenant: acme\nsegments: [web]'));
  });

  test('given any of them, then the event schemas take it', async () => {
    for (const document of await documentsOf(example)) expect(() => drafted(document)).not.toThrow();
  });
});

function drafted(document: Document): object {
  switch (document.kind) {
    case 'Tenant':
      return draftOf({ type: 'TenantRegistered', data: document.value });
    case 'External':
      return draftOf({ type: 'ExternalRegistered', data: document.value });
    case 'Endpoints':
      return draftOf({
        type: 'EndpointsChanged',
        data: { tenant: document.value.tenant, put: [...document.value.endpoints], removed: [] },
      });
    case 'Host':
      return draftOf({ type: 'HostRegistered', data: document.value });
    case 'Shard':
      return draftOf({ type: 'ShardRegistered', data: document.value });
    case 'Policy':
      return draftOf({
        type: 'PolicyEnacted',
        data: { policy: document.value, digest: digestOf(document.value) },
      });
  }
}

describe('defaults', () => {
  test('given the least that each kind may say, then the rest is filled in', async () => {
    const documents = await documentsOf(
      [
        'kind: Tenant\ntenant: acme\nsegments: [web]',
        'kind: External\nexternal: internet\ncidrs: [0.0.0.0/0]',
        'kind: Endpoints\ntenant: acme\nendpoints: []',
        'kind: Shard\nshard: s\nvnis: { from: 1, to: 16777215 }',
        'kind: Policy\ntenant: acme',
      ].join('\n---\n'),
    );

    expect(documents.map(({ value }) => value)).toEqual([
      { tenant: 'acme', endpoints: [] },
      { external: 'internet', classification: 'internal', cidrs: ['0.0.0.0/0'] },
      { apiVersion: 'isoledger/v1', tenant: 'acme', egress: [], ingress: [] },
      {
        shard: 's',
        overlay: 'embedded',
        tunnel: 'vxlan',
        vnis: { from: 1, to: 16_777_215 },
        revocationLimitSeconds: 60,
      },
      {
        tenant: 'acme',
        classification: 'internal',
        isolation: 'logical',
        intraTenant: 'allow',
        segments: ['web'],
        services: [],
      },
    ]);
  });

  test.each(['egress: []', 'ingress: []', 'qos: { egress: 1bps }'])(
    'given %s and no kind, then it is a policy',
    async (field) => {
      expect(await documentOf(`apiVersion: isoledger/v1\ntenant: acme\n${field}`)).toMatchObject({
        kind: 'Policy',
      });
    },
  );
});

describe('traffic', () => {
  test.each([
    ['protocol: any', { protocol: 'any' }],
    ['segment: web', { segment: 'web', protocol: 'any' }],
    ['protocol: icmp', { protocol: 'icmp' }],
    ['protocol: sctp', { protocol: 'sctp' }],
    ['ports: [53]', { protocol: 'tcp', ports: [[53, 53]] }],
    ['ports: ["53"], protocol: udp', { protocol: 'udp', ports: [[53, 53]] }],
    ['ports: ["1-65535"]', { protocol: 'tcp', ports: [[1, 65_535]] }],
    ['ports: [5, 3, 4, 9, "8-8", 3]', { protocol: 'tcp', ports: [[3, 5], [8, 9]] }], // prettier-ignore
    ['ports: ["1-100", "20-30", 102]', { protocol: 'tcp', ports: [[1, 100], [102, 102]] }], // prettier-ignore
  ])('given a rule with %s, then it has one spelling', async (fields, rule) => {
    expect(await ruleOf(fields)).toEqual({ destination: 'peer', ...rule });
  });
});

describe('rules', () => {
  test('given ways to a switch, then each in its one spelling, and none where none is given', async () => {
    const host = (more: string): string =>
      `kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 172.31.0.1\n${more}`;
    const spelt: [written: string, normal: string][] = [
      ['unix:/run/openvswitch/db.sock', 'unix:/run/openvswitch/db.sock'],
      [`unix:/${'x'.repeat(106)}`, `unix:/${'x'.repeat(106)}`],
      ['ssl:192.0.2.11:6640', 'ssl:192.0.2.11:6640'],
      ['ssl:127.0.0.1:1', 'ssl:127.0.0.1:1'],
      ['"ssl:[2001:DB8:0::11]:65535"', 'ssl:[2001:db8::11]:65535'],
    ];
    for (const [written, normal] of spelt) {
      for (const key of ['ovsdb', 'openflow']) {
        const document = await documentOf(host(`${key}: ${written}`));
        const value = { host: 'hv-1', shard: 'shard-1', tunnelIp: '172.31.0.1', [key]: normal };
        expect(document).toEqual({ kind: 'Host', value });
        expect(drafted(document)).toMatchObject({ data: value });
      }
    }
  });

  test('given a rule, then its id is that of tenant, side and rule', async () => {
    const { ingress } = await policyOf('tenant: acme\ningress: [{ source: "*", guard: CHG-7 }]');
    const rule = { source: '*', guard: 'CHG-7', protocol: 'any' };

    expect(ingress).toEqual([
      { ...rule, id: digestOf({ tenant: 'acme', side: 'ingress', rule }).slice(0, 24) },
    ]);
  });

  test('given a rule in two spellings, then it is one rule', async () => {
    const { egress } = await policyOf(
      'tenant: acme\negress:\n- { destination: a, ports: [1, 2] }\n- { destination: a, ports: ["1-2"], protocol: tcp }',
    );

    expect(egress).toHaveLength(1);
  });

  test('given the same rule of another tenant, or on the other side, then its id is another', async () => {
    const acme = await policyOf('tenant: acme\negress: [{ destination: x }]\ningress: [{ source: x }]');
    const globex = await policyOf('tenant: globex\negress: [{ destination: x }]');
    const ids = [...acme.egress, ...acme.ingress, ...globex.egress].map((rule) => rule.id);

    expect(new Set(ids).size).toBe(3);
  });
});
