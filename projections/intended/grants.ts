import { tenantOf } from '../../events/names.ts';
import { consentsAmong, consentsOf, declared, type Judged, type Scope } from './consents.ts';
import type { Intended } from './intended.ts';
import { intersection, isNothing, nothing, type Traffic } from './traffic.ts';

/** New connections that are allowed from one segment or external to another. Never empty, never within one segment. */
export interface Grant {
  readonly from: string;
  readonly to: string;
  readonly traffic: Traffic;
}

/**
 * Every grant in force: what both sides say, the tenant's own word alone where the other end is an external. As if
 * nobody were in quarantine: that cuts grants (isCut) and takes none away.
 */
export function* grantsOf(intended: Intended, judged: Judged, scope?: Scope): Iterable<Grant> {
  for (const { from, to, egress, ingress } of consentsOf(intended, judged, scope)) {
    const traffic = intersection(egress.traffic, ingress.traffic);
    if (!isNothing(traffic)) yield { from, to, traffic };
  }
}

/** What one end may open to another one, as grantsOf says it: at a cost that depends on two policies, and nothing else. */
export function grantBetween(intended: Intended, ends: Pick<Grant, 'from' | 'to'>, judged: Judged): Traffic {
  const holders = new Set([ends.from, ends.to].map((end) => tenantOf(end) ?? end));
  const tenants = declared(intended, holders);
  const wanted = (from: string, to: string): boolean => from === ends.from && to === ends.to;
  for (const { egress, ingress } of consentsAmong(intended, { tenants, wanted, judged })) {
    return intersection(egress.traffic, ingress.traffic);
  }
  return nothing;
}

/** Whether quarantine cuts two ends from each other: their holders differ, and one of them is in quarantine. */
export function isCut({ quarantined }: Intended, { from, to }: Pick<Grant, 'from' | 'to'>): boolean {
  const [source = '', target = ''] = [tenantOf(from), tenantOf(to)];
  return source !== target && (quarantined.has(source) || quarantined.has(target));
}
