import type { External, Tenant } from '../../../events/estate.ts';
import { tenantOf, classifications } from '../../../events/names.ts';
import { consentsOf, type RuleConsent, type Consents } from './consents.ts';
import { PairMap, type Pair } from '../pair.ts';
import type { Documents } from '../documents/document-fold.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import { Candidates } from './candidates.ts';
import {
  everything,
  holds,
  intersect,
  isNothing,
  nothing,
  unionOf,
  type Opening,
  type Traffic,
} from '../header-sets/traffic.ts';

/** What was changed since an instant: documents as they were before, and tenants with rules that opened or lapsed. */
export interface Moved {
  readonly before: DocumentsBefore | undefined;
  readonly bounds: Iterable<string>;
}

/** What two ends grant each other, and all that it was worked out from: good as long as these are the same. */
interface Granted {
  readonly traffic: Traffic;
  readonly from: readonly [Consents, Tenant | External | undefined];
  readonly to: readonly [Consents, Tenant | External | undefined];
}

/** A rule of one side, by its id, and the traffic in question to which it consents. */
export interface ConsentTo {
  readonly side: 'egress' | 'ingress';
  readonly rule: string;
  readonly traffic: Traffic;
}

/**
 * The traffic that the documents authorise at one instant: Auth(A, B) of the definitions, for segments and externals.
 * Each answer is worked out when it is first asked for, and kept. It may go on to later instants with its documents.
 */
export class Authorisation {
  readonly documents: Documents;
  #instant: string;
  readonly candidates: Candidates;
  readonly #consents = new Map<string, Consents>();
  readonly #granted = new PairMap<Granted>();
  /** As it is at this instant: the ports of two ends are many. */
  readonly #between = new PairMap<Traffic>();
  readonly #exchanges = new Map<string, ReadonlySet<string>>();

  constructor(documents: Documents, instant: string) {
    this.documents = documents;
    this.#instant = instant;
    this.candidates = new Candidates(documents, (tenant) => this.#consentsOf(tenant));
  }

  /** Goes on to a later instant. The documents are changed already. */
  moveTo(instant: string, { before, bounds }: Moved): void {
    this.#instant = instant;
    this.#exchanges.clear();
    this.#between.clear();
    for (const tenant of bounds) this.#consents.delete(tenant);
    if (before === undefined) return;
    for (const tenant of before.policies.keys()) this.#consents.delete(tenant);
    this.candidates.change(before);
    for (const tenant of this.candidates.tenantsNamingChanged(before)) this.#consents.delete(tenant);
  }

  /**
   * The traffic that may open connections between two ends: all of it within one segment, none across an air gap, and
   * none if quarantine cuts the two from each other.
   */
  between(pair: Pair): Traffic {
    if (pair.from === pair.to) return everything;
    const known = this.#between.get(pair);
    if (known !== undefined) return known;
    const traffic = this.crossesAirGap(pair) ? nothing : this.consented(pair);
    this.#between.set(pair, traffic);
    return traffic;
  }

  /** As `between`, but as if no tenant were air-gapped: it shows rules that should not be there. */
  consented(pair: Pair): Traffic {
    return this.isCut(pair) ? nothing : this.#agreed(pair);
  }

  /**
   * True if the ends differ and one of them is in quarantine, or the ends are of different holders and one of these is a
   * tenant in quarantine.
   */
  isCut({ from, to }: Pair): boolean {
    const { quarantinedTenants: tenants, quarantinedEnds: ends } = this.documents;
    if (from === to) return false;
    if (ends.has(from) || ends.has(to)) return true;
    const [source = '', target = ''] = [tenantOf(from), tenantOf(to)];
    return source !== target && (tenants.has(source) || tenants.has(target));
  }

  /** The traffic that the rules allow, as if nobody were air-gapped or in quarantine. */
  #agreed(pair: Pair): Traffic {
    const known = this.#granted.get(pair);
    const from = this.#groundsOf(pair.from);
    const to = this.#groundsOf(pair.to);
    if (known !== undefined && isSame(known.from, from) && isSame(known.to, to)) return known.traffic;
    const traffic = this.#consented(pair);
    this.#granted.set(pair, { traffic, from, to });
    return traffic;
  }

