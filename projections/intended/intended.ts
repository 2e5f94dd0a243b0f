import type { DomainEvent, Kinds } from '../../events/catalogue.ts';
import type { Policy } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { copyDirectory, emptyDirectory, foldDirectory, type Directory } from '../directory/directory.ts';
import { ChangeLog, everyone } from '../fold/change-log.ts';
import { Layer } from '../fold/layer.ts';
import { Relation } from '../fold/relation.ts';
import { namesIn } from './name-index.ts';
import { copyQuarantine, foldQuarantine, noQuarantine, type Quarantine } from './quarantine.ts';

/** The intended state of the overlay: the directory, the policies in force, and the VNIs that segments hold. */
export interface Intended {
  readonly directory: Directory;
  readonly policies: Map<string, Policy>;
  /** Index: by name as written in rules, the tenants whose policies in force use it. */
  readonly naming: Relation<string>;
  /** No traffic flows into or out of what is in quarantine, whatever the policies say. */
  readonly quarantine: Quarantine;
  /** By segment, or by external with a gateway. */
  readonly vnis: Map<string, AllocatedVni>;
  /** Index: by VNI, the end that has it. */
  readonly vniHolders: Relation<number>;
  /** Index: by shard, the ends that have a VNI of it. */
  readonly shardHolders: Relation<string>;
  /** The tenants that events touched since the state was begun or loaded. */
  readonly changes: ChangeLog;
}

export interface AllocatedVni {
  readonly shard: string;
  readonly vni: number;
}

export function emptyIntended(): Intended {
  return {
    directory: emptyDirectory(),
    policies: new Map(),
    naming: new Relation(),
    quarantine: noQuarantine(),
    vnis: new Map(),
    vniHolders: new Relation(),
    shardHolders: new Relation(),
    changes: new ChangeLog(),
  };
}

/**
 * A copy that can be folded further without touching the original. It is valid until the original is folded further.
 */
export function copyIntended(intended: Intended): Intended {
  return {
    directory: copyDirectory(intended.directory),
    policies: new Layer(intended.policies),
    naming: new Relation(intended.naming),
    quarantine: copyQuarantine(intended.quarantine),
    vnis: new Layer(intended.vnis),
    vniHolders: new Relation(intended.vniHolders),
    shardHolders: new Relation(intended.shardHolders),
    changes: new ChangeLog(),
  };
}

/** Puts a tenant's policy in force; undefined takes it out of force. */
export function putPolicy({ policies, naming }: Intended, tenant: string, policy: Policy | undefined): void {
  for (const name of namesIn(policies.get(tenant))) naming.remove(name, tenant);
  for (const name of namesIn(policy)) naming.add(name, tenant);
  if (policy === undefined) policies.delete(tenant);
  else policies.set(tenant, policy);
}

/** Gives an end a VNI; undefined takes its VNI away. */
export function putVni(
  { vnis, vniHolders, shardHolders }: Intended,
  end: string,
  allocated: AllocatedVni | undefined,
): void {
  const before = vnis.get(end);
  if (before !== undefined) {
    vniHolders.remove(before.vni, end);
    shardHolders.remove(before.shard, end);
  }
  if (allocated === undefined) {
    vnis.delete(end);
    return;
  }
  vnis.set(end, allocated);
  vniHolders.add(allocated.vni, end);
  shardHolders.add(allocated.shard, end);
}

/** Folds one event into the given state. Total over all events. */
export function foldIntended(intended: Intended, event: DomainEvent): void {
  const touched = touchedBy(event);
  if (touched !== undefined) intended.changes.note(touched);
  foldQuarantine(intended.quarantine, event);
  switch (event.type) {
    case 'PolicyEnacted':
      putPolicy(intended, event.data.policy.tenant, event.data.policy);
      return;
    case 'PolicyRevoked':
      putPolicy(intended, event.data.tenant, undefined);
      return;
    case 'TenantRetired':
      putPolicy(intended, event.data.tenant, undefined);
      foldDirectory(intended.directory, event);
      return;
    case 'VniAllocated':
      putVni(intended, event.data.segment, { shard: event.data.shard, vni: event.data.vni });
      return;
    case 'VniReleased':
      putVni(intended, event.data.segment, undefined);
      return;
    case 'ShardRegistered':
    case 'ShardChanged':
    case 'ShardRetired':
    case 'HostRegistered':
    case 'HostChanged':
    case 'HostRetired':
    case 'HostCleared':
    case 'HostGone':
    case 'ExternalRegistered':
    case 'ExternalChanged':
    case 'ExternalRetired':
    case 'TenantRegistered':
    case 'TenantChanged':
    case 'TenantPlaced':
    case 'TenantMoved':
    case 'EndpointsChanged':
      foldDirectory(intended.directory, event);
      return;
    default:
      event.type satisfies LeftAlone;
  }
}

/** The kinds of events that leave the intended state as it is. */
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
  // What hosts dropped was attempted, which nobody may intend.
  | 'DropsObserved'
  // Folded apart, for every event.
  | 'TenantQuarantined'
  | 'TenantReleased'
  | 'SegmentQuarantined'
  | 'SegmentReleased'
  | 'ExternalQuarantined'
  | 'ExternalReleased'
  // Every reader judges time bounds by itself. These events only say that a bound has passed.
  | 'GrantOpened'
  | 'GrantLapsed'
  // The objects on hosts belong to the applied state.
  | 'ChangePlanned'
  | 'ChangeApplied'
  | 'ChangeFailed'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DriftDetected'
  | 'DriftCorrected'
>;

/**
 * The tenant whose part of the intended state an event changes. `everyone` for inventory; undefined for events about
 * hosts.
 */
function touchedBy(event: DomainEvent): string | undefined {
  switch (event.type) {
    case 'ShardRegistered':
    case 'ShardChanged':
    case 'ShardRetired':
    case 'HostRegistered':
    case 'HostChanged':
    case 'HostRetired':
    case 'ExternalRegistered':
    case 'ExternalChanged':
    case 'ExternalRetired':
    case 'ExternalQuarantined':
    case 'ExternalReleased':
      return everyone;
    case 'PolicyEnacted':
      return event.data.policy.tenant;
    case 'VniAllocated':
    case 'VniReleased':
      return tenantOf(event.data.segment) ?? everyone;
    case 'TenantRegistered':
    case 'TenantChanged':
    case 'TenantPlaced':
    case 'TenantMoved':
    case 'TenantQuarantined':
    case 'TenantReleased':
    case 'SegmentQuarantined':
    case 'SegmentReleased':
    case 'TenantRetired':
    case 'EndpointsChanged':
    case 'PolicyRevoked':
    case 'GrantOpened':
    case 'GrantLapsed':
      return event.data.tenant;
    case 'ChangePlanned':
    case 'ChangeApplied':
    case 'ChangeFailed':
    case 'HostCleared':
    case 'HostGone':
    case 'ShardHeld':
    case 'ShardResumed':
    case 'BypassOpened':
    case 'BypassClosed':
    case 'BypassSettled':
    case 'DriftDetected':
    case 'DriftCorrected':
    case 'DropsObserved':
    case 'StateKept':
    case 'RoleTaken':
    case 'EntrySkipped':
    case 'IsolationViolated':
    case 'IsolationRestored':
    case 'IsolationAttested':
      return undefined;
  }
}
