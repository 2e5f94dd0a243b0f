import type { Kinds } from '../../events/catalogue.ts';
import type { Entry } from '../../events/entry.ts';
import type { BoundPassed, Policy, Rule } from '../../events/estate.ts';

/**
 * Time bounds of rules that are to come, or have passed and are not recorded. A bound that lay in the past when its
 * policy was enacted is not among them: it was judged with the policy.
 */
export interface Bounds {
  /** By tenant; changed by putAhead only. */
  readonly ahead: Map<string, readonly AheadBound[]>;
  /** Index: the instants of all bounds, sorted. The first instant tells whether a bound is due. */
  readonly instants: string[];
}

export interface AheadBound {
  readonly kind: 'opens' | 'lapses';
  readonly passed: BoundPassed;
}

export function emptyBounds(): Bounds {
  return { ahead: new Map(), instants: [] };
}

/** Folds one entry into the given state. Total over all events. */
export function foldBounds(bounds: Bounds, entry: Entry): void {
  switch (entry.type) {
    case 'PolicyEnacted': {
      const { policy } = entry.data;
      const ahead = boundsOf(policy).filter(({ passed }) => passed.bound.instant > entry.recordedAt);
      putAhead(bounds, policy.tenant, ahead);
      return;
    }
    case 'PolicyRevoked':
    case 'TenantRetired':
      putAhead(bounds, entry.data.tenant, []);
      return;
    case 'GrantOpened':
    case 'GrantLapsed':
      strike(bounds, { kind: entry.type === 'GrantOpened' ? 'opens' : 'lapses', passed: entry.data });
      return;
    default:
      entry.type satisfies LeftAlone;
  }
}

/** The kinds of events that put no rule into force or out of it: only policies have time bounds. */
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
  // What hosts dropped puts no rule into force or out of it.
  | 'DropsObserved'
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  | 'HostRegistered'
  | 'HostChanged'
  | 'HostRetired'
  | 'HostGone'
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
  | 'VniReleased'
  | 'VniAllocated'
  | 'EndpointsChanged'
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

/** Replaces the bounds of a tenant. */
export function putAhead({ ahead, instants }: Bounds, tenant: string, bounds: readonly AheadBound[]): void {
  for (const { passed } of ahead.get(tenant) ?? []) {
    instants.splice(placeOf(instants, passed.bound.instant), 1);
  }
  for (const { passed } of bounds) {
    instants.splice(placeOf(instants, passed.bound.instant), 0, passed.bound.instant);
  }
  if (bounds.length === 0) ahead.delete(tenant);
  else ahead.set(tenant, bounds);
}

/** The number of sorted instants that lie before `instant`. */
function placeOf(instants: readonly string[], instant: string): number {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    /* v8 ignore next -- @preserve the middle lies among the instants */
    if ((instants[middle] ?? '') < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

function strike(bounds: Bounds, { kind, passed }: AheadBound): void {
  const left = (bounds.ahead.get(passed.tenant) ?? []).filter(
    (bound) =>
      !(bound.kind === kind && bound.passed.rule === passed.rule && bound.passed.side === passed.side),
  );
  putAhead(bounds, passed.tenant, left);
}

/** All bounds of a policy's rules, passed or not. */
export function boundsOf({ tenant, egress, ingress }: Policy): AheadBound[] {
  return [
    ...egress.flatMap((rule) => boundsOfRule(rule, { tenant, side: 'egress' })),
    ...ingress.flatMap((rule) => boundsOfRule(rule, { tenant, side: 'ingress' })),
  ];
}

function boundsOfRule(
  { id, from, expires }: Rule,
  owner: Pick<BoundPassed, 'tenant' | 'side'>,
): AheadBound[] {
  const bounds: AheadBound[] = [];
  if (from !== undefined) bounds.push({ kind: 'opens', passed: { ...owner, rule: id, bound: from } });
  if (expires !== undefined) bounds.push({ kind: 'lapses', passed: { ...owner, rule: id, bound: expires } });
  return bounds;
}

/** The bounds that have passed at an instant and are not recorded, in the order of their instants. */
export function dueBounds({ ahead, instants: [soonest] }: Bounds, at: string): AheadBound[] {
  if (soonest === undefined || soonest > at) return [];
  const due = [...ahead.values()].flat().filter(({ passed }) => passed.bound.instant <= at);
  const orderOf = ({ passed }: AheadBound): string =>
    `${passed.bound.instant} ${passed.tenant} ${passed.side} ${passed.rule}`;
  return due.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}