  #groundsOf(end: string): Granted['from'] {
    const { tenants, externals } = this.documents;
    const tenant = tenantOf(end);
    return [this.#consentsOf(tenant), tenant === undefined ? externals.get(end) : tenants.get(tenant)];
  }

  /** True if the ends are of different holders, and one of these is an air-gapped tenant. */
  crossesAirGap({ from, to }: Pair): boolean {
    const [source, target] = [tenantOf(from), tenantOf(to)];
    return source !== target && (this.#isAirGapped(source) || this.#isAirGapped(target));
  }

  /**
   * The side whose rules must carry a guard for traffic from one classification to another: the higher side. With an
   * external, it is the tenant's side, whichever end is higher. Undefined if both ends have the same classification.
   */
  guardSide({ from, to }: Pair): 'egress' | 'ingress' | undefined {
    const [source, target] = [this.#rank(from), this.#rank(to)];
    if (source === target) return undefined;
    if (tenantOf(to) === undefined) return 'egress';
    return tenantOf(from) !== undefined && source > target ? 'egress' : 'ingress';
  }

  /** The traffic that guarded rules of the guard's side allow. Undefined if no guard is needed. */
  guarded(pair: Pair): Traffic | undefined {
    const side = this.guardSide(pair);
    if (side === undefined) return undefined;
    const consents = side === 'egress' ? this.#egress(pair) : this.#ingress(pair);
    return unionOf(consents.filter(({ guarded }) => guarded).map(({ traffic }) => traffic));
  }

  /** The ids of the rules that consent to one kind of packet; none if no rule is needed. */
  rulesFor({ from, to }: Pair, opening: Opening): string[] {
    if (from === to || this.#isWhole({ from, to })) return [];
    const consents = [...this.#egress({ from, to }), ...this.#ingress({ from, to })];
    return consents.filter(({ traffic }) => holds(traffic, opening)).map(({ rule }) => rule);
  }

  /** By side, the rules that consent to some of a traffic, each with that part of it; none if no rule is needed. */
  consentsTo({ from, to }: Pair, traffic: Traffic): ConsentTo[] {
    if (from === to || this.#isWhole({ from, to })) return [];
    const sides = { egress: this.#egress({ from, to }), ingress: this.#ingress({ from, to }) };
    return (['egress', 'ingress'] as const).flatMap((side) =>
      sides[side]
        .map((consent) => ({ side, rule: consent.rule, traffic: intersect(consent.traffic, traffic) }))
        .filter((consent) => !isNothing(consent.traffic)),
    );
  }

  /** The source's own consents that cover the pair. */
  #egress({ from, to }: Pair): RuleConsent[] {
    const consents = this.#consentsOf(tenantOf(from)).egress.get(tenantOf(to) ?? to) ?? [];
    return consents.filter((consent) => covers(consent, { own: from, peer: to }));
  }

  /** The destination's own consents that cover the pair. */
  #ingress({ from, to }: Pair): RuleConsent[] {
    const { ingress, everyone } = this.#consentsOf(tenantOf(to));
    const named = ingress.get(tenantOf(from) ?? from) ?? [];
    const open = tenantOf(from) === undefined || this.#isAirGapped(tenantOf(from)) ? [] : everyone;
    return [...named, ...open].filter((consent) => covers(consent, { own: to, peer: from }));
  }

  /** Every pair of different ends with authorised traffic; or with consented traffic, air gap or not. */
  *pairs(kind: 'between' | 'consented'): Generator<Pair & { readonly traffic: Traffic }> {
    for (const from of this.ends()) yield* this.pairsFrom(from, kind);
  }

  /** As `pairs`, from one end. */
  *pairsFrom(from: string, kind: 'between' | 'consented'): Generator<Pair & { readonly traffic: Traffic }> {
    for (const to of this.candidates.mayReach(from)) {
      const traffic = this[kind]({ from, to });
      if (from !== to && !isNothing(traffic)) yield { from, to, traffic };
    }
  }

  /**
   * The segments that an end may exchange packets with, itself included if it is a segment. Quarantine is left aside:
   * an address does not change its owner when its holder is cut off.
   */
  exchanges(end: string): ReadonlySet<string> {
    const known = this.#exchanges.get(end);
    if (known !== undefined) return known;
    const partners = new Set(tenantOf(end) === undefined ? [] : [end]);
    for (const partner of [...this.candidates.mayReach(end), ...this.candidates.mayBeReachedBy(end)]) {
      if (tenantOf(partner) === undefined) continue;
      const [there, back] = [
        { from: end, to: partner },
        { from: partner, to: end },
      ];
      if (this.crossesAirGap(there)) continue;
      if (!isNothing(this.#agreed(there)) || !isNothing(this.#agreed(back))) partners.add(partner);
    }
    this.#exchanges.set(end, partners);
    return partners;
  }

  /** Every segment and external. */
  ends(): string[] {
    return [...this.segments(), ...this.documents.externals.keys()];
  }

  segments(): string[] {
    return [...this.documents.tenants.keys()].flatMap((tenant) => this.candidates.segmentsOf(tenant));
  }

  #consentsOf(tenant = ''): Consents {
    const known = this.#consents.get(tenant);
    if (known !== undefined) return known;
    const consents = consentsOf(this.documents.policies.get(tenant), this.candidates.names, this.#instant);
    this.#consents.set(tenant, consents);
    return consents;
  }

  #consented({ from, to }: Pair): Traffic {
    if (!this.#exists(from) || !this.#exists(to)) return nothing;
    const [source, target] = [tenantOf(from), tenantOf(to)];
    if (source === undefined && target === undefined) return nothing;
    if (this.#isWhole({ from, to })) return everything;
    // No rule of an air-gapped tenant counts, not even between its own segments.
    if (source === target && this.#isAirGapped(source)) return nothing;
    const egress = source === undefined ? everything : trafficOfAll(this.#egress({ from, to }));
    const ingress = target === undefined ? everything : trafficOfAll(this.#ingress({ from, to }));
    return intersect(egress, ingress);
  }

  /** True if both ends are of one tenant that lets all its segments talk. */
  #isWhole({ from, to }: Pair): boolean {
    const tenant = tenantOf(from);
    return (
      tenant !== undefined &&
      tenant === tenantOf(to) &&
      this.documents.tenants.get(tenant)?.intraTenant === 'allow'
    );
  }

  #exists(end: string): boolean {
    const tenant = tenantOf(end);
    if (tenant === undefined) return this.documents.externals.has(end);
    const segment = end.slice(tenant.length + 1);
    return this.documents.tenants.get(tenant)?.segments.includes(segment) ?? false;
  }

  #isAirGapped(tenant = ''): boolean {
    return this.documents.tenants.get(tenant)?.isolation === 'air-gapped';
  }

  #rank(end: string): number {
    const document = this.documents.tenants.get(tenantOf(end) ?? '') ?? this.documents.externals.get(end);
    return classifications.findIndex((level) => level === document?.classification);
  }
}

function isSame(one: Granted['from'], other: Granted['from']): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

function covers(
  consent: RuleConsent,
  { own, peer }: { readonly own: string; readonly peer: string },
): boolean {
  return isOrAll(consent.own, own) && isOrAll(consent.peer, peer);
}

/** True if a rule's segment covers an end. Without a segment a rule covers every end. */
function isOrAll(segment: string | undefined, end: string): boolean {
  return segment === undefined || end.endsWith(`/${segment}`);
}

function trafficOfAll(consents: readonly RuleConsent[]): Traffic {
  return unionOf(consents.map(({ traffic }) => traffic));
}
