import type { Kinds } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import type { Endpoint, External, Host, Policy, Shard, Tenant } from '../../../events/estate.ts';
import { segmentOf } from '../../../events/names.ts';
import {
  ChangedDocuments,
  mapsOf,
  restore,
  type DocumentMaps,
  type Documents,
  type DocumentsBefore,
  type DocumentValues,
  type KindOfDocument,
  type Occupant,
} from './document-maps.ts';
import { HostDocuments, type HostEntry } from './host-documents.ts';

/** The revocation limit of a shard that is not known. */
export const defaultRevocationLimitSeconds = 60;

export type { Documents, Occupant } from './document-maps.ts';

/** A port: an interface of a host. It is the only fact about a workload that the workload cannot forge. */
export interface Port {
  readonly host: string;
  readonly interface: string;
}

/** A text that tells ports apart: no host's name has a space. */
export function portKey(port: Port): string {
  return `${port.host} ${port.interface}`;
}

/** The kinds of events that change no document that the verifier judges by. */
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
  // What hosts dropped was declared by nobody.
  | 'DropsObserved'
  // Placement shows in the overlay objects.
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'VniAllocated'
  | 'VniReleased'
  // The shard's limit still counts for hosts that are not empty yet.
  | 'ShardRetired'
  // Time bounds are judged by themselves, at the instant asked about.
  | 'GrantOpened'
  | 'GrantLapsed'
  // The objects on hosts are folded elsewhere, by acknowledgements.
  | 'ChangePlanned'
  | 'ChangeFailed'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DriftDetected'
  | 'DriftCorrected'
>;

/** The documents as they change. */
export class DocumentFold implements Documents {
  readonly tenants: Map<string, Tenant>;
  readonly policies: Map<string, Policy>;
  readonly quarantinedTenants: Map<string, true>;
  readonly quarantinedEnds: Map<string, true>;
  readonly externals: Map<string, External>;
  readonly hosts: Map<string, Host>;
  readonly formerHosts: Map<string, Host>;
  readonly shards: Map<string, Shard>;
  readonly endpoints: Map<string, Endpoint>;
  readonly occupants: Map<string, Occupant>;
  /** Followed forwards only, as departures are. */
  readonly formerEnds: Map<string, readonly string[]>;
  /** It is followed forwards only, so it is never undone. */
  readonly #hostDocuments = new HostDocuments();
  readonly #maps: DocumentMaps;
  #changed = new ChangedDocuments();
  #limitSecondsMax = defaultRevocationLimitSeconds;

  /** Starts from a copy of other documents, or from none. */
  constructor(from?: Documents) {
    const maps = mapsOf(from);
    this.#maps = maps;
    this.tenants = maps.tenants;
    this.policies = maps.policies;
    this.quarantinedTenants = maps.quarantinedTenants;
    this.quarantinedEnds = maps.quarantinedEnds;
    this.externals = maps.externals;
    this.hosts = maps.hosts;
    this.formerHosts = maps.formerHosts;
    this.shards = maps.shards;
    this.endpoints = maps.endpoints;
    this.occupants = maps.occupants;
    this.formerEnds = new Map(from?.formerEnds);
  }

  /** The longest revocation limit that any shard has had so far. */
  get limitSecondsMax(): number {
    return this.#limitSecondsMax;
  }

  /** Follows the entries of a batch. Returns what they changed, as it was before; undefined if they changed nothing. */
  follow(entries: readonly Entry[]): DocumentsBefore | undefined {
    this.#changed = new ChangedDocuments();
    for (const entry of entries) this.#take(entry);
    return this.#changed.before;
  }

