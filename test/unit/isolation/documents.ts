import { createHash } from 'node:crypto';
import type { DomainEvent } from '../../../events/catalogue.ts';
import type { EgressRule, Endpoint, External, IngressRule, Shard, Tenant } from '../../../events/estate.ts';

/** Events that carry documents, with the rest filled in. */
export function tenant(name: string, rest: Partial<Tenant> = {}): DomainEvent {
  const data: Tenant = {
    tenant: name,
    classification: 'internal',
    isolation: 'logical',
    intraTenant: 'allow',
    segments: ['s'],
    services: [],
    ...rest,
  };
  return { type: 'TenantRegistered', data };
}

type Written<Rule> = Omit<Rule, 'id' | 'protocol'> & { protocol?: EgressRule['protocol'] };

function egress(rule: Written<EgressRule>): EgressRule {
  return { id: idOf(rule), protocol: 'any', ...rule };
}

function ingress(rule: Written<IngressRule>): IngressRule {
  return { id: idOf(rule), protocol: 'any', ...rule };
}

export function policy(
  name: string,
  rules: { egress?: readonly Written<EgressRule>[]; ingress?: readonly Written<IngressRule>[] },
): DomainEvent {
  const document = {
    apiVersion: 'isoledger/v1' as const,
    tenant: name,
    egress: (rules.egress ?? []).map(egress),
    ingress: (rules.ingress ?? []).map(ingress),
  };
  return { type: 'PolicyEnacted', data: { policy: document, digest: '0'.repeat(64) } };
}

export function bound(instant: string): { text: string; instant: string } {
  return { text: instant, instant };
}

export function external(name: string, rest: Partial<External> = {}): DomainEvent {
  return {
    type: 'ExternalRegistered',
    data: { external: name, classification: 'internal', cidrs: ['198.51.100.0/24'], ...rest },
  };
}

export function host(name: string, tunnelIp: string, shard = 'east'): DomainEvent {
  return { type: 'HostRegistered', data: { host: name, shard, tunnelIp } };
}

export function shard(name: string, rest: Partial<Shard> = {}): DomainEvent {
  return {
    type: 'ShardRegistered',
    data: {
      shard: name,
      overlay: 'embedded',
      tunnel: 'vxlan',
      vnis: { from: 1, to: 999 },
      revocationLimitSeconds: 60,
      ...rest,
    },
  };
}

/** An endpoint on interface `vm-NAME`. */
export function endpoint(name: string, rest: Partial<Endpoint> & { ips: string[]; host: string }): Endpoint {
  return { name, segment: 's', mac: '02:00:00:00:00:01', interface: `vm-${name}`, ...rest };
}

export function endpoints(name: string, put: Endpoint[], removed: string[] = []): DomainEvent {
  return { type: 'EndpointsChanged', data: { tenant: name, put, removed } };
}

/** 24 hexadecimal digits that differ for different content. */
export function idOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 24);
}
