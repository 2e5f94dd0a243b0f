import type { DomainEvent, EventData, Kinds } from '../../events/catalogue.ts';
import type { Host, Policy, Tenant } from '../../events/estate.ts';
import { attestationWords } from './attestation-words.ts';
import { count, listWords } from './lists.ts';
import { overlayWords, type OverlayType } from './overlay-words.ts';
import { ruleWords } from './rule-words.ts';
import { protocolWords } from './traffic-words.ts';
import { violationWords } from './violation-words.ts';

/**
 * Puts entries into a line each, what changed first: it remembers the documents that went before, and so must be given
 * every entry in order.
 */
export class EntryWords {
  readonly #tenants = new Map<string, Tenant>();
  readonly #policies = new Map<string, Policy>();

  /** The content of an entry, in short. */
  of(event: DomainEvent): string {
    switch (event.type) {
      case 'ShardRegistered':
      case 'ShardChanged': {
        const { overlay, tunnel, vnis, revocationLimitSeconds } = event.data;
        const range = `VNIs ${String(vnis.from)}-${String(vnis.to)}`;
        return `${overlay} overlay, ${tunnel}, ${range}, revocations within ${String(revocationLimitSeconds)} s`;
      }
      case 'HostRegistered':
      case 'HostChanged':
        return hostWords(event.data);
      case 'ExternalRegistered':
      case 'ExternalChanged':
        return externalWords(event.data);
      case 'TenantRegistered':
      case 'TenantChanged':
        return this.#tenantWords(event.data);
      case 'TenantPlaced':
        return `placed on ${event.data.shard}`;
      case 'TenantMoved':
        return `moved from ${event.data.from} to ${event.data.to}`;
      case 'TenantQuarantined':
      case 'SegmentQuarantined':
      case 'ExternalQuarantined':
      case 'TenantReleased':
      case 'SegmentReleased':
      case 'ExternalReleased':
        return quarantineWords(event);
      case 'TenantRetired':
        this.#tenants.delete(event.data.tenant);
        this.#policies.delete(event.data.tenant);
        return 'is no more';
      case 'ExternalRetired':
        return 'is no more';
      case 'HostRetired':
        return `leaves ${event.data.shard}, which is to empty it`;
      case 'HostGone':
        return `is gone for good, or never was: it counts as holding nothing of ${event.data.shard}, on the word of whoever said so`;
      case 'ShardRetired':
        return 'is no more; its hosts are to be emptied';
      case 'VniAllocated':
        return `${event.data.segment} has VNI ${String(event.data.vni)} of ${event.data.shard}`;
      case 'VniReleased':
        return `${event.data.segment} gives up VNI ${String(event.data.vni)} of ${event.data.shard}`;
      case 'EndpointsChanged':
        return endpointsWords(event.data);
      case 'PolicyEnacted':
        return this.#policyWords(event.data.policy.tenant, event.data.policy);
      case 'PolicyRevoked':
        return this.#policyWords(event.data.tenant, undefined);
      case 'GrantOpened':
        return `its time came: ${this.#boundWords(event.data)}`;
      case 'GrantLapsed':
        return `its time is over: ${this.#boundWords(event.data)}`;
      case 'StateKept':
        return `what the first ${count(event.data.size, 'entry', 'entries')} come to was kept in a file`;
      case 'EntrySkipped':
        return `entry ${String(event.data.seq)} is not delivered to ${event.data.sink}`;
      case 'IsolationViolated':
      case 'IsolationRestored':
        return violationWords(event);
      case 'IsolationAttested':
        return attestationWords(event.data);
      case 'RoleTaken':
        return roleWords(event.data);
      default:
        event.type satisfies OverlayType;
        return overlayWords(event);
    }
  }