  /** Goes back by what one batch changed, the last one first. */
  takeBack(before: DocumentsBefore): void {
    restore(this.#maps, before);
  }

  #take(entry: Entry): void {
    switch (entry.type) {
      case 'TenantRegistered':
      case 'TenantChanged':
        this.#put('tenants', entry.data.tenant, entry.data);
        this.#releaseSegments(entry.data);
        break;
      case 'TenantRetired':
        this.#retireTenant(entry.data.tenant);
        break;
      case 'TenantQuarantined':
        this.#put('quarantinedTenants', entry.data.tenant, true);
        break;
      case 'TenantReleased':
        this.#put('quarantinedTenants', entry.data.tenant, undefined);
        break;
      case 'SegmentQuarantined':
      case 'SegmentReleased':
        this.#cutEnd(
          segmentOf(entry.data.tenant, entry.data.segment),
          entry.type === 'SegmentQuarantined' ? true : undefined,
        );
        break;
      case 'ExternalQuarantined':
      case 'ExternalReleased':
        this.#cutEnd(entry.data.external, entry.type === 'ExternalQuarantined' ? true : undefined);
        break;
      case 'PolicyEnacted':
        this.#put('policies', entry.data.policy.tenant, entry.data.policy);
        break;
      case 'PolicyRevoked':
        this.#put('policies', entry.data.tenant, undefined);
        break;
      case 'HostRegistered':
      case 'HostChanged':
      case 'HostRetired':
      case 'HostCleared':
      case 'HostGone':
      case 'ChangeApplied':
        this.#changeHosts(entry);
        break;
      case 'ShardRegistered':
      case 'ShardChanged':
        this.#limitSecondsMax = Math.max(this.#limitSecondsMax, entry.data.revocationLimitSeconds);
        this.#put('shards', entry.data.shard, entry.data);
        break;
      case 'ExternalRegistered':
      case 'ExternalChanged':
        this.#putExternal(entry.data);
        break;
      case 'ExternalRetired':
        this.#retireExternal(entry.data.external);
        break;
      case 'EndpointsChanged':
        this.#changeEndpoints(entry.data);
        break;
      default:
        entry.type satisfies LeftAlone;
    }
  }

  #changeHosts(entry: HostEntry): void {
    const changes = this.#hostDocuments.take(entry, this.hosts);
    for (const [name, document] of changes.hosts) this.#put('hosts', name, document);
    for (const [key, document] of changes.formerHosts)
      if (this.formerHosts.get(key) !== document) this.#put('formerHosts', key, document);
  }

  /** A tenant that comes again under the same name starts anew. */
  #retireTenant(tenant: string): void {
    for (const [key, endpoint] of [...this.endpoints]) {
      if (!key.startsWith(`${tenant}/`)) continue;
      this.#vacate(endpoint, key);
      this.#put('endpoints', key, undefined);
    }
    this.#put('policies', tenant, undefined);
    this.#put('quarantinedTenants', tenant, undefined);
    this.#releaseSegments({ tenant, segments: [] });
    this.#put('tenants', tenant, undefined);
  }

  #cutEnd(end: string, value: true | undefined): void {
    this.#put('quarantinedEnds', end, value);
  }

  /** A segment that is gone takes its quarantine along: one that comes again under the same name starts anew. */
  #releaseSegments({ tenant, segments }: Pick<Tenant, 'tenant' | 'segments'>): void {
    for (const end of [...this.quarantinedEnds.keys()]) {
      const [holder, segment] = end.split('/');
      if (holder === tenant && segment !== undefined && !segments.includes(segment))
        this.#cutEnd(end, undefined);
    }
  }

  #retireExternal(name: string): void {
    const gateway = this.externals.get(name)?.gateway;
    if (gateway !== undefined) this.#vacate(gateway, name);
    this.#put('externals', name, undefined);
    this.#cutEnd(name, undefined);
  }

  #put<Each extends KindOfDocument>(kind: Each, key: string, value: DocumentValues[Each] | undefined): void {
    this.#changed.put(this.#maps, { kind, key, value });
  }

  #putExternal(external: External): void {
    const name = external.external;
    const before = this.externals.get(name)?.gateway;
    if (before !== undefined) this.#vacate(before, name);
    this.#put('externals', name, external);
    if (external.gateway !== undefined) {
      const occupant = { kind: 'external', name, end: name, ips: external.cidrs, documented: true } as const;
      this.#occupy(external.gateway, occupant);
    }
  }

  #changeEndpoints(change: { tenant: string; put: Endpoint[]; removed: string[] }): void {
    const { tenant, put, removed } = change;
    for (const name of [...removed, ...put.map((endpoint) => endpoint.name)]) {
      const key = `${tenant}/${name}`;
      const before = this.endpoints.get(key);
      if (before !== undefined) this.#vacate(before, key);
      this.#put('endpoints', key, undefined);
    }
    for (const endpoint of put) {
      const name = `${tenant}/${endpoint.name}`;
      this.#put('endpoints', name, endpoint);
      const end = segmentOf(tenant, endpoint.segment);
      this.#occupy(endpoint, { kind: 'endpoint', name, end, ips: endpoint.ips, documented: true });
    }
  }

  #occupy(port: Port, occupant: Occupant): void {
    const key = portKey(port);
    const before = this.occupants.get(key)?.end;
    if (before !== undefined && before !== occupant.end) {
      const others = (this.formerEnds.get(key) ?? []).filter((end) => end !== before);
      this.formerEnds.set(key, [...others, before]);
    }
    this.#put('occupants', key, occupant);
  }

  /** Leaves the last occupant at the port, unless another one has taken the port over meanwhile. */
  #vacate(port: Port, name: string): void {
    const occupant = this.occupants.get(portKey(port));
    if (occupant?.name === name) this.#occupy(port, { ...occupant, documented: false });
  }
}
