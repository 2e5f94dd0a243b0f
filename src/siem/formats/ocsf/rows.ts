import type { EventType } from '../../../../events/catalogue.ts';

/** The classes of OCSF that events are told in. */
export type OcsfClass =
  'base' | 'compliance' | 'detection' | 'entity' | 'lifecycle' | 'network' | 'remediation';

/** The class and the activity in which OCSF tells of a kind of event. */
export interface OcsfRow {
  readonly class: OcsfClass;
  readonly activity: number;
  readonly activityName: string;
}

/** Category and class are numbers of OCSF, the names are its own spelling. */
export const classes: Readonly<
  Record<
    OcsfClass,
    { readonly uid: number; readonly name: string; readonly category: number; readonly categoryName: string }
  >
> = {
  base: { uid: 0, name: 'Base Event', category: 0, categoryName: 'Uncategorized' },
  compliance: { uid: 2003, name: 'Compliance Finding', category: 2, categoryName: 'Findings' },
  detection: { uid: 2004, name: 'Detection Finding', category: 2, categoryName: 'Findings' },
  entity: { uid: 3004, name: 'Entity Management', category: 3, categoryName: 'Identity & Access Management' },
  network: { uid: 4001, name: 'Network Activity', category: 4, categoryName: 'Network Activity' },
  lifecycle: {
    uid: 6002,
    name: 'Application Lifecycle',
    category: 6,
    categoryName: 'Application Activity',
  },
  remediation: { uid: 7001, name: 'Remediation Activity', category: 7, categoryName: 'Remediation' },
};

const created = entity(1, 'Create');
const updated = entity(3, 'Update');
const deleted = entity(4, 'Delete');
const enrolled = entity(6, 'Enroll');
const unenrolled = entity(7, 'Unenroll');
const activated = entity(10, 'Activate');
const deactivated = entity(11, 'Deactivate');
const suspended = entity(12, 'Suspend');
const resumed = entity(13, 'Resume');

/** What OCSF has no class for. */
export function other(activityName: string): OcsfRow {
  return { class: 'base', activity: 99, activityName };
}

function entity(activity: number, activityName: string): OcsfRow {
  return { class: 'entity', activity, activityName };
}

/** A kind of event without a row is not compiled: nothing is left out by accident. */
export const rows: Readonly<Record<EventType, OcsfRow>> = {
  ShardRegistered: created,
  ShardChanged: updated,
  ShardRetired: deleted,
  HostRegistered: created,
  HostChanged: updated,
  HostRetired: deleted,
  HostGone: deleted,
  ExternalRegistered: created,
  ExternalChanged: updated,
  ExternalRetired: deleted,
  TenantRegistered: created,
  TenantChanged: updated,
  TenantPlaced: enrolled,
  TenantMoved: entity(5, 'Move'),
  TenantQuarantined: suspended,
  TenantReleased: resumed,
  SegmentQuarantined: suspended,
  SegmentReleased: resumed,
  ExternalQuarantined: suspended,
  ExternalReleased: resumed,
  TenantRetired: deleted,
  VniReleased: unenrolled,
  VniAllocated: enrolled,
  EndpointsChanged: updated,
  PolicyEnacted: updated,
  PolicyRevoked: deleted,
  GrantOpened: activated,
  GrantLapsed: deactivated,
  ChangePlanned: entity(99, 'Plan'),
  ChangeApplied: activated,
  ChangeFailed: activated,
  HostCleared: deactivated,
  ShardHeld: suspended,
  ShardResumed: resumed,
  BypassOpened: suspended,
  BypassClosed: resumed,
  DriftDetected: { class: 'compliance', activity: 1, activityName: 'Create' },
  DriftCorrected: { class: 'remediation', activity: 3, activityName: 'Restore' },
  BypassSettled: entity(99, 'Settle'),
  DropsObserved: { class: 'network', activity: 5, activityName: 'Refuse' },
  IsolationViolated: { class: 'detection', activity: 1, activityName: 'Create' },
  IsolationRestored: { class: 'detection', activity: 3, activityName: 'Close' },
  IsolationAttested: { class: 'compliance', activity: 1, activityName: 'Create' },
  EntrySkipped: other('Skip'),
  RoleTaken: { class: 'lifecycle', activity: 3, activityName: 'Start' },
  StateKept: other('Keep'),
};