  #tenantWords(tenant: Tenant): string {
    const before = this.#tenants.get(tenant.tenant);
    this.#tenants.set(tenant.tenant, tenant);
    if (before === undefined) {
      const services = tenant.services.map(({ name }) => name);
      const offers = services.length === 0 ? [] : [`offers ${listWords(services)}`];
      const gap = tenant.isolation === 'air-gapped' ? ['air-gapped'] : [];
      return [tenant.classification, ...gap, `segments ${listWords(tenant.segments)}`, ...offers].join(', ');
    }
    const fields = (['classification', 'isolation', 'intraTenant', 'shard'] as const)
      .filter((field) => before[field] !== tenant[field])
      .map((field) => `${field} ${before[field] ?? 'unsaid'} -> ${tenant[field] ?? 'unsaid'}`);
    const segments = cameAndWent(before.segments, tenant.segments).map((words) => `segment ${words}`);
    const services = cameAndWent(before.services.map(serviceWords), tenant.services.map(serviceWords));
    return [...fields, ...segments, ...services.map((words) => `service ${words}`)].join('; ');
  }

  #policyWords(tenant: string, policy: Policy | undefined): string {
    const before = this.#policies.get(tenant);
    if (policy === undefined) this.#policies.delete(tenant);
    else this.#policies.set(tenant, policy);
    const changes = cameAndWent(rulesOf(before), rulesOf(policy));
    const rates = JSON.stringify(before?.qos) === JSON.stringify(policy?.qos) ? [] : ['other rates'];
    if (before === undefined || policy === undefined) {
      const rules = count(rulesOf(policy ?? before).length, 'rule');
      return changes.length <= shownMax
        ? [...changes, ...rates].join('; ')
        : `${rules} ${policy === undefined ? 'went' : 'came'}`;
    }
    return [...shortened(changes), ...rates].join('; ');
  }

  #boundWords({ tenant, side, rule }: EventData<'GrantOpened'>): string {
    const known = this.#policies.get(tenant)?.[side].find(({ id }) => id === rule);
    return known === undefined ? `${side} rule ${rule}` : ruleWords(known);
  }
}

type QuarantineType = Kinds<`${'Tenant' | 'Segment' | 'External'}${'Quarantined' | 'Released'}`>;

function quarantineWords(event: Extract<DomainEvent, { type: QuarantineType }>): string {
  switch (event.type) {
    case 'TenantQuarantined':
      return 'cut off from everyone else';
    case 'SegmentQuarantined':
      return `segment ${event.data.segment} cut off from everything else, its own tenant's other segments included`;
    case 'ExternalQuarantined':
      return 'cut off from everyone';
    case 'SegmentReleased':
      return `segment ${event.data.segment} no longer cut off by itself`;
    case 'TenantReleased':
    case 'ExternalReleased':
      return 'no longer cut off';
  }
}

function roleWords({ role, holder, term }: EventData<'RoleTaken'>): string {
  return `${role} taken by process ${String(holder.pid)} on ${holder.host}, term ${String(term)}`;
}

function hostWords({ shard, tunnelIp, ovsdb, openflow }: Host): string {
  const database = ovsdb === undefined ? '' : `, switch at ${ovsdb}`;
  const flows = openflow === undefined ? '' : `, its flows at ${openflow}`;
  return `of ${shard}, tunnel address ${tunnelIp}${database}${flows}`;
}

function externalWords({ classification, cidrs, gateway }: EventData<'ExternalRegistered'>): string {
  const enters = gateway === undefined ? 'no gateway' : `enters at ${gateway.host}`;
  return `${classification}, ${listWords(cidrs)}, ${enters}`;
}

function endpointsWords({ put, removed }: EventData<'EndpointsChanged'>): string {
  const names = put.map(({ name }) => name);
  return [
    ...(put.length === 0 ? [] : [`${count(put.length, 'endpoint')} put: ${listWords(names)}`]),
    ...(removed.length === 0 ? [] : [`${count(removed.length, 'endpoint')} removed: ${listWords(removed)}`]),
  ].join('; ');
}

function serviceWords(service: Tenant['services'][number]): string {
  return `${service.name} (${protocolWords(service)} at ${service.segment})`;
}

function rulesOf(policy: Policy | undefined): string[] {
  return policy === undefined ? [] : [...policy.egress, ...policy.ingress].map(ruleWords).sort();
}

function cameAndWent(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...after.filter((one) => !before.includes(one)).map((one) => `${one} came`),
    ...before.filter((one) => !after.includes(one)).map((one) => `${one} went`),
  ];
}

/** How many changes one line tells apart. */
const shownMax = 3;

function shortened(changes: readonly string[]): string[] {
  const more = changes.length - shownMax;
  return more <= 0 ? [...changes] : [...changes.slice(0, shownMax), count(more, 'more change')];
}
