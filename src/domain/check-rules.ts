import type { Policy, Rule } from '../../events/estate.ts';
import { type Directory } from '../../projections/directory/directory.ts';
import { peerNamed, type Peer } from '../../projections/directory/peers.ts';
import { intersection, isNothing, trafficOf, wordsOf } from '../../projections/intended/traffic.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { namesForRule, unknown } from './check-names.ts';
import { policiesConcerned } from './scope.ts';

/** A rule of a policy, with its side and the name of its other end. */
export interface SidedRule {
  readonly side: 'egress' | 'ingress';
  readonly rule: Rule;
  readonly names: string;
  readonly place: (key: string) => DomainPlace;
}

/** All rules of a policy, egress first. */
export function rulesOf({ tenant, egress, ingress }: Policy): SidedRule[] {
  const sided = (side: 'egress' | 'ingress', rule: Rule, names: string): SidedRule => ({
    side,
    rule,
    names,
    place: (key) => ({ kind: 'Policy', name: tenant, path: [side, rule.id, key] }),
  });
  return [
    ...egress.map((rule) => sided('egress', rule, rule.destination)),
    ...ingress.map((rule) => sided('ingress', rule, rule.source)),
  ];
}

/** The key under which a rule of a side names the other end. */
export function peerKey(side: 'egress' | 'ingress'): 'destination' | 'source' {
  return side === 'egress' ? 'destination' : 'source';
}

/** Refuses rules with unknown names, and rules to a service that offers none of their traffic. */
export function* checkRules(candidate: Candidate): Iterable<DomainProblem> {
  const { before, after, folder } = candidate;
  const { directory } = after;
  for (const policy of policiesConcerned(candidate)) {
    const owner = directory.tenants.get(policy.tenant);
    if (owner === undefined) {
      const at: DomainPlace = { kind: 'Policy', name: policy.tenant, path: ['tenant'] };
      yield unknown({ what: 'tenant', found: policy.tenant, known: directory.tenants.keys(), at });
      continue;
    }
    const ownDocument: DomainPlace = { kind: 'Tenant', name: policy.tenant, path: ['segments'] };
    for (const sided of rulesOf(policy)) {
      const { rule, place } = sided;
      if (rule.segment !== undefined && !owner.segments.includes(rule.segment)) {
        const at = pointAt(folder, place('segment'), ownDocument);
        yield {
          ...unknown({ what: 'segment', found: rule.segment, known: owner.segments, at }),
          message: `${wordsFor(policy, sided)} is for segment ${rule.segment}, which ${policy.tenant} does not have`,
        };
      }
      yield* checkPeer({ before: before.directory, directory, folder, policy, sided });
    }
  }
}

interface PeerCheck {
  readonly before: Directory;
  readonly directory: Directory;
  readonly folder: Candidate['folder'];
  readonly policy: Policy;
  readonly sided: SidedRule;
}

function* checkPeer({ before, directory, folder, policy, sided }: PeerCheck): Iterable<DomainProblem> {
  const { side, rule, names, place } = sided;
  if (names === '*') return;
  const peer = peerNamed(directory, names);
  if (peer === undefined) {
    yield* unresolved({ before, directory, folder, policy, sided });
    return;
  }
  if (side === 'ingress' || peer.kind !== 'service') return;
  yield* checkBound({ folder, policy, sided, rule, peer, place });
}

/**
 * The problem of a rule with an unknown name. Either no document declared it, or a tenant's document has dropped it.
 */
function* unresolved({ before, directory, folder, policy, sided }: PeerCheck): Iterable<DomainProblem> {
  const { side, names, place } = sided;
  const own = place(peerKey(side));
  const dropped = peerNamed(before, names);
  if (dropped !== undefined && goes(folder, dropped)) return;
  if (dropped === undefined || dropped.kind === 'external') {
    yield {
      ...unknown({
        what: 'tenant, segment, service or external',
        found: names,
        known: namesForRule(directory, names),
        at: own,
      }),
      message: `${wordsFor(policy, sided)} names what no document declares`,
    };
    return;
  }
  const list = dropped.kind === 'service' ? 'services' : 'segments';
  yield {
    kind: 'input',
    at: pointAt(folder, { kind: 'Tenant', name: dropped.tenant, path: [list] }, own),
    message: `${dropped.tenant} no longer has ${names}, which ${wordsFor(policy, sided)} still names: keep it, or change that policy first`,
    found: names,
    allowed: `what policies in force name stays among the ${list} of ${dropped.tenant}`,
  };
}

/** True if the document that declared a name is removed. Then checkRemovals names its users. */
function goes(folder: Candidate['folder'], peer: Peer): boolean {
  return folder.removes(
    peer.kind === 'external'
      ? { kind: 'External', name: peer.external }
      : { kind: 'Tenant', name: peer.tenant },
  );
}

function* checkBound(of: {
  folder: Candidate['folder'];
  policy: Policy;
  sided: SidedRule;
  rule: SidedRule['rule'];
  peer: Peer & { kind: 'service' };
  place: (key: string) => DomainPlace;
}): Iterable<DomainProblem> {
  const { service, tenant } = of.peer;
  const offered = trafficOf(service);
  const asked = trafficOf(of.rule);
  if (!isNothing(intersection(asked, offered))) return;
  yield {
    kind: 'input',
    at: pointAt(of.folder, of.place('ports'), {
      kind: 'Tenant',
      name: tenant,
      path: ['services', service.name, 'ports'],
    }),
    message: `${service.name} offers ${wordsOf(offered)}, which leaves nothing of ${wordsFor(of.policy, of.sided)}`,
    found: wordsOf(asked),
    allowed: wordsOf(offered),
  };
}

/** A rule in words: its tenant, its side and its other end. */
export function wordsFor(policy: Policy, { side, names }: SidedRule): string {
  return `the ${side} rule of ${policy.tenant} ${side === 'egress' ? 'to' : 'from'} ${names}`;
}
