import type { Kinds } from '../../events/catalogue.ts';

/** The kinds of events that leave the directory as it is. */
export type LeavesDirectoryAlone = Kinds<
  // What a program kept of the entries, who works in the service, and what its verifier found is nothing about the estate.
  | 'StateKept'
  | 'RoleTaken'
  | 'EntrySkipped'
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
  // What hosts dropped makes nobody exist.
  | 'DropsObserved'
  // Rules, quarantine and VNIs belong to the intended state.
  | 'PolicyEnacted'
  | 'PolicyRevoked'
  | 'TenantQuarantined'
  | 'TenantReleased'
  | 'SegmentQuarantined'
  | 'SegmentReleased'
  | 'ExternalQuarantined'
  | 'ExternalReleased'
  | 'VniAllocated'
  | 'VniReleased'
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
