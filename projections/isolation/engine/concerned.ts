import type { EgressRule, IngressRule, Policy, Rule } from '../../../events/estate.ts';
import { holderOf, segmentOf } from '../../../events/names.ts';
import { endOf } from '../authorised/addressing.ts';
import type { Authorisation } from '../authorised/authorisation.ts';
import { boundsOf } from '../authorised/rule-time.ts';
import type { Documents } from '../documents/document-fold.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import type { ConsentSide } from '../authorised/rule-names.ts';
import { PairSet } from './pairs.ts';
import type { PairRecords } from './records.ts';

/** A time after which rules opened or lapsed, and until which (included). */
export interface PassedTime {
  readonly after: string;
  readonly until: string;
}

/** Rules of one tenant. */
interface RulesOfSides {
  readonly egress: readonly EgressRule[];
  readonly ingress: readonly IngressRule[];
}

/**
 * The pairs of ends of which something that they are judged by may have changed: more than those that did, and never fewer. What is
 * rare concerns all pairs of an end that have anything to do with each other; a rule of a policy only its own pairs.
 */
export class Concerned {
  readonly pairs = new PairSet();
  readonly #authorisation: Authorisation;
  readonly #records: PairRecords;
  /** The ends that an end may exchange packets with, by what hosts hold. */
  readonly #wired: (end: string) => Iterable<string>;
  readonly #whole = new Set<string>();

  constructor(
    authorisation: Authorisation,
    records: PairRecords,
    wired: (end: string) => Iterable<string> = () => [],
  ) {
    this.#authorisation = authorisation;
    this.#records = records;
    this.#wired = wired;
  }

