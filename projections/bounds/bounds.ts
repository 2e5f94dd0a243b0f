import type { Entry } from '../../events/decode.ts';
import type { BoundPassed, EgressRule, IngressRule, Policy } from '../../events/estate.ts';

/**
 * Time bounds of rules that have not passed yet, or have passed and are not recorded. A bound that lay in the past when
 * its policy was enacted never passes: it was judged with the policy.
 */
export interface Bounds {
  /** By tenant. */
  readonly ahead: Map<string, readonly AheadBound[]>;
}

export interface AheadBound {
  readonly kind: 'opens' | 'lapses';
  readonly passed: BoundPassed;
}

export function emptyBounds(): Bounds {
  return { ahead: new Map() };
}

/** Folds one entry into the state that is given; total over all events. */
export function foldBounds({ ahead }: Bounds, entry: Entry): void {
  switch (entry.type) {
    case 'PolicyEnacted': {
      const { policy } = entry.data;
      const bounds = boundsOf(policy).filter(({ passed }) => passed.bound.instant > entry.recordedAt);
      if (bounds.length === 0) ahead.delete(policy.tenant);
      else ahead.set(policy.tenant, bounds);
      return;
    }
    case 'PolicyRevoked':
    case 'TenantRetired':
      ahead.delete(entry.data.tenant);
      return;
    case 'GrantOpened':
    case 'GrantLapsed':
      strike(ahead, { kind: entry.type === 'GrantOpened' ? 'opens' : 'lapses', passed: entry.data });
      return;
    default:
  }
}

function strike(ahead: Bounds['ahead'], { kind, passed }: AheadBound): void {
  const left = (ahead.get(passed.tenant) ?? []).filter(
    (bound) =>
      !(bound.kind === kind && bound.passed.rule === passed.rule && bound.passed.side === passed.side),
  );
  if (left.length === 0) ahead.delete(passed.tenant);
  else ahead.set(passed.tenant, left);
}

function boundsOf({ tenant, egress, ingress }: Policy): AheadBound[] {
  return [
    ...egress.flatMap((rule) => boundsOfRule(rule, { tenant, side: 'egress' })),
    ...ingress.flatMap((rule) => boundsOfRule(rule, { tenant, side: 'ingress' })),
  ];
}

function boundsOfRule(
  { id, from, expires }: EgressRule | IngressRule,
  owner: Pick<BoundPassed, 'tenant' | 'side'>,
): AheadBound[] {
  const bounds: AheadBound[] = [];
  if (from !== undefined) bounds.push({ kind: 'opens', passed: { ...owner, rule: id, bound: from } });
  if (expires !== undefined) bounds.push({ kind: 'lapses', passed: { ...owner, rule: id, bound: expires } });
  return bounds;
}

/** The bounds that have passed at an instant and are not recorded, in the order in which they passed. */
export function dueBounds({ ahead }: Bounds, at: string): AheadBound[] {
  const due = [...ahead.values()].flat().filter(({ passed }) => passed.bound.instant <= at);
  const orderOf = ({ passed }: AheadBound): string =>
    `${passed.bound.instant} ${passed.tenant} ${passed.side} ${passed.rule}`;
  return due.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}
