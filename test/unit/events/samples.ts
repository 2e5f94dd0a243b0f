import { digestOf } from '../../../events/codec/canonical.ts';
import type { DomainEvent, EventType } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Policy, Tenant } from '../../../events/estate.ts';

/** Where the bytes of every event's every version are kept. What stands there is never rewritten. */
export const goldenFolder = new URL('golden/', import.meta.url);

const tenant: Tenant = {
  tenant: 'acme',
  classification: 'internal',
  isolation: 'logical',
  intraTenant: 'allow',
  segments: ['database', 'web'],
  services: [{ name: 'acme-api', segment: 'web', protocol: 'tcp', ports: [[443, 443]] }],
  shard: 'shard-1',
};
const shard = {
  shard: 'shard-1',
  overlay: 'embedded' as const,
  tunnel: 'vxlan' as const,
  vnis: { from: 5000, to: 5999 },
  revocationLimitSeconds: 60,
};
const host = { host: 'hv-1', shard: 'shard-1', tunnelIp: '172.31.0.1' };
const external = {
  external: 'internet',
  classification: 'public' as const,
  cidrs: ['0.0.0.0/0', '::/0'],
  gateway: { host: 'hv-1', interface: 'ext-0', mac: '02:00:0a:00:00:01' },
};
const policy: Policy = {
  apiVersion: 'isoledger/v1',
  tenant: 'acme',
  egress: [
    {
      id: '00112233445566778899aabb',
      destination: 'globex/app',
      segment: 'web',
      protocol: 'tcp',
      ports: [
        [443, 443],
        [8000, 8100],
      ],
      guard: 'CAB-7',
      from: { text: '2026-03-01T00:00:00[Europe/Berlin]', instant: '2026-02-28T23:00:00.000Z' },
      expires: { text: '2026-12-31T18:00:00+01:00', instant: '2026-12-31T17:00:00.000Z' },
    },
  ],
  ingress: [{ id: 'ffeeddccbbaa998877665544', source: '*', protocol: 'any' }],
  qos: { egress: '100000000', ingress: '1000000000' },
};
const digest = 'ab'.repeat(32);

