import { rulePairsMax } from '../../events/estate-limits.ts';
import type { Policy } from '../../events/estate.ts';
import { peerNamed, type Peer } from '../../projections/directory/peers.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { rulesOf, type SidedRule } from './check-rules.ts';
import { policiesConcerned, policiesOf } from './scope.ts';

/** The pairs of ends that the rules of one side of a policy speak of, to or from one tenant or external. */
interface RuleExtent {
  readonly tenant: string;
  readonly side: RuleSide;
  readonly peer: string;
  readonly pairs: number;
}

type RuleSide = SidedRule['side'];

/**
 * Refuses rules that speak of more pairs of ends than may be: documents of a few kilobytes could come to millions of
 * connections. A rule for `*` counts for each tenant whose egress names its own.
 */
export function* checkExtent(candidate: Candidate): Iterable<DomainProblem> {
  const { after } = candidate;
  const sums = new Map<string, Record<RuleSide, Sum>>();
  const sumOf = (policy: Policy, side: RuleSide): Sum => {
    const known = sums.get(policy.tenant) ?? sumsOf(after, policy);
    sums.set(policy.tenant, known);
    return known[side];
  };
  const extents = new Map<string, RuleExtent>();
  const take = (policy: Policy, side: RuleSide, peer: string): void => {
    const { named, forEveryone } = sumOf(policy, side);
    const pairs = (named.get(peer) ?? 0) + forEveryone * segmentsIn(after, peer);
    extents.set(`${side} ${policy.tenant} ${peer}`, { tenant: policy.tenant, side, peer, pairs });
  };
  for (const policy of policiesConcerned(candidate)) {
    for (const peer of sumOf(policy, 'ingress').named.keys()) take(policy, 'ingress', peer);
    const reached = sumOf(policy, 'egress').named;
    for (const peer of reached.keys()) take(policy, 'egress', peer);
    for (const other of policiesOf(after, reached.keys())) take(other, 'ingress', policy.tenant);
  }
  for (const extent of extents.values()) if (extent.pairs > rulePairsMax) yield tooMany(candidate, extent);
}

/** The pairs that rules of one side speak of: by the tenant or external that they name; and own ends of rules for `*`. */
interface Sum {
  readonly named: Map<string, number>;
  forEveryone: number;
}

function sumsOf(after: Intended, policy: Policy): Record<RuleSide, Sum> {
  const sums = {
    egress: { named: new Map<string, number>(), forEveryone: 0 },
    ingress: { named: new Map<string, number>(), forEveryone: 0 },
  };
  for (const { side, rule, names } of rulesOf(policy)) {
    const sum = sums[side];
    const own = rule.segment === undefined ? segmentsIn(after, policy.tenant) : 1;
    const peer = peerNamed(after.directory, names);
    if (names === '*') sum.forEveryone += own;
    if (peer === undefined) continue;
    const holder = holderOf(peer);
    const ends = peer.kind === 'tenant' ? segmentsIn(after, holder) : 1;
    sum.named.set(holder, (sum.named.get(holder) ?? 0) + own * ends);
  }
  return sums;
}

function holderOf(peer: Peer): string {
  return peer.kind === 'external' ? peer.external : peer.tenant;
}

function segmentsIn({ directory }: Intended, tenant: string): number {
  return directory.tenants.get(tenant)?.segments.length ?? 0;
}

function tooMany({ folder }: Candidate, { tenant, side, peer, pairs }: RuleExtent): DomainProblem {
  const rules: DomainPlace = { kind: 'Policy', name: tenant, path: [side] };
  const grown = [tenant, peer].map((name): DomainPlace => ({ kind: 'Tenant', name, path: ['segments'] }));
  const way = side === 'egress' ? 'to' : 'from';
  return {
    kind: 'input',
    at: pointAt(folder, rules, ...grown),
    message: `the ${side} rules of ${tenant} ${way} ${peer} speak of ${pairs} pairs of ends, a pair counted for each rule: narrow them to segments, join rules into one with more ports, or have fewer segments`,
    found: `${pairs} pairs`,
    allowed: `at most ${rulePairsMax} from one tenant to another, or to an external`,
  };
}
