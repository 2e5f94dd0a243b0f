import type { Rule } from '../../events/estate.ts';
import { classifications, tenantOf, type Classification } from '../../events/names.ts';
import type { Directory } from '../../projections/directory/directory.ts';
import { consentsOf, inForce, peerEnds, type Consent } from '../../projections/intended/consents.ts';
import { consentBetween } from '../../projections/intended/grants.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import {
  difference,
  intersection,
  isNothing,
  wordsOf,
  type Traffic,
} from '../../projections/intended/traffic.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { rulesOf } from './check-rules.ts';
import { policiesOf } from './scope.ts';

/**
 * A stateful flow carries data both ways. So a grant between two classifications must lie within the guarded rules of
 * the higher side, or of the tenant's side if the other end is an external. Grant and guard change as their rules open and
 * lapse: the rule holds at every instant from the apply on.
 */
export function* checkClassification(candidate: Candidate): Iterable<DomainProblem> {
  const { after, scope } = candidate;
  for (const { from, to, egress, ingress } of consentsOf(after, 'always', scope)) {
    const classes = { from: classOf(after.directory, from), to: classOf(after.directory, to) };
    const everGranted = intersection(egress.traffic, ingress.traffic);
    if (classes.from === classes.to || isNothing(everGranted)) continue;
    const breach = firstBreach(candidate, { from, to, classes }, { egress, ingress });
    if (breach !== undefined) yield problem(candidate, breach);
  }
}

/** A pair of ends of different classifications. */
interface ClassCrossing {
  readonly from: string;
  readonly to: string;
  readonly classes: { readonly from: Classification; readonly to: Classification };
}

/** A grant without a guard, and the first instant at which there is one. */
interface Breach extends ClassCrossing {
  readonly instant: string;
  readonly guardian: Guardian;
  readonly unguarded: Traffic;
}

/**
 * The first instant without a sufficient guard. Nothing changes between two bounds of the two sides, so it is at a bound.
 * Without any bound, what is ever consented (`ever`) is consented at every instant.
 */
function firstBreach({ at, after }: Candidate, crossing: ClassCrossing, ever: Sides): Breach | undefined {
  const bounds = boundsOf(after, crossing);
  for (const instant of [at, ...bounds.filter((bound) => bound > at)]) {
    const consent = bounds.length === 0 ? ever : consentBetween(after, crossing, { at: instant });
    if (consent === undefined) continue;
    const granted = intersection(consent.egress.traffic, consent.ingress.traffic);
    const guardian = guardianOf({ ...crossing, ...consent }, crossing.classes);
    const unguarded = difference(granted, guardian.guarded);
    if (!isNothing(unguarded)) return { ...crossing, instant, guardian, unguarded };
  }
  return undefined;
}

/** What each side of a pair allows. */
type Sides = Pick<Consent, 'egress' | 'ingress'>;

/** The instants at which a rule that may speak of the pair opens or lapses, sorted, each once. */
function boundsOf(after: Intended, { from, to }: ClassCrossing): string[] {
  const [sender, receiver] = [after.policies.get(holderOf(from)), after.policies.get(holderOf(to))];
  const rules = [...(sender?.egress ?? []), ...(receiver?.ingress ?? [])];
  const instants = rules.flatMap(({ from: opens, expires }) =>
    [opens, expires].flatMap((bound) => (bound === undefined ? [] : [bound.instant])),
  );
  return [...new Set(instants)].sort();
}

function classOf({ tenants, externals }: Directory, end: string): Classification {
  const document = tenants.get(tenantOf(end) ?? end) ?? externals.get(end);
  /* v8 ignore next -- @preserve a consent has two ends that a document declares */
  return document?.classification ?? 'internal';
}

interface Guardian {
  readonly tenant: string;
  readonly side: 'egress' | 'ingress';
  readonly guarded: Traffic;
}

