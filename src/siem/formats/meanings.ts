import type { EventType } from '../../../events/catalogue.ts';

/** How much an event matters to whoever watches; a consumer's own scale is the format's. */
export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';

/** What kind of thing an event is about. */
export type AboutKind =
  | 'tenant'
  | 'segment'
  | 'external'
  | 'host'
  | 'shard'
  | 'policy'
  | 'role'
  | 'sink'
  | 'state'
  | 'pair'
  | 'scope';

/** What a kind of event says to somebody who watches many systems. */
export interface EventMeaning {
  /** The same words for every event of the kind, so that consumers can count by them. */
  readonly title: string;
  readonly about: AboutKind;
  /** What was done, in one word of few: what consumers filter by. */
  readonly action: string;
  readonly severity: Severity;
  /** What was tried did not succeed. */
  readonly failed?: true;
}

/** What an entry without effect says. */
export const voidMeaning = {
  title: 'Entry without effect',
  action: 'void',
  severity: 'informational',
} as const;

/** What an operator does every day, and what follows from it. */
function routine(about: AboutKind, action: string, title: string): EventMeaning {
  return { title, about, action, severity: 'informational' };
}

/** What somebody should look at soon. */
function grave(about: AboutKind, action: string, title: string): EventMeaning {
  return { title, about, action, severity: 'high' };
}

/** A kind of event without a row is not compiled: nothing is left out by accident. */
export const meanings: Readonly<Record<EventType, EventMeaning>> = {
  ShardRegistered: routine('shard', 'registered', 'Shard registered'),
  ShardChanged: routine('shard', 'changed', 'Shard changed'),
  ShardRetired: routine('shard', 'retired', 'Shard retired'),
  HostRegistered: routine('host', 'registered', 'Host registered'),
  HostChanged: routine('host', 'changed', 'Host changed'),
  HostRetired: routine('host', 'retired', 'Host retired'),
  // A person vouches for what nobody looked at.
  HostGone: grave('host', 'gone', 'Host said to be gone'),
  ExternalRegistered: routine('external', 'registered', 'External registered'),
  ExternalChanged: routine('external', 'changed', 'External changed'),
  ExternalRetired: routine('external', 'retired', 'External retired'),
  TenantRegistered: routine('tenant', 'registered', 'Tenant registered'),
  TenantChanged: routine('tenant', 'changed', 'Tenant changed'),
  TenantPlaced: routine('tenant', 'placed', 'Tenant placed on a shard'),
  TenantMoved: routine('tenant', 'moved', 'Tenant moved to another shard'),
  TenantQuarantined: grave('tenant', 'quarantined', 'Tenant quarantined'),
  TenantReleased: grave('tenant', 'released', 'Tenant released from quarantine'),
  SegmentQuarantined: grave('segment', 'quarantined', 'Segment quarantined'),
  SegmentReleased: grave('segment', 'released', 'Segment released from quarantine'),
  ExternalQuarantined: grave('external', 'quarantined', 'External quarantined'),
  ExternalReleased: grave('external', 'released', 'External released from quarantine'),
  TenantRetired: routine('tenant', 'retired', 'Tenant retired'),
  VniReleased: routine('segment', 'network-released', 'Network identifier released'),
  VniAllocated: routine('segment', 'network-allocated', 'Network identifier allocated'),
  EndpointsChanged: routine('tenant', 'endpoints-changed', 'Workloads changed'),
  PolicyEnacted: routine('policy', 'enacted', 'Policy enacted'),
  PolicyRevoked: routine('policy', 'revoked', 'Policy revoked'),
  GrantOpened: routine('policy', 'grant-opened', 'Grant opened'),
  GrantLapsed: routine('policy', 'grant-lapsed', 'Grant lapsed'),
  ChangePlanned: routine('shard', 'planned', 'Change planned'),
  ChangeApplied: routine('host', 'applied', 'Change applied'),
  ChangeFailed: {
    title: 'Change failed',
    about: 'host',
    action: 'applied',
    severity: 'medium',
    failed: true,
  },
  HostCleared: routine('host', 'cleared', 'Retired host cleared'),
  ShardHeld: { title: 'Shard held', about: 'shard', action: 'held', severity: 'medium' },
  ShardResumed: { title: 'Shard resumed', about: 'shard', action: 'resumed', severity: 'medium' },
  // What is done by hand, nobody has decided in the ledger.
  BypassOpened: grave('host', 'bypass-opened', 'Bypass opened'),
  BypassClosed: grave('host', 'bypass-closed', 'Bypass closed'),
  DriftDetected: grave('host', 'drift-detected', 'Drift detected'),
  DriftCorrected: routine('host', 'drift-corrected', 'Drift corrected'),
  BypassSettled: routine('host', 'bypass-settled', 'Bypass settled'),
  DropsObserved: { title: 'Drops observed', about: 'host', action: 'dropped', severity: 'low' },
  IsolationViolated: { title: 'Isolation violated', about: 'pair', action: 'violated', severity: 'critical' },
  IsolationRestored: routine('pair', 'restored', 'Isolation restored'),
  IsolationAttested: routine('scope', 'attested', 'Isolation attested'),
  EntrySkipped: { title: 'Entry skipped', about: 'sink', action: 'entry-skipped', severity: 'medium' },
  RoleTaken: { title: 'Role taken', about: 'role', action: 'taken', severity: 'low' },
  StateKept: routine('state', 'kept', 'State kept'),
};
