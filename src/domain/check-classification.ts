import { classifications, tenantOf, type Classification } from '../../events/names.ts';
import type { Directory } from '../../projections/directory/directory.ts';
import { consentsOf, peerEnds, type Consent } from '../../projections/intended/consents.ts';
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
 * the higher side, or of the tenant's side if the other end is an external. Rules with time bounds count as open.
 */
export function* checkClassification(candidate: Candidate): Iterable<DomainProblem> {
  const { after, scope } = candidate;
  for (const consent of consentsOf(after, 'always', scope)) {
    const granted = intersection(consent.egress.traffic, consent.ingress.traffic);
    if (isNothing(granted)) continue;
    const [from, to] = [classOf(after.directory, consent.from), classOf(after.directory, consent.to)];
    if (from === to) continue;
    const guardian = guardianOf(consent, { from, to });
    const unguarded = difference(granted, guardian.guarded);
    if (!isNothing(unguarded))
      yield problem({ candidate, consent, classes: { from, to }, guardian, unguarded });
  }
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
  { from, to, egress, ingress }: Consent,
  classes: { from: Classification; to: Classification },
): Guardian {
  const senderHigher = classifications.indexOf(classes.from) > classifications.indexOf(classes.to);
  const bySender = isExternal(to) || (senderHigher && !isExternal(from));
  const tenant = (bySender ? from : to).replace(/\/.*/, '');
  return bySender
    ? { tenant, side: 'egress', guarded: egress.guarded }
    : { tenant, side: 'ingress', guarded: ingress.guarded };
}

function isExternal(end: string): boolean {
  return tenantOf(end) === undefined;
}

function problem(of: {
  candidate: Candidate;
  consent: Consent;
  classes: { from: Classification; to: Classification };
  guardian: Guardian;
  unguarded: Traffic;
}): DomainProblem {
  const { consent, classes, guardian } = of;
  const ends = [consent.from, consent.to];
  const others = ends.flatMap((end): DomainPlace[] => {
    const tenant = tenantOf(end);
    if (tenant === undefined) return [{ kind: 'External', name: end, path: ['classification'] }];
    return [
      { kind: 'Policy', name: tenant, path: [tenant === tenantOf(consent.from) ? 'egress' : 'ingress'] },
      { kind: 'Tenant', name: tenant, path: ['classification'] },
    ];
  });
  return {
    kind: 'refused',
    at: pointAt(of.candidate.folder, unguardedRule(of.candidate, { consent, guardian }), ...others),
    message:
      `${consent.from} (${classes.from}) would reach ${consent.to} (${classes.to}) by ${wordsOf(of.unguarded)}: between different ` +
      `classifications the ${guardian.side} rules of ${guardian.tenant} must carry a guard for it (guard: <approval reference>)`,
    found: wordsOf(of.unguarded),
    allowed: guarded(guardian.guarded),
  };
}

/** The first rule of the guardian's side that allows the pair and has no guard. */
function unguardedRule(
  { after }: Candidate,
  { consent, guardian }: { consent: Consent; guardian: Guardian },
): DomainPlace {
  const { tenant, side } = guardian;
  const other = side === 'egress' ? consent.to : consent.from;
  const rules = Array.from(policiesOf(after, [tenant]))
    .flatMap(rulesOf)
    .filter((sided) => sided.side === side && sided.rule.guard === undefined)
    .filter(({ names }) => names === '*' || peerEnds(after.directory, names).includes(other));
  return { kind: 'Policy', name: tenant, path: [side, ...rules.slice(0, 1).map(({ rule }) => rule.id)] };
}

function guarded(traffic: Traffic): string {
  return isNothing(traffic) ? 'nothing without a guard' : `${wordsOf(traffic)}, which is guarded`;
}
