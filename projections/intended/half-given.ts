import type { Rule } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { consentsAmong, consentsOf, declared, ownEnds, peerEnds, type Judged } from './consents.ts';
import type { Intended } from './intended.ts';
import { difference, intersection, isNothing, nothing, union, type Traffic } from './traffic.ts';

/**
 * Traffic that one side of a pair allows and the other does not. It is legal, and grants nothing until the other side
 * consents.
 */
export interface HalfGiven {
  readonly from: string;
  readonly to: string;
  readonly traffic: Traffic;
  /** The tenant whose rule is missing. */
  readonly waitingFor: string;
  /** The side of that rule. */
  readonly missing: 'egress' | 'ingress';
  /** The instant from which both sides allow it, by rules that they have already: then it waits for time alone. */
  readonly opensAt?: string;
}

/** Every half-given consent. A rule for `*` waits for no tenant in particular, and an external need not consent. */
export function* halfGiven(intended: Intended, judged: Judged): Iterable<HalfGiven> {
  const opening = tenantsWithOpenings(intended, judged);
  for (const { from, to, egress, ingress, invited } of consentsOf(intended, judged)) {
    const [sender, receiver] = [tenantOf(from), tenantOf(to)];
    if (sender === undefined || receiver === undefined) continue;
    const known = { intended, judged, opening, sender, receiver };
    const asked = difference(egress.traffic, ingress.traffic);
    yield* dividedByTime({ from, to, traffic: asked, waitingFor: receiver, missing: 'ingress' }, known);
    const offered = difference(invited, egress.traffic);
    yield* dividedByTime({ from, to, traffic: offered, waitingFor: sender, missing: 'egress' }, known);
  }
}

interface Known {
  readonly intended: Intended;
  readonly judged: Judged;
  /** The tenants with a rule that is still to open. */
  readonly opening: ReadonlySet<string>;
  readonly sender: string;
  readonly receiver: string;
}

function tenantsWithOpenings({ policies }: Intended, judged: Judged): ReadonlySet<string> {
  const tenants = new Set<string>();
  if (judged === 'always') return tenants;
  for (const [tenant, { egress, ingress }] of policies)
    if ([...egress, ...ingress].some((rule) => opensAfter(rule, judged.at))) tenants.add(tenant);
  return tenants;
}

/** The part that waits for a time bound, by its instant, and the part that waits for somebody. */
function* dividedByTime(half: HalfGiven, known: Known): Iterable<HalfGiven> {
  let rest = half.traffic;
  if (isNothing(rest)) return;
  for (const opensAt of openingsFor(half, known)) {
    const opening = intersection(rest, agreedAt(half, opensAt, known));
    if (isNothing(opening)) continue;
    yield { ...half, traffic: opening, opensAt };
    rest = difference(rest, opening);
  }
  if (!isNothing(rest)) yield { ...half, traffic: rest };
}

/** The instants to come at which a rule for the pair opens. By then the side that consents now may have ended. */
function openingsFor(
  { from, to }: HalfGiven,
  { intended, judged, opening, sender, receiver }: Known,
): string[] {
  if (judged === 'always' || (!opening.has(sender) && !opening.has(receiver))) return [];
  const { directory, policies } = intended;
  const isOf = (tenant: string, rule: Rule, end: string): boolean =>
    ownEnds(directory, tenant, rule).includes(end);
  const isFor = (name: string, end: string): boolean =>
    name === '*' || peerEnds(directory, name).includes(end);
  const instants = new Set<string>();
  for (const rule of policies.get(sender)?.egress ?? [])
    if (opensAfter(rule, judged.at) && isOf(sender, rule, from) && isFor(rule.destination, to))
      instants.add(rule.from.instant);
  for (const rule of policies.get(receiver)?.ingress ?? [])
    if (opensAfter(rule, judged.at) && isOf(receiver, rule, to) && isFor(rule.source, from))
      instants.add(rule.from.instant);
  return [...instants].sort();
}

function opensAfter<One extends Rule>(
  rule: One,
  at: string,
): rule is One & { readonly from: { readonly instant: string } } {
  return rule.from !== undefined && rule.from.instant > at;
}

/** The traffic of the pair that both sides allow at an instant. */
function agreedAt({ from, to }: HalfGiven, at: string, { intended, sender, receiver }: Known): Traffic {
  const tenants = declared(intended, new Set([sender, receiver]));
  const wanted = (one: string, other: string): boolean => one === from && other === to;
  const consents = [...consentsAmong(intended, { tenants, wanted, judged: { at } })];
  return consents
    .map(({ egress, ingress }) => intersection(egress.traffic, ingress.traffic))
    .reduce(union, nothing);
}
