import type { Policy } from '../../events/estate.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';
import { peerEnds } from '../../projections/intended/consents.ts';
import { grantBetween, type Grant } from '../../projections/intended/grants.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { isNothing } from '../../projections/intended/traffic.ts';
import type { Candidate } from './candidate.ts';
import { rulesOf, type SidedRule } from './check-rules.ts';
import { policiesOf } from './scope.ts';

/** A rule that lets two ends meet. */
export interface MeetingRule {
  readonly policy: Policy;
  readonly sided: SidedRule;
  /** The rule came with the apply, and so did the meeting. */
  readonly added: boolean;
}

/** The rules that let an end exchange packets with others, in either direction, those that were added first. */
export function rulesOfMeetings(
  { before, after }: Pick<Candidate, 'before' | 'after'>,
  { viewer, others }: { viewer: string; others: readonly string[] },
): MeetingRule[] {
  const ways = others.flatMap((other) => [
    { from: viewer, to: other },
    { from: other, to: viewer },
  ]);
  const open = ways.filter((way) => !isNothing(grantBetween(after, way, 'always')));
  const rules = open.flatMap((way) => {
    const isNew = isNothing(grantBetween(before, way, 'always'));
    return rulesAbout(after, way).map((rule) => ({ ...rule, added: isNew && !isIn(before, rule) }));
  });
  return rules.sort((a, b) => Number(b.added) - Number(a.added));
}

/** The egress rules of the one end that speak of the other, and the ingress rules the other way. */
function rulesAbout(after: Intended, { from, to }: Pick<Grant, 'from' | 'to'>): Omit<MeetingRule, 'added'>[] {
  const sides = [
    { side: 'egress', own: from, other: to },
    { side: 'ingress', own: to, other: from },
  ];
  return sides.flatMap(({ side, own, other }) =>
    Array.from(policiesOf(after, [tenantOf(own) ?? own])).flatMap((policy) =>
      rulesOf(policy)
        .filter((sided) => sided.side === side)
        .filter(({ rule }) => rule.segment === undefined || segmentOf(policy.tenant, rule.segment) === own)
        .filter(({ names }) =>
          names === '*' ? other.includes('/') : peerEnds(after.directory, names).includes(other),
        )
        .map((sided) => ({ policy, sided })),
    ),
  );
}

function isIn(before: Intended, { policy, sided }: Omit<MeetingRule, 'added'>): boolean {
  return before.policies.get(policy.tenant)?.[sided.side].some(({ id }) => id === sided.rule.id) === true;
}
