import { timeOf } from '../../../projections/isolation/authorised/rule-time.ts';
import type { Rule } from '../../../events/estate.ts';
import { segmentOf, tenantOf } from '../../../events/names.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import { Names } from '../../../projections/isolation/authorised/consents.ts';
import type { Documents } from '../../../projections/isolation/documents/document-fold.ts';
import {
  intersect,
  isNothing,
  subtract,
  trafficOf,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import type { Side } from '../origins.ts';

/** The service that a rule names, and the traffic that it offers. */
export interface NamedService {
  readonly name: string;
  readonly tenant: string;
  readonly segment: string;
  readonly offers: Traffic;
}

/** One rule of the tenant at one end of a pair, read for that pair. */
export interface RuleReading {
  readonly tenant: string;
  readonly side: Side;
  readonly rule: Rule;
  /** `pair` if it covers the pair; `peer` if it names the other end's holder, but other segments; else `other`. */
  readonly about: 'pair' | 'peer' | 'other';
  /** The state of its time bounds at the instant. */
  readonly time: 'open' | 'ahead' | 'over';
  /** The traffic as written in the rule. */
  readonly asked: Traffic;
  /** The written traffic, as far as the named service offers it. */
  readonly traffic: Traffic;
  readonly service: NamedService | undefined;
}

/** Reads the rules of the instant's policies for pairs, as the isolation engine does. */
export class RuleReader {
  readonly #documents: Documents;
  readonly #instant: string;
  readonly #names: Names;

  constructor(documents: Documents, instant: string) {
    this.#documents = documents;
    this.#instant = instant;
    this.#names = new Names(documents);
  }

  /** The rules of the side's own tenant; none for an external. */
  rules(pair: Pair, side: Side): RuleReading[] {
    const tenant = tenantOf(side === 'egress' ? pair.from : pair.to);
    const policy = tenant === undefined ? undefined : this.#documents.policies.get(tenant);
    return policy === undefined ? [] : policy[side].map((rule) => this.read(rule, { pair, side }));
  }

  read(rule: Rule, { pair, side }: { readonly pair: Pair; readonly side: Side }): RuleReading {
    const own = side === 'egress' ? pair.from : pair.to;
    const tenant = tenantOf(own) ?? own;
    const asked = trafficOf(rule);
    const service = 'destination' in rule ? this.#serviceOf(rule.destination) : undefined;
    const ownCovered = rule.segment === undefined || segmentOf(tenant, rule.segment) === own;
    const named = this.#naming(rule, side === 'egress' ? pair.to : pair.from);
    return {
      tenant,
      side,
      rule,
      about: named === 'end' && ownCovered ? 'pair' : named === undefined ? 'other' : 'peer',
      time: timeOf(rule, this.#instant),
      asked,
      traffic: service === undefined ? asked : intersect(asked, service.offers),
      service,
    };
  }

  /** Tells whether a rule names an end, or only its holder. */
  #naming(rule: Rule, peer: string): 'end' | 'holder' | undefined {
    const holder = tenantOf(peer) ?? peer;
    const name = 'destination' in rule ? rule.destination : rule.source;
    if (name === '*') return this.#isOpenToAll(peer) ? 'end' : undefined;
    const named = this.#names.resolve(name);
    if (named?.holder !== holder) return undefined;
    return named.segment === undefined || segmentOf(holder, named.segment) === peer ? 'end' : 'holder';
  }

  /** `*` is every tenant that is not air-gapped, and never an external. */
  #isOpenToAll(peer: string): boolean {
    const tenant = this.#documents.tenants.get(tenantOf(peer) ?? '');
    return tenant?.isolation === 'logical';
  }

  #serviceOf(name: string): NamedService | undefined {
    const named = this.#names.resolve(name);
    if (named?.service === undefined) return undefined;
    const { holder: tenant, service } = named;
    return { name, tenant, segment: segmentOf(tenant, service.segment), offers: trafficOf(service) };
  }
}

/** True if a rule allows all of the traffic between the pair now. */
export function allows({ about, time, traffic }: RuleReading, part: Traffic): boolean {
  return about === 'pair' && time === 'open' && includes(traffic, part);
}

export function includes(whole: Traffic, part: Traffic): boolean {
  return isNothing(subtract(part, whole));
}

/**
 * Divides traffic into parts. Each of the cuts has a part whole or not at all, so all packets of a part have the same
 * answer.
 */
export function partsOf(traffic: Traffic, cuts: readonly Traffic[]): Traffic[] {
  let parts = [traffic];
  for (const cut of cuts) {
    parts = parts
      .flatMap((part) => [intersect(part, cut), subtract(part, cut)])
      .filter((part) => !isNothing(part));
  }
  return parts;
}