/** One event of every kind. */
export const samples: { readonly [Type in EventType]: DomainEvent } = {
  ShardRegistered: { type: 'ShardRegistered', data: shard },
  ShardChanged: { type: 'ShardChanged', data: { ...shard, tunnel: 'geneve' } },
  ShardRetired: { type: 'ShardRetired', data: { shard: 'shard-1' } },
  HostRegistered: { type: 'HostRegistered', data: host },
  HostChanged: { type: 'HostChanged', data: { ...host, tunnelIp: 'fd00::1' } },
  HostRetired: { type: 'HostRetired', data: { host: 'hv-1', shard: 'shard-1' } },
  HostGone: { type: 'HostGone', data: { host: 'hv-1', shard: 'shard-1' } },
  ExternalRegistered: { type: 'ExternalRegistered', data: external },
  ExternalChanged: { type: 'ExternalChanged', data: { ...external, cidrs: ['198.51.100.0/24'] } },
  ExternalRetired: { type: 'ExternalRetired', data: { external: 'internet' } },
  TenantRegistered: { type: 'TenantRegistered', data: tenant },
  TenantChanged: { type: 'TenantChanged', data: { ...tenant, isolation: 'air-gapped', services: [] } },
  TenantPlaced: { type: 'TenantPlaced', data: { tenant: 'acme', shard: 'shard-1' } },
  TenantMoved: { type: 'TenantMoved', data: { tenant: 'acme', from: 'shard-1', to: 'shard-2' } },
  TenantQuarantined: { type: 'TenantQuarantined', data: { tenant: 'acme' } },
  TenantReleased: { type: 'TenantReleased', data: { tenant: 'acme' } },
  SegmentQuarantined: { type: 'SegmentQuarantined', data: { tenant: 'acme', segment: 'web' } },
  SegmentReleased: { type: 'SegmentReleased', data: { tenant: 'acme', segment: 'web' } },
  ExternalQuarantined: { type: 'ExternalQuarantined', data: { external: 'internet' } },
  ExternalReleased: { type: 'ExternalReleased', data: { external: 'internet' } },
  TenantRetired: { type: 'TenantRetired', data: { tenant: 'acme' } },
  VniReleased: { type: 'VniReleased', data: { shard: 'shard-1', vni: 5000, segment: 'acme/web' } },
  VniAllocated: { type: 'VniAllocated', data: { shard: 'shard-1', vni: 5000, segment: 'acme/web' } },
  EndpointsChanged: {
    type: 'EndpointsChanged',
    data: {
      tenant: 'acme',
      put: [
        {
          name: 'web-1',
          segment: 'web',
          ips: ['10.1.0.11', 'fd00::11'],
          mac: '02:00:0a:01:00:0b',
          host: 'hv-1',
          interface: 'vm-web-1',
        },
      ],
      removed: ['web-0'],
    },
  },
  PolicyEnacted: { type: 'PolicyEnacted', data: { policy, digest: digestOf(policy) } },
  PolicyRevoked: { type: 'PolicyRevoked', data: { tenant: 'acme' } },
  GrantOpened: {
    type: 'GrantOpened',
    data: {
      tenant: 'acme',
      side: 'egress',
      rule: '00112233445566778899aabb',
      bound: { text: '2026-03-01T00:00:00[Europe/Berlin]', instant: '2026-02-28T23:00:00.000Z' },
    },
  },
  GrantLapsed: {
    type: 'GrantLapsed',
    data: {
      tenant: 'acme',
      side: 'ingress',
      rule: 'ffeeddccbbaa998877665544',
      bound: { text: '2026-12-31T18:00:00+01:00', instant: '2026-12-31T17:00:00.000Z' },
    },
  },
  ChangePlanned: {
    type: 'ChangePlanned',
    data: {
      shard: 'shard-1',
      plan: 2,
      basis: 41,
      put: [
        { kind: 'network', vni: 5000, segment: 'acme/web' },
        {
          kind: 'binding',
          endpoint: 'internet',
          vni: 5001,
          host: 'hv-1',
          interface: 'ext-0',
          mac: '02:00:0a:00:00:01',
          ips: ['0.0.0.0/0'],
          except: ['198.51.100.0/24'],
        },
        { kind: 'route', from: 5000, to: 5001 },
        {
          kind: 'acl',
          id: '00112233445566778899aabb',
          side: 'egress',
          from: 'acme/web',
          to: 'internet',
          protocol: 'tcp',
          ports: [[443, 443]],
          action: 'allow',
          tier: 'grant',
        },
        {
          kind: 'acl',
          id: 'ffeeddccbbaa998877665544',
          side: 'ingress',
          from: '*',
          to: 'acme/web',
          protocol: 'any',
          action: 'deny',
          tier: 'quarantine',
          wholly: true,
        },
        { kind: 'qos', endpoint: 'acme/web-1', egress: '100000000', ingress: '1000000000' },
        { kind: 'host', host: 'hv-1', tunnelIp: '172.31.0.1', tunnel: 'vxlan' },
      ],
      removed: ['route/5000/5002'],
      before: digest,
      after: digest,
    },
  },
  ChangeApplied: {
    type: 'ChangeApplied',
    data: {
      ...{ shard: 'shard-1', host: 'hv-1', plan: 2, digest, seenWhole: '2026-03-01T11:59:59.000Z' },
      evidence: { driver: 'embedded', objects: 5 },
    },
  },
  ChangeFailed: {
    type: 'ChangeFailed',
    data: { shard: 'shard-1', host: 'hv-1', plan: 2, problem: 'it holds a later plan', holds: 3 },
  },
  HostCleared: {
    type: 'HostCleared',
    data: { shard: 'shard-1', host: 'hv-1', digest, evidence: { driver: 'embedded', objects: 0 } },
  },
  ShardHeld: {
    type: 'ShardHeld',
    data: { shard: 'shard-1', seq: 41, time: '2026-03-01T12:00:00.000Z', acceptedExposure: 2 },
  },
  ShardResumed: { type: 'ShardResumed', data: { shard: 'shard-1' } },
  BypassOpened: { type: 'BypassOpened', data: { shard: 'shard-1', host: 'hv-1', bypass: 3 } },
  BypassClosed: { type: 'BypassClosed', data: { shard: 'shard-1', host: 'hv-1', bypass: 3 } },
  DriftDetected: {
    type: 'DriftDetected',
    data: {
      shard: 'shard-1',
      host: 'hv-1',
      plan: 7,
      expected: digest,
      found: 'objects',
      digest: 'cd'.repeat(32),
      put: [{ kind: 'network', vni: 5000, segment: 'acme/web' }],
      removed: ['route/5000/5001'],
    },
  },
  DriftCorrected: {
    type: 'DriftCorrected',
    data: { shard: 'shard-1', host: 'hv-1', plan: 7, digest, seenWhole: '2026-03-01T11:59:59.000Z' },
  },
  BypassSettled: {
    type: 'BypassSettled',
    data: {
      ...{ shard: 'shard-1', host: 'hv-1', bypass: 3, plan: 7, digest },
      seenWhole: '2026-03-01T11:59:59.000Z',
    },
  },
  DropsObserved: {
    type: 'DropsObserved',
    data: {
      ...{ shard: 'shard-1', host: 'hv-1' },
      ...{ readAt: '2026-03-01T11:59:59.000Z', since: '2026-03-01T11:00:00.000Z' },
      drops: [
        { from: 'globex/app', to: 'acme/web', by: 'default', packets: 3, total: 12 },
        { from: 'internet', to: null, by: 'no-address', packets: 1, total: 1 },
        { from: null, to: 'acme/web', by: 'quarantine', packets: 7, total: 7 },
      ],
    },
  },
  IsolationViolated: {
    type: 'IsolationViolated',
    data: {
      ...{ kind: 'isolation', from: 'globex/app', to: 'acme/web', former: null },
      witness: { src: '10.2.0.5', dst: '10.1.0.11', protocol: 'tcp', srcPort: 40_000, dstPort: 5432 },
      rules: ['a1b2c3d4e5f6a7b8c9d0e1f2', 'binding/acme/web-1'],
      openedBy: {
        ...{ seq: 38, id: '0199c0de-0000-7000-8000-000000000008', type: 'ChangeApplied' },
        time: '2026-03-01T11:58:00.000Z',
      },
    },
  },
  IsolationRestored: {
    type: 'IsolationRestored',
    data: {
      ...{ violation: 39, kind: 'isolation', from: 'globex/app', to: 'acme/web' },
      openedBy: {
        ...{ seq: 38, id: '0199c0de-0000-7000-8000-000000000008', type: 'ChangeApplied' },
        time: '2026-03-01T11:58:00.000Z',
      },
      closedBy: {
        ...{ seq: 40, id: '0199c0de-0000-7000-8000-000000000009', type: 'ChangeApplied' },
        time: '2026-03-01T11:59:30.000Z',
      },
    },
  },
  IsolationAttested: {
    type: 'IsolationAttested',
    data: {
      ...{ lane: 'applied', tenant: 'acme', peer: 'globex/app', verdict: 'violated', findings: 2, gaps: 0 },
      asked: { from: 'seq:30', to: '2026-03-01T12:00:00.000Z' },
      from: { seq: 30, time: '2026-03-01T10:00:00.000Z' },
      to: { seq: 39, time: '2026-03-01T12:00:00.000Z' },
      knownAt: { seq: 39, time: '2026-03-01T11:59:30.000Z' },
      ...{ size: 40, root: digest, answer: digest, engine: digest },
    },
  },
  StateKept: { type: 'StateKept', data: { projection: 'estate', version: 5, size: 41, digest } },
  EntrySkipped: {
    type: 'EntrySkipped',
    data: { sink: 'archive', seq: 40, entry: '0199c0de-0000-7000-8000-000000000009' },
  },
  RoleTaken: {
    type: 'RoleTaken',
    data: { role: 'applier/shard-1', holder: { host: 'control-1', pid: 4711 }, term: 3 },
  },
};

/** An event within an envelope that is always the same. */
export function entryOf(event: DomainEvent): object {
  return {
    v: 1,
    id: '0199c0de-0000-7000-8000-000000000001',
    recordedAt: '2026-03-01T12:00:00.000Z',
    batch: { id: '0199c0de-0000-7000-8000-000000000002', index: 0, count: 1 },
    actor: { name: 'ada', authenticated: 'asserted' },
    reason: 'a sample',
    ...draftOf(event),
  };
}
