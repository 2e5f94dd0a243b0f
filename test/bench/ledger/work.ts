import { digestOf } from '../../../events/codec/canonical.ts';
import { draftOf, type EventDraft } from '../../../events/draft.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Endpoint, Policy } from '../../../events/estate.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';

export const recorder: Actor = { name: 'ada', authenticated: 'os-user' };
export const reason = 'CAB-4711: onboarding';

/**
 * Events as the onboarding of tenants records them, six a tenant: one after the other about each, in the order in which
 * they would come. An entry takes about 700 bytes in the mean. The same count gives the same events.
 */
export function onboarding(count: number): readonly EventDraft[] {
  return Array.from({ length: Math.ceil(count / 6) }, (_, number) => tenantsEvents(number))
    .flat()
    .slice(0, count);
}

/** What an entry says, with an id and a time made beforehand: what is left is to write it down. */
export function contentsOf(events: readonly EventDraft[]): readonly object[] {
  const recordedAt = systemClock.now();
  const batch = { id: randomIds(recordedAt), index: 0, count: 1 };
  return events.map((event) => ({
    v: 1,
    id: randomIds(recordedAt),
    ...event,
    recordedAt,
    batch,
    actor: recorder,
    reason,
  }));
}

function tenantsEvents(number: number): readonly EventDraft[] {
  const tenant = `tenant-${number}`;
  const policy = policyOf(tenant, number);
  return [
    draftOf({
      type: 'TenantRegistered',
      data: {
        tenant,
        classification: 'internal',
        isolation: 'logical',
        intraTenant: 'segments',
        segments: ['database', 'web'],
        services: [{ name: 'api', segment: 'web', protocol: 'tcp', ports: [[443, 443]] }],
      },
    }),
    draftOf({ type: 'TenantPlaced', data: { tenant, shard: 'east' } }),
    draftOf({ type: 'VniAllocated', data: { shard: 'east', vni: 5000 + number, segment: `${tenant}/web` } }),
    draftOf({
      type: 'VniAllocated',
      data: { shard: 'east', vni: 6000 + number, segment: `${tenant}/database` },
    }),
    draftOf({
      type: 'EndpointsChanged',
      data: { tenant, put: ['web', 'database'].map((segment) => endpointOf(segment, number)), removed: [] },
    }),
    draftOf({ type: 'PolicyEnacted', data: { policy, digest: digestOf(policy) } }),
  ];
}

function endpointOf(segment: string, number: number): Endpoint {
  const [high, low] = [(number >> 8) & 0xff, number & 0xff];
  return {
    name: `${segment}-1`,
    segment,
    ips: [`10.${high}.${low}.${segment === 'web' ? 11 : 12}`],
    mac: '02:00:0a:01:00:0b',
    host: `hv-${number % 16}`,
    interface: `vm-${segment}-1`,
  };
}

function policyOf(tenant: string, number: number): Policy {
  const next = `tenant-${number + 1}`;
  return {
    apiVersion: 'isoledger/v1',
    tenant,
    egress: [
      {
        id: '00112233445566778899aabb',
        destination: `${next}/web`,
        segment: 'web',
        protocol: 'tcp',
        ports: [[443, 443]],
        expires: { text: '2027-12-31T18:00:00+01:00', instant: '2027-12-31T17:00:00.000Z' },
      },
      { id: '223344556677889900aabbcc', destination: 'internet', protocol: 'udp', ports: [[53, 53]] },
    ],
    ingress: [{ id: 'ffeeddccbbaa998877665544', source: '*', segment: 'web', protocol: 'tcp' }],
  };
}
