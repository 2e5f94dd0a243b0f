import { defined } from '../../events/codec/defined.ts';
import type { Kinds } from '../../events/catalogue.ts';
import type { Actor, Entry } from '../../events/entry.ts';
import type { Policy, Rule, Tenant } from '../../events/estate.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';

/** The event that put a part of a document in force: who recorded it, when and why. */
export interface Origin {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  /** UTC with milliseconds. */
  readonly time: string;
  readonly by: string;
  readonly authenticated: Actor['authenticated'];
  /** The account of the operating system that gave the name, where it is an asserted one. */
  readonly account?: string;
  readonly reason?: string;
  /** The place that the document came from, such as a git ref. */
  readonly source?: string;
}

export type Side = 'egress' | 'ingress';

/** A rule that is no longer in force, with the events that put it in force and that ended it. */
export interface FormerRule {
  readonly side: Side;
  readonly rule: Rule;
  readonly since: Origin;
  readonly until: Origin;
}

/** A part of a document as it stands, and the event since which it stands unchanged. */
export interface StandingPart {
  readonly value: unknown;
  readonly since: Origin;
}

type Aspects = Map<string, StandingPart>;

export function originOf({ seq, id, type, recordedAt, actor, reason, source }: Entry): Origin {
  return {
    seq,
    id,
    type,
    time: recordedAt,
    by: actor.name,
    authenticated: actor.authenticated,
    ...defined({ account: actor.account, reason, source }),
  };
}

/** The kinds of events that no answer names as the origin of a part of a document. */
type LeftAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
  // What the verifier found changes nothing by itself.
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
  // What hosts dropped is no part of a document.
  | 'DropsObserved'
  // Answers name hosts, workloads and networks without their origins.
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  | 'HostRegistered'
  | 'HostChanged'
  | 'HostRetired'
  | 'HostGone'
  | 'EndpointsChanged'
  | 'VniReleased'
  | 'VniAllocated'
  // A rule that opens or lapses is still the rule that its policy put in force.
  | 'GrantOpened'
  | 'GrantLapsed'
  // Events about hosts and plans are kept by OverlayRecord.
  | 'ChangePlanned'
  | 'ChangeApplied'
  | 'ChangeFailed'
  | 'HostCleared'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DriftDetected'
  | 'DriftCorrected'
>;

/**
 * By part of each document, the event that put it in force. A part that a new edition of its document repeats
 * unchanged keeps its event. A part that went and came again starts anew. Parts are told apart by name, and rules by
 * their id, which is a digest of the rule.
 */
export class Origins {
  readonly #documents = new Map<string, Aspects>();
  /** Rules in force, by tenant and by aspect. */
  readonly #rules = new Map<string, ReadonlyMap<string, Rule>>();
  readonly #former = new Map<string, Map<string, FormerRule>>();
  /** The quarantine of segments and externals, by end. */
  readonly #cutOff = new Map<string, Origin>();

  take(entry: Entry): void {
    switch (entry.type) {
      case 'TenantRegistered':
      case 'TenantChanged':
        this.#put(`tenant ${entry.data.tenant}`, tenantAspects(entry.data), entry);
        this.#keepSegments(entry.data);
        break;
      case 'TenantPlaced':
        this.#put(`placement ${entry.data.tenant}`, [['shard', entry.data.shard]], entry);
        break;
      case 'TenantMoved':
        this.#put(`placement ${entry.data.tenant}`, [['shard', entry.data.to]], entry);
        break;
      case 'TenantQuarantined':
        this.#put(`quarantine ${entry.data.tenant}`, [['', true]], entry);
        break;
      case 'TenantReleased':
        this.#end(`quarantine ${entry.data.tenant}`);
        break;
      case 'SegmentQuarantined':
        this.#cutOff.set(segmentOf(entry.data.tenant, entry.data.segment), originOf(entry));
        break;
      case 'SegmentReleased':
        this.#cutOff.delete(segmentOf(entry.data.tenant, entry.data.segment));
        break;
      case 'ExternalQuarantined':
        this.#cutOff.set(entry.data.external, originOf(entry));
        break;
      case 'ExternalReleased':
        this.#cutOff.delete(entry.data.external);
        break;
      case 'TenantRetired':
        this.#retire(entry.data.tenant, entry);
        break;
      case 'ExternalRegistered':
      case 'ExternalChanged':
        this.#put(`external ${entry.data.external}`, [['', entry.data]], entry);
        break;
      case 'ExternalRetired':
        this.#end(`external ${entry.data.external}`);
        this.#cutOff.delete(entry.data.external);
        break;
      case 'PolicyEnacted':
        this.#enact(entry.data.policy.tenant, policyAspects(entry.data.policy), entry);
        break;
      case 'PolicyRevoked':
        this.#enact(entry.data.tenant, [], entry);
        break;
      default:
        entry.type satisfies LeftAlone;
    }
  }