  get #documents(): Documents {
    return this.#authorisation.documents;
  }

  /** All pairs of an end, both ways, with ends that it has, or had, anything to do with. */
  all(end: string): void {
    if (this.#whole.has(end)) return;
    this.#whole.add(end);
    this.pairs.add(end, end);
    for (const partner of this.#partnersOf(end)) this.pairs.addBoth(end, partner);
  }

  /** What a change of documents concerns, but for ports, hosts and shards. */
  documents(before: DocumentsBefore): void {
    this.#tenants(before);
    for (const tenant of before.quarantinedTenants.keys()) this.#tenant(tenant);
    for (const end of before.quarantinedEnds.keys()) this.all(end);
    // Which addresses are an external's depends on the prefixes of all others.
    if (before.externals.size > 0)
      for (const external of [...before.externals.keys(), ...this.#documents.externals.keys()])
        this.all(external);
    const isRenamed = before.tenants.size + before.externals.size > 0;
    for (const [tenant, policy] of before.policies) {
      // What a name in a rule meant before is not known any more.
      if (isRenamed) this.#tenant(tenant);
      else this.#policy(tenant, policy);
    }
    this.#endpoints(before);
  }

  /** What time bounds concern: rules that opened or lapsed. */
  bounds(tenants: Iterable<string>, { after, until }: PassedTime): void {
    const hasPassed = (rule: Rule): boolean =>
      boundsOf(rule).some((bound) => after < bound && bound <= until);
    for (const tenant of tenants) {
      const { egress = [], ingress = [] } = this.#documents.policies.get(tenant) ?? {};
      this.#rules(tenant, { egress: egress.filter(hasPassed), ingress: ingress.filter(hasPassed) });
    }
  }

  #tenants(before: DocumentsBefore): void {
    for (const [tenant, document] of before.tenants) {
      for (const segment of document?.segments ?? []) this.#end(segmentOf(tenant, segment));
      this.#tenant(tenant);
    }
    if (before.tenants.size + before.externals.size === 0) return;
    for (const tenant of this.#authorisation.candidates.tenantsNamingChanged(before)) this.#tenant(tenant);
  }

  /** All pairs of all segments of a tenant. */
  #tenant(tenant: string): void {
    for (const end of this.#authorisation.candidates.segmentsOf(tenant)) this.#end(end);
  }

  /** A policy was replaced: rules that are in both, in the same order, change nothing. */
  #policy(tenant: string, before: Policy | undefined): void {
    const after = this.#documents.policies.get(tenant);
    this.#rules(tenant, {
      egress: differing(before?.egress ?? [], after?.egress ?? []),
      ingress: differing(before?.ingress ?? [], after?.ingress ?? []),
    });
  }

  #rules(tenant: string, { egress, ingress }: RulesOfSides): void {
    for (const rule of egress)
      for (const own of this.#owns(tenant, rule))
        for (const peer of this.#peers('egress', own, rule.destination)) this.#authorised(own, peer);
    for (const rule of ingress)
      for (const own of this.#owns(tenant, rule))
        for (const peer of this.#peers('ingress', own, rule.source)) this.#authorised(peer, own);
  }

  #owns(tenant: string, { segment }: Rule): readonly string[] {
    return segment === undefined
      ? this.#authorisation.candidates.segmentsOf(tenant)
      : [segmentOf(tenant, segment)];
  }

  /** The ends that a name in a rule stands for. A rule for everyone counts only where the other side has one as well. */
  #peers(side: ConsentSide, own: string, name: string): Iterable<string> {
    const { candidates } = this.#authorisation;
    if (side === 'ingress' && name === '*')
      return candidates.mayBeReachedBy(own).union(new Set(candidates.segmentsOf(holderOf(own))));
    const named = candidates.names.resolve(name);
    if (named === undefined) return [];
    if (this.#documents.externals.has(named.holder)) return [named.holder];
    return named.segment === undefined
      ? candidates.segmentsOf(named.holder)
      : [segmentOf(named.holder, named.segment)];
  }

  /** What two ends are authorised may have changed; with it, who else has an address of an external, as each sees it. */
  #authorised(from: string, to: string): void {
    this.pairs.add(from, to);
    this.#seen(from);
    this.#seen(to);
  }

  /** The externals as an end sees them, as those that it sends to and that send to it. */
  #seen(end: string): void {
    for (const external of this.#records.partnersOf(end)) {
      if (!this.#documents.externals.has(external)) continue;
      if (this.#records.get({ from: end, to: external }) !== undefined) this.pairs.add(end, external);
      if (this.#records.get({ from: external, to: end }) !== undefined) this.pairs.add(external, end);
    }
  }

  #endpoints({ endpoints }: DocumentsBefore): void {
    const ends = new Set<string>();
    for (const [name, before] of endpoints) {
      const after = this.#documents.endpoints.get(name);
      for (const endpoint of [before, after]) if (endpoint !== undefined) ends.add(endOf(name, endpoint));
    }
    for (const end of ends) this.#end(end);
  }

  /** All pairs of an end that documents say something else of; with it, the externals as its partners see them: they see none of its addresses there. */
  #end(end: string): void {
    this.all(end);
    for (const partner of this.#partnersOf(end)) this.#seen(partner);
  }

  #partnersOf(end: string): Set<string> {
    return new Set([
      ...this.#authorisation.candidates.partnersOf(end),
      ...this.#records.partnersOf(end),
      ...this.#wired(end),
    ]);
  }
}

/** The rules that are in one list and not in the other; all of them if the rest is in another order. */
function differing<One extends Rule>(before: readonly One[], after: readonly One[]): readonly One[] {
  const [old, recent] = [byText(before), byText(after)];
  const gone = [...old].filter(([text]) => !recent.has(text));
  const come = [...recent].filter(([text]) => !old.has(text));
  const stayed = [...recent.keys()].filter((text) => old.has(text));
  const isInOrder = [...old.keys()]
    .filter((text) => recent.has(text))
    .every((text, index) => text === stayed[index]);
  return isInOrder ? [...gone, ...come].map(([, rule]) => rule) : [...before, ...after];
}

function byText<One extends Rule>(rules: readonly One[]): Map<string, One> {
  return new Map(rules.map((rule) => [JSON.stringify(rule), rule]));
}
