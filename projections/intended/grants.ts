import type { EgressRule, IngressRule, Policy } from '../../events/estate.ts';
import { segmentOf } from '../../events/names.ts';
import { peerNamed, segmentsOf, type Directory } from '../directory/directory.ts';
import type { Intended } from './intended.ts';
import { everything, intersection, isNothing, nothing, trafficOf, union, type Traffic } from './traffic.ts';

/**
 * When rules are judged: at an instant (UTC with milliseconds), where a bound rule holds only within its bounds, or
 * `always`, as if every bound rule were open: how an apply is judged, so that no later hour can break what it allowed.
 */
export type Judged = { readonly at: string } | 'always';

/** What each side says of the flows from one end to the other. The part of it that guarded rules say stands beside it. */
export interface Consent {
  readonly from: string;
  readonly to: string;
  readonly egress: Said;
  readonly ingress: Said;
  /** The part of `ingress` that rules say which name the sender, and not everyone. */
  readonly invited: Traffic;
}

export interface Said {
  readonly traffic: Traffic;
  readonly guarded: Traffic;
}

/** New connections that are allowed from one segment or external to another. Never empty, never within one segment. */
export interface Grant {
  readonly from: string;
  readonly to: string;
  readonly traffic: Traffic;
}

const saysNothing: Said = { traffic: nothing, guarded: nothing };
const saysEverything: Said = { traffic: everything, guarded: everything };

type Rule = EgressRule | IngressRule;

/** Every grant in force: what both sides say, the tenant's own word alone where the other end is an external. */
export function* grantsOf(intended: Intended, judged: Judged): Iterable<Grant> {
  for (const { from, to, egress, ingress } of consentsOf(intended, judged)) {
    const traffic = intersection(egress.traffic, ingress.traffic);
    if (!isNothing(traffic)) yield { from, to, traffic };
  }
}

/**
 * Every pair of different ends of which a rule or `intraTenant: allow` says something. `*` alone makes no pair: it
 * meets only what an egress rule asks for. An external says everything, so that the tenant's own word decides.
 */
export function* consentsOf(intended: Intended, judged: Judged): Iterable<Consent> {
  const { directory } = intended;
  const ingressByPair = new PairTable();
  for (const policy of policiesInForce(intended)) addIngress(ingressByPair, { directory, policy, judged });
  for (const tenant of directory.tenants.values()) {
    const policy = intended.policies.get(tenant.tenant);
    const egressByPair = new PairTable();
    if (tenant.isolation !== 'air-gapped' && policy !== undefined) {
      addEgress(egressByPair, { directory, policy, judged });
    }
    if (tenant.intraTenant === 'allow') addIntraTenant(egressByPair, segmentsOf(directory, tenant.tenant));
    yield* meet(intended, { egressByPair, ingressByPair, judged });
  }
  for (const [from, to, ingress] of ingressByPair.pairs()) {
    const egress = directory.externals.has(from) ? saysEverything : saysNothing;
    yield { from, to, egress, ingress, invited: ingress.traffic };
  }
}

interface Side {
  readonly directory: Directory;
  readonly policy: Policy;
  readonly judged: Judged;
}

/** Rules of an air-gapped tenant grant nothing, even if one had got in. */
function* policiesInForce({ directory, policies }: Intended): Iterable<Policy> {
  for (const policy of policies.values()) {
    if (directory.tenants.get(policy.tenant)?.isolation === 'logical') yield policy;
  }
}

function addEgress(table: PairTable, { directory, policy, judged }: Side): void {
  for (const rule of policy.egress) {
    if (!inForce(rule, judged)) continue;
    const said = saidBy(rule, boundOf(directory, rule));
    for (const from of ownEnds(directory, policy.tenant, rule)) {
      for (const to of peerEnds(directory, rule.destination)) if (from !== to) table.add(from, to, said);
    }
  }
}

function addIngress(table: PairTable, { directory, policy, judged }: Side): void {
  for (const rule of policy.ingress) {
    if (rule.source === '*' || !inForce(rule, judged)) continue;
    for (const to of ownEnds(directory, policy.tenant, rule)) {
      for (const from of peerEnds(directory, rule.source)) if (from !== to) table.add(from, to, saidBy(rule));
    }
  }
}

