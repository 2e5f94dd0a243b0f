import type { Kinds } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import type { Endpoint, External, Host, Policy, Shard, Tenant } from '../../../events/estate.ts';
import { segmentOf } from '../../../events/names.ts';
import { HostDocuments, type HostEntry } from './host-documents.ts';

/** The revocation limit of a shard that is not known. */
export const defaultRevocationLimitSeconds = 60;

/** A port: an interface of a host. It is the only fact about a workload that the workload cannot forge. */
export interface Port {
  readonly host: string;
  readonly interface: string;
}

/** The endpoint or external at a port, according to the documents. */
export interface Occupant {
  /** An endpoint may be called as its segment is, so that no name tells what it is. */
  readonly kind: 'endpoint' | 'external';
  /** `tenant/endpoint`, or the external's name. */
  readonly name: string;
  /** The segment or external that it belongs to. */
  readonly end: string;
  /** Addresses of an endpoint, CIDRs of an external. */
  readonly ips: readonly string[];
  /** False once no document names the port any longer: it keeps its last occupant. */
  readonly documented: boolean;
}

/** The documents in force. */
export interface Documents {
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly policies: ReadonlyMap<string, Policy>;
  /** Tenants in quarantine; the value has no meaning. */
  readonly quarantinedTenants: ReadonlyMap<string, true>;
  /** Segments (`tenant/segment`) and externals that are in quarantine by themselves. */
  readonly quarantinedEnds: ReadonlyMap<string, true>;
  readonly externals: ReadonlyMap<string, External>;
  /** Retired hosts too, until they have acknowledged that they hold nothing: they may still send. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** By hostKey, retired hosts until then: a name may be in use in another shard by then, under another tunnel address. */
  readonly formerHosts: ReadonlyMap<string, Host>;
  /** Retired shards too: their limits count for hosts that are not empty yet. */
  readonly shards: ReadonlyMap<string, Shard>;
  /** By `tenant/endpoint`. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** By portKey. */
  readonly occupants: ReadonlyMap<string, Occupant>;
  /** By portKey, the ends of former occupants of a port that has changed hands, the last one at the end. */
  readonly formerEnds: ReadonlyMap<string, readonly string[]>;
}

/** A text that tells ports apart: no host's name has a space. */
export function portKey(port: Port): string {
  return `${port.host} ${port.interface}`;
}

/** Takes one change of the documents back. */
export type Undo = (documents: DocumentFold) => void;

/** The kinds of events that change no document that the verifier judges by. */
type LeftAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
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
  #undo: Undo[] = [];
  #limitSecondsMax = defaultRevocationLimitSeconds;

  /** Starts from a copy of other documents, or from none. */
  constructor(from?: Documents) {
    this.tenants = new Map(from?.tenants);
    this.policies = new Map(from?.policies);
    this.quarantinedTenants = new Map(from?.quarantinedTenants);
    this.quarantinedEnds = new Map(from?.quarantinedEnds);
    this.externals = new Map(from?.externals);
    this.hosts = new Map(from?.hosts);
    this.formerHosts = new Map(from?.formerHosts);
    this.shards = new Map(from?.shards);
    this.endpoints = new Map(from?.endpoints);
    this.occupants = new Map(from?.occupants);
    this.formerEnds = new Map(from?.formerEnds);
  }

  /** The longest revocation limit that any shard has had so far. */
  get limitSecondsMax(): number {
    return this.#limitSecondsMax;
  }

  /** Follows the entries of a batch. Returns the functions that undo them, to be called in this order. */
  follow(entries: readonly Entry[]): Undo[] {
    this.#undo = [];
    for (const entry of entries) this.#take(entry);
    return this.#undo.reverse();
  }

  #take(entry: Entry): void {
    switch (entry.type) {
      case 'TenantRegistered':
      case 'TenantChanged':
        this.#put(({ tenants }) => tenants, entry.data.tenant, entry.data);
        this.#releaseSegments(entry.data);
        break;
      case 'TenantRetired':
        this.#retireTenant(entry.data.tenant);
        break;
      case 'TenantQuarantined':
        this.#put(({ quarantinedTenants }) => quarantinedTenants, entry.data.tenant, true);
        break;
      case 'TenantReleased':
        this.#put(({ quarantinedTenants }) => quarantinedTenants, entry.data.tenant, undefined);
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
        this.#put(({ policies }) => policies, entry.data.policy.tenant, entry.data.policy);
        break;
      case 'PolicyRevoked':
        this.#put(({ policies }) => policies, entry.data.tenant, undefined);
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
        this.#put(({ shards }) => shards, entry.data.shard, entry.data);
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
    for (const [name, document] of changes.hosts) this.#put(({ hosts }) => hosts, name, document);
    for (const [key, document] of changes.formerHosts)
      if (this.formerHosts.get(key) !== document) this.#put(({ formerHosts }) => formerHosts, key, document);
  }

  /** A tenant that comes again under the same name starts anew. */
  #retireTenant(tenant: string): void {
    for (const [key, endpoint] of [...this.endpoints]) {
      if (!key.startsWith(`${tenant}/`)) continue;
      this.#vacate(endpoint, key);
      this.#put(({ endpoints }) => endpoints, key, undefined);
    }
    this.#put(({ policies }) => policies, tenant, undefined);
    this.#put(({ quarantinedTenants }) => quarantinedTenants, tenant, undefined);
    this.#releaseSegments({ tenant, segments: [] });
    this.#put(({ tenants }) => tenants, tenant, undefined);
  }

  #cutEnd(end: string, value: true | undefined): void {
    this.#put(({ quarantinedEnds }) => quarantinedEnds, end, value);
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
    this.#put(({ externals }) => externals, name, undefined);
    this.#cutEnd(name, undefined);
  }

  #put<Value>(
    pick: (documents: DocumentFold) => Map<string, Value>,
    key: string,
    value: Value | undefined,
  ): void {
    const before = pick(this).get(key);
    this.#undo.push((documents) => {
      assign(pick(documents), key, before);
    });
    assign(pick(this), key, value);
  }

  #putExternal(external: External): void {
    const name = external.external;
    const before = this.externals.get(name)?.gateway;
    if (before !== undefined) this.#vacate(before, name);
    this.#put(({ externals }) => externals, name, external);
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
      this.#put(({ endpoints }) => endpoints, key, undefined);
    }
    for (const endpoint of put) {
      const name = `${tenant}/${endpoint.name}`;
      this.#put(({ endpoints }) => endpoints, name, endpoint);
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
    this.#put(({ occupants }) => occupants, key, occupant);
  }

  /** Leaves the last occupant at the port, unless another one has taken the port over meanwhile. */
  #vacate(port: Port, name: string): void {
    const occupant = this.occupants.get(portKey(port));
    if (occupant?.name === name) this.#occupy(port, { ...occupant, documented: false });
  }
}

function assign<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
