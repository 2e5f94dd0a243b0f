import {
  aboutTenant,
  aboutSegment,
  aboutExternal,
  aboutHost,
  aboutShard,
  aboutBound,
  aboutOverlay,
  aboutObserved,
} from './about.ts';
import { attestedRow } from './attestation.ts';
import * as bypass from './bypass.ts';
import * as estate from './estate.ts';
import type { EventKind } from './event-kind.ts';
import { otherDigests, seenByMark } from './former-versions.ts';
import * as kept from './kept.ts';
import * as observation from './observation.ts';
import * as overlay from './overlay.ts';
import * as service from './service.ts';
import * as verification from './verification.ts';

function kind<Data>(row: EventKind<Data>): EventKind<Data> {
  return row;
}

/** Every event that this version records and reads. Names are facts in the past tense. */
export const catalogue = {
  ShardRegistered: kind({
    version: 1,
    meaning: 'A shard of the overlay exists, with its driver, tunnel type and VNI range.',
    schema: estate.shard,
    ...aboutShard,
  }),
  ShardChanged: kind({
    version: 1,
    meaning: "A shard's document was replaced.",
    schema: estate.shard,
    ...aboutShard,
  }),
  ShardRetired: kind({
    version: 1,
    meaning: 'A shard is no longer part of the overlay; its hosts are emptied.',
    schema: estate.shardRetired,
    ...aboutShard,
  }),
  HostRegistered: kind({
    version: 1,
    meaning: 'A hypervisor belongs to a shard and has a tunnel address.',
    schema: estate.host,
    ...aboutHost,
  }),
  HostChanged: kind({
    version: 1,
    meaning: "A host's document was replaced.",
    schema: estate.host,
    ...aboutHost,
  }),
  HostRetired: kind({
    version: 1,
    meaning: 'A hypervisor no longer belongs to the overlay; its shard empties it.',
    schema: estate.hostRetired,
    ...aboutHost,
  }),
  HostGone: kind({
    version: 1,
    meaning: 'A person vouches that what a host was is off for good, or never was: it holds nothing.',
    schema: estate.hostGone,
    ...aboutHost,
  }),
  ExternalRegistered: kind({
    version: 1,
    meaning: 'Something outside the overlay has a name, addresses and perhaps a gateway.',
    schema: estate.external,
    ...aboutExternal,
  }),
  ExternalChanged: kind({
    version: 1,
    meaning: "An external's document was replaced.",
    schema: estate.external,
    ...aboutExternal,
  }),
  ExternalRetired: kind({
    version: 1,
    meaning: 'An external is no longer known.',
    schema: estate.externalNamed,
    ...aboutExternal,
  }),
  TenantRegistered: kind({
    version: 1,
    meaning: 'A tenant exists, with its classification, segments and services.',
    schema: estate.tenant,
    ...aboutTenant,
  }),
  TenantChanged: kind({
    version: 1,
    meaning: "A tenant's document was replaced.",
    schema: estate.tenant,
    ...aboutTenant,
  }),
  TenantPlaced: kind({
    version: 1,
    meaning: 'A tenant stands on a shard for the first time.',
    schema: estate.tenantPlaced,
    ...aboutTenant,
  }),
  TenantMoved: kind({
    version: 1,
    meaning: 'A tenant left one shard for another.',
    schema: estate.tenantMoved,
    ...aboutTenant,
  }),
  TenantQuarantined: kind({
    version: 1,
    meaning: 'Every flow into and out of a tenant is cut, above every grant, until it is released.',
    schema: estate.tenantNamed,
    ...aboutTenant,
  }),
  TenantReleased: kind({
    version: 1,
    meaning: 'A tenant is no longer in quarantine: its grants count again.',
    schema: estate.tenantNamed,
    ...aboutTenant,
  }),
  SegmentQuarantined: kind({
    version: 1,
    meaning:
      "Every flow into and out of a segment is cut, those with its own tenant's other segments included, until it is released.",
    schema: estate.segmentNamed,
    ...aboutTenant,
  }),
  SegmentReleased: kind({
    version: 1,
    meaning: 'A segment is no longer in quarantine by itself; its tenant may still be.',
    schema: estate.segmentNamed,
    ...aboutTenant,
  }),
  ExternalQuarantined: kind({
    version: 1,
    meaning: 'Every flow from and to an external is cut, above every grant, until it is released.',
    schema: estate.externalNamed,
    ...aboutExternal,
  }),
  ExternalReleased: kind({
    version: 1,
    meaning: 'An external is no longer in quarantine: grants from and to it count again.',
    schema: estate.externalNamed,
    ...aboutExternal,
  }),
  TenantRetired: kind({
    version: 1,
    meaning: 'A tenant is no more; its policy, endpoints and VNIs went before.',
    schema: estate.tenantNamed,
    ...aboutTenant,
  }),
  VniReleased: kind({
    version: 1,
    meaning:
      'A segment or external no longer holds its VNI; no host may get it anew before all have let it go.',
    schema: estate.vniOf,
    ...aboutSegment,
  }),
  VniAllocated: kind({
    version: 1,
    meaning: 'A segment, or an external with a gateway, holds a VNI of a shard.',
    schema: estate.vniOf,
    ...aboutSegment,
  }),
  EndpointsChanged: kind({
    version: 1,
    meaning: 'Workloads of a tenant were attached, changed or removed.',
    schema: estate.endpointsChanged,
    ...aboutTenant,
  }),
  PolicyEnacted: kind({
    version: 1,
    meaning: "A tenant's policy is in force, replacing the one before it.",
    schema: estate.policyEnacted,
    subject: ({ policy }) => `tenant/${policy.tenant}`,
    tenant: ({ policy }) => policy.tenant,
  }),
  PolicyRevoked: kind({
    version: 1,
    meaning: "A tenant's policy is no longer in force, and nothing took its place.",
    schema: estate.tenantNamed,
    ...aboutTenant,
  }),
  GrantOpened: kind({
    version: 1,
    meaning: "A rule's time came (`from`), noted for the applier: answers judge bounds by themselves.",
    schema: estate.boundPassed,
    ...aboutBound,
  }),
  GrantLapsed: kind({
    version: 1,
    meaning: "A rule's time is over (`expires`), noted for the applier: answers judge bounds by themselves.",
    schema: estate.boundPassed,
    ...aboutBound,
  }),
  ChangePlanned: kind({
    version: 4,
    meaning: "A shard's hosts are to hold another set of overlay objects.",
    schema: overlay.changePlanned,
    ...aboutOverlay,
    ...otherDigests,
  }),
  ChangeApplied: kind({
    version: 3,
    meaning: 'A host acknowledged that it holds the planned set.',
    schema: overlay.changeApplied,
    ...aboutOverlay,
    ...otherDigests,
    ...seenByMark,
  }),
  ChangeFailed: kind({
    version: 2,
    meaning: 'A host did not take the planned set.',
    schema: overlay.changeFailed,
    ...aboutOverlay,
    // Version 2 may name the plan that the host holds.
    upcasters: { 1: (data) => data },
  }),
  HostCleared: kind({
    version: 2,
    meaning: 'A retired host acknowledged that it holds nothing any longer.',
    schema: overlay.hostCleared,
    ...aboutOverlay,
    ...otherDigests,
  }),
  ShardHeld: kind({
    version: 2,
    meaning: "A shard's applier keeps to a past state, but for quarantine, until the shard is resumed.",
    schema: overlay.shardHeld,
    ...aboutOverlay,
    // Version 2 may say that exposure was accepted.
    upcasters: { 1: (data) => data },
  }),
  ShardResumed: kind({
    version: 1,
    meaning: "A shard's applier follows the events again.",
    schema: overlay.shardResumed,
    ...aboutOverlay,
  }),
  BypassOpened: kind(bypass.openedRow),
  BypassClosed: kind(bypass.closedRow),
  DriftDetected: kind({
    version: 3,
    meaning: 'A host was read and does not hold what it acknowledged.',
    schema: observation.driftDetected,
    ...aboutObserved,
    ...otherDigests,
  }),
  DriftCorrected: kind({
    version: 3,
    meaning: 'A host that had drifted holds what was planned again.',
    schema: observation.driftCorrected,
    ...aboutObserved,
    ...otherDigests,
    ...seenByMark,
  }),
  BypassSettled: kind(bypass.settledRow),
  DropsObserved: kind(observation.dropsRow),
  IsolationViolated: kind(verification.violatedRow),
  IsolationRestored: kind(verification.restoredRow),
  IsolationAttested: kind(attestedRow),
  StateKept: kind({
    version: 1,
    meaning: 'What the entries before it come to was kept in a file, for which this entry vouches.',
    schema: kept.stateKept,
    subject: ({ projection }) => `state/${projection}`,
  }),
  RoleTaken: kind({
    version: 1,
    meaning:
      'A process took a role of the service; what an earlier holder still records as that role is refused.',
    schema: service.roleTaken,
    subject: ({ role }) => service.roleSubject(role),
  }),
  EntrySkipped: kind({
    version: 1,
    meaning: 'Somebody decided that a sink is not delivered an entry, which its receiver refuses.',
    schema: service.entrySkipped,
    subject: ({ sink }) => `sink/${sink}`,
  }),
};

type Catalogue = typeof catalogue;
export type EventType = keyof Catalogue;
export type EventData<Type extends EventType> = Catalogue[Type] extends EventKind<infer Data> ? Data : never;
/**
 * Kinds of event by their names, each of which the catalogue must have. A switch that leaves kinds alone ends in
 * `default: event.type satisfies Kinds<...>`: the compiler then names that place when a kind is added.
 */
export type Kinds<Type extends EventType> = Type;
/** An event without its envelope, discriminated by `type`. */
export type DomainEvent = {
  [Type in EventType]: { readonly type: Type; readonly data: EventData<Type> };
}[EventType];