  /** The event since which a rule of a tenant's policy has stood. */
  rule(tenant: string, side: Side, id: string): Origin | undefined {
    return this.#documents.get(`policy ${tenant}`)?.get(`${side} ${id}`)?.since;
  }

  /** The event since which the tenant's rates have stood. */
  qos(tenant: string): Origin | undefined {
    return this.#documents.get(`policy ${tenant}`)?.get('qos')?.since;
  }

  /** The event since which a part of a Tenant document has stood: see tenantAspects for the names. */
  tenant(tenant: string, aspect: string): Origin | undefined {
    return this.#documents.get(`tenant ${tenant}`)?.get(aspect)?.since;
  }

  external(external: string): Origin | undefined {
    return this.#documents.get(`external ${external}`)?.get('')?.since;
  }

  quarantine(tenant: string): Origin | undefined {
    return this.#documents.get(`quarantine ${tenant}`)?.get('')?.since;
  }

  /** The event that put a segment (`tenant/segment`) or an external in quarantine by itself. */
  quarantineOfEnd(end: string): Origin | undefined {
    return this.#cutOff.get(end);
  }

  /** The shard that a tenant is placed on. */
  placement(tenant: string): StandingPart | undefined {
    return this.#documents.get(`placement ${tenant}`)?.get('shard');
  }

  /** Rules that were in a tenant's policy once and are no longer, each as it ended last. */
  former(tenant: string): FormerRule[] {
    return [...(this.#former.get(tenant)?.values() ?? [])];
  }

  #put(document: string, aspects: readonly (readonly [string, unknown])[], entry: Entry): void {
    const before = this.#documents.get(document);
    const since = originOf(entry);
    const after: Aspects = new Map();
    for (const [name, value] of aspects) {
      const known = before?.get(name);
      const same = known !== undefined && JSON.stringify(known.value) === JSON.stringify(value);
      after.set(name, same ? known : { value, since });
    }
    this.#documents.set(document, after);
  }

  #end(document: string): void {
    this.#documents.delete(document);
  }

  #enact(tenant: string, aspects: readonly (readonly [string, unknown, Rule?])[], entry: Entry): void {
    const rules = this.#rules.get(tenant);
    const inForce = new Map<string, Rule>();
    for (const [name, , rule] of aspects) if (rule !== undefined) inForce.set(name, rule);
    for (const [name, rule] of rules ?? []) if (!inForce.has(name)) this.#bury(tenant, { name, rule }, entry);
    for (const name of inForce.keys()) this.#former.get(tenant)?.delete(name);
    this.#rules.set(tenant, inForce);
    this.#put(
      `policy ${tenant}`,
      aspects.map(([name, value]) => [name, value] as const),
      entry,
    );
  }

  #bury(tenant: string, { name, rule }: { name: string; rule: Rule }, entry: Entry): void {
    const side: Side = 'destination' in rule ? 'egress' : 'ingress';
    const since = this.rule(tenant, side, rule.id);
    if (since === undefined) return;
    const former = this.#former.get(tenant) ?? new Map<string, FormerRule>();
    former.set(name, { side, rule, since, until: originOf(entry) });
    this.#former.set(tenant, former);
  }

  /** A tenant that comes again under the same name starts anew. */
  #retire(tenant: string, entry: Entry): void {
    this.#enact(tenant, [], entry);
    for (const document of ['tenant', 'placement', 'quarantine']) this.#end(`${document} ${tenant}`);
    this.#keepSegments({ tenant, segments: [] });
  }

  #keepSegments({ tenant, segments }: Pick<Tenant, 'tenant' | 'segments'>): void {
    const kept = new Set(segments.map((segment) => segmentOf(tenant, segment)));
    for (const end of [...this.#cutOff.keys()])
      if (tenantOf(end) === tenant && !kept.has(end)) this.#cutOff.delete(end);
  }
}

/** `''` stands for the document itself, `segment NAME` and `service NAME` for each of those. */
function tenantAspects(tenant: Tenant): (readonly [string, unknown])[] {
  return [
    ['', tenant.tenant],
    ['classification', tenant.classification],
    ['isolation', tenant.isolation],
    ['intraTenant', tenant.intraTenant],
    ...tenant.segments.map((segment) => [`segment ${segment}`, true] as const),
    ...tenant.services.map((service) => [`service ${service.name}`, service] as const),
  ];
}

function policyAspects({ egress, ingress, qos }: Policy): (readonly [string, unknown, Rule?])[] {
  return [
    ...egress.map((rule) => [`egress ${rule.id}`, true, rule] as const),
    ...ingress.map((rule) => [`ingress ${rule.id}`, true, rule] as const),
    ...(qos === undefined ? [] : [['qos', qos] as const]),
  ];
}