function addIntraTenant(table: PairTable, segments: readonly string[]): void {
  for (const from of segments) {
    for (const to of segments) if (from !== to) table.set(from, to, saysEverything);
  }
}

/** Joins what one tenant's egress says with what the other sides' ingress says, and takes those pairs off the table. */
function* meet(
  intended: Intended,
  {
    egressByPair,
    ingressByPair,
    judged,
  }: { egressByPair: PairTable; ingressByPair: PairTable; judged: Judged },
): Iterable<Consent> {
  for (const [from, to, egress] of egressByPair.pairs()) {
    const named = ingressByPair.take(from, to);
    const whole = egress === saysEverything || intended.directory.externals.has(to);
    const ingress = whole ? saysEverything : both(named, saidToAll(intended, to, judged));
    yield { from, to, egress, ingress, invited: named.traffic };
  }
}

/** What `*` rules at a segment say to every tenant that is not air-gapped (an air-gapped one has no egress to meet it). */
function saidToAll({ policies }: Intended, to: string, judged: Judged): Said {
  const slash = to.indexOf('/');
  const [tenant, segment] = [to.slice(0, slash), to.slice(slash + 1)];
  return (policies.get(tenant)?.ingress ?? [])
    .filter((rule) => rule.source === '*' && inForce(rule, judged))
    .filter((rule) => rule.segment === undefined || rule.segment === segment)
    .reduce((said, rule) => both(said, saidBy(rule)), saysNothing);
}

function inForce({ from, expires }: Rule, judged: Judged): boolean {
  if (judged === 'always') return true;
  return (
    (from === undefined || from.instant <= judged.at) &&
    (expires === undefined || judged.at < expires.instant)
  );
}

function saidBy(rule: Rule, bound: Traffic = everything): Said {
  const traffic = intersection(trafficOf(rule), bound);
  return { traffic, guarded: rule.guard === undefined ? nothing : traffic };
}

/** A service as destination bounds the rule by what it offers. */
function boundOf(directory: Directory, rule: EgressRule): Traffic {
  const peer = peerNamed(directory, rule.destination);
  return peer?.kind === 'service' ? trafficOf(peer.service) : everything;
}

function both(a: Said, b: Said): Said {
  return { traffic: union(a.traffic, b.traffic), guarded: union(a.guarded, b.guarded) };
}

function ownEnds(directory: Directory, tenant: string, rule: Rule): string[] {
  const segments = segmentsOf(directory, tenant);
  const only = rule.segment === undefined ? undefined : segmentOf(tenant, rule.segment);
  return only === undefined ? segments : segments.filter((segment) => segment === only);
}

/** The ends that a name stands for; none where it is unknown or its tenant air-gapped. */
export function peerEnds(directory: Directory, name: string): string[] {
  const peer = peerNamed(directory, name);
  if (peer === undefined) return [];
  if (peer.kind === 'external') return [peer.external];
  if (directory.tenants.get(peer.tenant)?.isolation === 'air-gapped') return [];
  switch (peer.kind) {
    case 'tenant':
      return segmentsOf(directory, peer.tenant);
    case 'segment':
      return [segmentOf(peer.tenant, peer.segment)];
    case 'service':
      return [segmentOf(peer.tenant, peer.service.segment)];
  }
}

/** What has been said of pairs, by their two ends. */
class PairTable {
  readonly #rows = new Map<string, Map<string, Said>>();

  set(from: string, to: string, said: Said): void {
    const row = this.#rows.get(from) ?? new Map<string, Said>();
    row.set(to, said);
    this.#rows.set(from, row);
  }

  add(from: string, to: string, said: Said): void {
    this.set(from, to, both(this.#rows.get(from)?.get(to) ?? saysNothing, said));
  }

  take(from: string, to: string): Said {
    const said = this.#rows.get(from)?.get(to) ?? saysNothing;
    this.#rows.get(from)?.delete(to);
    return said;
  }

  *pairs(): Iterable<[string, string, Said]> {
    for (const [from, row] of this.#rows) for (const [to, said] of row) yield [from, to, said];
  }
}
