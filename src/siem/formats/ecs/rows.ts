import type { EventType } from '../../../../events/catalogue.ts';

/** Where the Elastic Common Schema sorts a kind of event. Its words are those that ECS allows. */
export interface EcsRow {
  readonly kind: 'alert' | 'event' | 'metric' | 'state';
  readonly category: readonly EcsCategory[];
  readonly type: readonly EcsType[];
}

export type EcsCategory = 'configuration' | 'host' | 'network' | 'process';
export type EcsType = 'access' | 'allowed' | 'change' | 'creation' | 'deletion' | 'denied' | 'info' | 'start';

function configuration(...type: readonly EcsType[]): EcsRow {
  return { kind: 'event', category: ['configuration'], type };
}

const created = configuration('creation');
const changed = configuration('change');
const deleted = configuration('deletion');
const told = configuration('info');
/** What a network lets through changes with it. */
const cut: EcsRow = { kind: 'event', category: ['configuration', 'network'], type: ['change', 'denied'] };
const uncut: EcsRow = { kind: 'event', category: ['configuration', 'network'], type: ['change', 'allowed'] };
const onHost: EcsRow = { kind: 'event', category: ['configuration', 'host'], type: ['change'] };

/** What an entry without effect is. */
export const voidRow = told;

/** A kind of event without a row is not compiled: nothing is left out by accident. */
export const rows: Readonly<Record<EventType, EcsRow>> = {
  ShardRegistered: created,
  ShardChanged: changed,
  ShardRetired: deleted,
  HostRegistered: created,
  HostChanged: changed,
  HostRetired: deleted,
  HostGone: deleted,
  ExternalRegistered: created,
  ExternalChanged: changed,
  ExternalRetired: deleted,
  TenantRegistered: created,
  TenantChanged: changed,
  TenantPlaced: changed,
  TenantMoved: changed,
  TenantQuarantined: cut,
  TenantReleased: uncut,
  SegmentQuarantined: cut,
  SegmentReleased: uncut,
  ExternalQuarantined: cut,
  ExternalReleased: uncut,
  TenantRetired: deleted,
  VniReleased: deleted,
  VniAllocated: created,
  EndpointsChanged: changed,
  PolicyEnacted: changed,
  PolicyRevoked: deleted,
  GrantOpened: changed,
  GrantLapsed: changed,
  ChangePlanned: told,
  ChangeApplied: onHost,
  ChangeFailed: onHost,
  HostCleared: onHost,
  ShardHeld: changed,
  ShardResumed: changed,
  BypassOpened: onHost,
  BypassClosed: onHost,
  DriftDetected: { kind: 'alert', category: ['configuration', 'host'], type: ['change'] },
  DriftCorrected: onHost,
  BypassSettled: onHost,
  DropsObserved: { kind: 'event', category: ['network'], type: ['denied', 'info'] },
  // What is told of is traffic that got through, or could.
  IsolationViolated: { kind: 'alert', category: ['network'], type: ['allowed', 'info'] },
  IsolationRestored: { kind: 'event', category: ['network'], type: ['denied', 'info'] },
  IsolationAttested: { kind: 'state', category: ['network'], type: ['info'] },
  EntrySkipped: { kind: 'event', category: ['configuration'], type: ['change'] },
  RoleTaken: { kind: 'event', category: ['process'], type: ['start'] },
  StateKept: told,
};