/** The side whose guards count: the higher side, or the tenant's side if the other end is an external. */
function guardianOf(
  { from, to, egress, ingress }: Pick<Consent, 'from' | 'to'> & Sides,
  classes: { from: Classification; to: Classification },
): Guardian {
  const senderHigher = classifications.indexOf(classes.from) > classifications.indexOf(classes.to);
  const bySender = isExternal(to) || (senderHigher && !isExternal(from));
  const tenant = holderOf(bySender ? from : to);
  return bySender
    ? { tenant, side: 'egress', guarded: egress.guarded }
    : { tenant, side: 'ingress', guarded: ingress.guarded };
}

/** The tenant of a segment; an external itself. */
function holderOf(end: string): string {
  return tenantOf(end) ?? end;
}

function isExternal(end: string): boolean {
  return tenantOf(end) === undefined;
}

function problem({ at, folder, after }: Candidate, breach: Breach): DomainProblem {
  const { from, to, classes, guardian, unguarded, instant } = breach;
  const others = [from, to].flatMap((end): DomainPlace[] => {
    const tenant = tenantOf(end);
    if (tenant === undefined) return [{ kind: 'External', name: end, path: ['classification'] }];
    return [
      { kind: 'Policy', name: tenant, path: [tenant === tenantOf(from) ? 'egress' : 'ingress'] },
      { kind: 'Tenant', name: tenant, path: ['classification'] },
    ];
  });
  const since = instant === at ? 'now' : `from ${instant} on`;
  const guard = instant === at ? 'a guard' : 'a guard that is open then';
  return {
    kind: 'refused',
    at: pointAt(folder, unguardedRule(after, breach), ...others),
    message:
      `${from} (${classes.from}) would reach ${to} (${classes.to}) by ${wordsOf(unguarded)} ${since}: between different ` +
      `classifications the ${guardian.side} rules of ${guardian.tenant} must carry ${guard} for it (guard: <approval reference>)${anyWords(breach)}${closedWords(closedGuards(after, breach))}`,
    found: wordsOf(unguarded),
    allowed: guarded(guardian.guarded),
  };
}

/** The first rule of the guardian's side that allows the pair at the instant of the breach and has no guard. */
function unguardedRule(after: Intended, breach: Breach): DomainPlace {
  const { tenant, side } = breach.guardian;
  const rules = guardianRules(after, breach).filter(
    (rule) => rule.guard === undefined && inForce(rule, { at: breach.instant }),
  );
  return { kind: 'Policy', name: tenant, path: [side, ...rules.slice(0, 1).map(({ id }) => id)] };
}

/** Guards of the pair that do not count at the instant of the breach, each with the bounds of its rule. */
function closedGuards(after: Intended, breach: Breach): string[] {
  return guardianRules(after, breach).flatMap((rule) => {
    if (rule.guard === undefined || inForce(rule, { at: breach.instant })) return [];
    const bounds = Object.entries({ from: rule.from, until: rule.expires }).flatMap(([word, bound]) =>
      bound === undefined ? [] : [`${word} ${bound.instant}`],
    );
    return [`${rule.guard} counts ${bounds.join(' ')} only`];
  });
}

/** Whoever guarded each protocol by its name wonders what is left. */
function anyWords({ unguarded, guardian }: Breach): string {
  return unguarded.other && !isNothing(guardian.guarded)
    ? '; protocols without a name of their own are of any alone, and guarded by a rule for any'
    : '';
}

function closedWords(guards: readonly string[]): string {
  return guards.map((words) => `; ${words}`).join('');
}

/** The rules of the guardian's side that speak of the pair, open or not. */
function guardianRules(after: Intended, { from, to, guardian }: Breach): Rule[] {
  const { tenant, side } = guardian;
  const other = side === 'egress' ? to : from;
  return Array.from(policiesOf(after, [tenant]))
    .flatMap(rulesOf)
    .filter((sided) => sided.side === side)
    .filter(({ names }) => names === '*' || peerEnds(after.directory, names).includes(other))
    .map(({ rule }) => rule);
}

function guarded(traffic: Traffic): string {
  return isNothing(traffic) ? 'nothing without a guard' : `${wordsOf(traffic)}, which is guarded`;
}
