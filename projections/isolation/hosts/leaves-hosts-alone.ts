import type { Kinds } from '../../../events/catalogue.ts';

/** The kinds of events that do not change which sets hosts may hold. */
export type LeavesHostsAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
  // What the verifier found changes nothing by itself.
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
  // What hosts dropped says nothing of what they hold.
  | 'DropsObserved'
  // The host may be at its last acknowledged plan, or at any later plan. That was so before the failure too.
  | 'ChangeFailed'
  // These tell the shard's applier what to plan. Its plans are events of their own.
  | 'ShardHeld'
  | 'ShardResumed'
  // The hosts of a retired shard keep their sets until each host is cleared.
  | 'ShardRetired'
  // Documents that name no host are folded elsewhere.
  | 'ExternalRegistered'
  | 'ExternalChanged'
  | 'ExternalRetired'
  | 'TenantRegistered'
  | 'TenantChanged'
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'TenantQuarantined'
  | 'TenantReleased'
  | 'SegmentQuarantined'
  | 'SegmentReleased'
  | 'ExternalQuarantined'
  | 'ExternalReleased'
  | 'TenantRetired'
  | 'VniReleased'
  | 'VniAllocated'
  | 'EndpointsChanged'
  | 'PolicyEnacted'
  | 'PolicyRevoked'
  | 'GrantOpened'
  | 'GrantLapsed'
>;
