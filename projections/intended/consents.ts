import type { EgressRule, Policy, Rule, Tenant } from '../../events/estate.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';
import { segmentsOf, type Directory } from '../directory/directory.ts';
import { peerNamed } from '../directory/peers.ts';
import type { Intended } from './intended.ts';
import { namesOfHolder } from './name-index.ts';
import { both, PairTable, saysEverything, saysNothing, type Said, type PairFilter } from './pair-table.ts';
import { everything, intersection, nothing, trafficOf, type Traffic } from './traffic.ts';

/**
 * The time at which rules are judged. At an instant (UTC with milliseconds) a rule holds only within its time bounds.
 * `always` takes every rule as open. Addresses and air gap are judged that way.
 */
export type Judged = { readonly at: string } | 'always';

/**
 * Tenants and externals. With a scope, only pairs that have an end of a member are looked at. The cost depends on the
 * policies of the members and of the tenants that name them, and on nothing else.
 */
export type Scope = ReadonlySet<string>;

/** The traffic that each side allows from one end to the other. */
export interface Consent {
  readonly from: string;
  readonly to: string;
  readonly egress: Said;
  readonly ingress: Said;
  /** The part of `ingress` from rules that name the sender, without rules for `*`. */
  readonly invited: Traffic;
}

/**
 * Every pair of different ends that a rule or `intraTenant: allow` speaks of. A rule for `*` alone makes no pair: it
 * only meets egress rules. An external allows everything, so that the tenant alone decides.
 */
export function consentsOf(intended: Intended, judged: Judged, scope?: Scope): Iterable<Consent> {
  const isInScope = (end: string): boolean => scope?.has(tenantOf(end) ?? end) ?? true;
  const wanted = (from: string, to: string): boolean => isInScope(from) || isInScope(to);
  return consentsAmong(intended, { tenants: tenantsConcerned(intended, scope), wanted, judged });
}

/**
 * The consents of wanted pairs, by the policies of some tenants. Every tenant whose policy may speak of a wanted pair
 * must be among them.
 */
export function* consentsAmong(
  intended: Intended,
  { tenants, wanted, judged }: { tenants: readonly Tenant[]; wanted: PairFilter; judged: Judged },
): Iterable<Consent> {
  const { directory } = intended;
  const ingressByPair = new PairTable(wanted);
  for (const tenant of tenants) {
    const policy = policyInForce(intended, tenant);
    if (policy !== undefined) addIngress(ingressByPair, { directory, policy, judged });
  }
  for (const tenant of tenants) {
    const policy = policyInForce(intended, tenant);
    const egressByPair = new PairTable(wanted);
    if (policy !== undefined) addEgress(egressByPair, { directory, policy, judged });
    if (tenant.intraTenant === 'allow') addIntraTenant(egressByPair, segmentsOf(directory, tenant.tenant));
    yield* meet(intended, { egressByPair, ingressByPair, judged });
  }
  for (const [from, to, ingress] of ingressByPair.pairs()) {
    const egress = directory.externals.has(from) ? saysEverything : saysNothing;
    yield { from, to, egress, ingress, invited: ingress.traffic };
  }
}

interface JudgedPolicy {
  readonly directory: Directory;
  readonly policy: Policy;
  readonly judged: Judged;
}

/** The tenants whose policies may speak of a pair. With a scope, its members and the tenants that name them. */
export function tenantsConcerned(intended: Intended, scope: Scope | undefined): Tenant[] {
  const { directory, naming } = intended;
  if (scope === undefined) return [...directory.tenants.values()];
  const concerned = new Set(scope);
  for (const holder of scope) {
    for (const name of namesOfHolder(directory, holder)) {
      for (const namer of naming.of(name)) concerned.add(namer);
    }
  }
  return declared(intended, concerned);
}

/** The tenants among some names. */
export function declared({ directory }: Intended, names: Iterable<string>): Tenant[] {
  return Array.from(names, (name) => directory.tenants.get(name)).filter((tenant) => tenant !== undefined);
}

/** Rules of an air-gapped tenant grant nothing, even if the ledger has some. */
function policyInForce({ policies }: Intended, { tenant, isolation }: Tenant): Policy | undefined {
  return isolation === 'air-gapped' ? undefined : policies.get(tenant);
}

function addEgress(table: PairTable, { directory, policy, judged }: JudgedPolicy): void {
  for (const rule of policy.egress) {
    if (!inForce(rule, judged)) continue;
    const said = saidBy(rule, boundOf(directory, rule));
    for (const from of ownEnds(directory, policy.tenant, rule)) {
      for (const to of peerEnds(directory, rule.destination)) if (from !== to) table.add(from, to, said);
    }
  }
}

function addIngress(table: PairTable, { directory, policy, judged }: JudgedPolicy): void {
  for (const rule of policy.ingress) {
    if (rule.source === '*' || !inForce(rule, judged)) continue;
    const said = saidBy(rule);
    for (const to of ownEnds(directory, policy.tenant, rule)) {
      for (const from of peerEnds(directory, rule.source)) if (from !== to) table.add(from, to, said);
    }
  }
}

function addIntraTenant(table: PairTable, segments: readonly string[]): void {
  for (const from of segments) {
    for (const to of segments) if (from !== to) table.set(from, to, saysEverything);
  }
}

/**
 * Joins the egress of one tenant with the ingress of the other sides, and takes these pairs off the ingress table.
 */
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

/**
 * The traffic that rules for `*` at a segment allow to every tenant. An air-gapped tenant has no egress that could
 * meet it.
 */
function saidToAll({ policies }: Intended, to: string, judged: Judged): Said {
  const slash = to.indexOf('/');
  const [tenant, segment] = [to.slice(0, slash), to.slice(slash + 1)];
  let said = saysNothing;
  for (const rule of policies.get(tenant)?.ingress ?? []) {
    if (rule.source !== '*' || !inForce(rule, judged)) continue;
    if (rule.segment === undefined || rule.segment === segment) said = both(said, saidBy(rule));
  }
  return said;
}

/** True if a rule is open at the time of judging: `from` is included, `expires` is not. */
export function inForce({ from, expires }: Rule, judged: Judged): boolean {
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

/** A rule to a service allows only traffic that the service offers. */
function boundOf(directory: Directory, rule: EgressRule): Traffic {
  const peer = peerNamed(directory, rule.destination);
  return peer?.kind === 'service' ? trafficOf(peer.service) : everything;
}

/** The segments of a tenant that a rule of its policy speaks of. */
export function ownEnds(directory: Directory, tenant: string, rule: Rule): string[] {
  const segments = segmentsOf(directory, tenant);
  const only = rule.segment === undefined ? undefined : segmentOf(tenant, rule.segment);
  return only === undefined ? segments : segments.filter((segment) => segment === only);
}

/** The ends that a name stands for. An unknown name has none, and neither has an air-gapped tenant. */
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
