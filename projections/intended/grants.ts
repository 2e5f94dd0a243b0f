import { tenantOf } from '../../events/names.ts';
import { consentsAmong, consentsOf, declared, type Consent, type Judged, type Scope } from './consents.ts';
import type { Intended } from './intended.ts';
import { intersection, isNothing, nothing, type Traffic } from './traffic.ts';

/** Connections that may be opened from one segment or external to another. Never empty, never within one segment. */
export interface Grant {
  readonly from: string;
  readonly to: string;
  readonly traffic: Traffic;
}

/**
 * A text that tells grants apart. Names have no space, and all their characters sort after it: keys sort by from,
 * then by to.
 */
export function grantKey({ from, to }: Pick<Grant, 'from' | 'to'>): string {
  return `${from} ${to}`;
}

/** The two ends that a grantKey names. */
export function endsOf(key: string): string[] {
  return key.split(' ');
}

/**
 * Every grant in force: the traffic that both sides allow, or the tenant alone if the other end is an external.
 * Quarantine is left aside: it cuts grants (isCut) and takes none away.
 */
export function* grantsOf(intended: Intended, judged: Judged, scope?: Scope): Iterable<Grant> {
  for (const { from, to, egress, ingress } of consentsOf(intended, judged, scope)) {
    const traffic = intersection(egress.traffic, ingress.traffic);
    if (!isNothing(traffic)) yield { from, to, traffic };
  }
}

/**
 * The traffic of the grant between two ends, as grantsOf has it. The cost depends on two policies, and on nothing
 * else.
 */
export function grantBetween(intended: Intended, ends: Pick<Grant, 'from' | 'to'>, judged: Judged): Traffic {
  const consent = consentBetween(intended, ends, judged);
  return consent === undefined ? nothing : intersection(consent.egress.traffic, consent.ingress.traffic);
}

/** The traffic that each side allows between two ends; undefined where no rule speaks of them. Costs as grantBetween. */
export function consentBetween(
  intended: Intended,
  ends: Pick<Grant, 'from' | 'to'>,
  judged: Judged,
): Consent | undefined {
  const holders = new Set([ends.from, ends.to].map((end) => tenantOf(end) ?? end));
  const tenants = declared(intended, holders);
  const wanted = (from: string, to: string): boolean => from === ends.from && to === ends.to;
  for (const consent of consentsAmong(intended, { tenants, wanted, judged })) return consent;
  return undefined;
}
