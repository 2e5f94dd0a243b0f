import type { Policy, Rule, Service } from '../../../events/estate.ts';
import type { Documents } from '../documents/document-fold.ts';
import { intersect, trafficOf, type Traffic } from '../header-sets/traffic.ts';
import { timeOf } from './rule-time.ts';

/** The traffic that one side allows by one rule of its policy, with the rule's names resolved. */
export interface RuleConsent {
  readonly rule: string;
  /** The own segment that the rule is narrowed to; undefined for all of them. */
  readonly own: string | undefined;
  /** The peer's segment that the rule is narrowed to; undefined for all of them, and for externals. */
  readonly peer: string | undefined;
  readonly traffic: Traffic;
  readonly guarded: boolean;
}

/** A tenant's consents that are open at an instant, by the tenant or external that gets them. */
export interface Consents {
  readonly egress: ReadonlyMap<string, readonly RuleConsent[]>;
  readonly ingress: ReadonlyMap<string, readonly RuleConsent[]>;
  /** Consents of rules for `*`, to every tenant that is not air-gapped. */
  readonly everyone: readonly RuleConsent[];
}

/** A name in a rule: a tenant, one of its segments, a service, or an external. */
interface Named {
  readonly holder: string;
  readonly segment?: string;
  readonly service?: Service;
}

/** Resolves the names in rules, among the documents of one instant. */
export class Names {
  readonly #documents: Documents;
  #services: Map<string, Named[]> | undefined;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Undefined for a name that nobody has, and for a name with two meanings: such a rule allows nothing. */
  resolve(name: string): Named | undefined {
    const [holder = '', segment] = name.split('/');
    if (segment !== undefined) return { holder, segment };
    const meanings = [...this.#servicesOf(name)];
    if (this.#documents.tenants.has(name)) meanings.push({ holder: name });
    if (this.#documents.externals.has(name)) meanings.push({ holder: name });
    return meanings.length === 1 ? meanings[0] : undefined;
  }

  /** The documents of tenants were changed. */
  forget(): void {
    this.#services = undefined;
  }

  #servicesOf(name: string): readonly Named[] {
    this.#services ??= indexServices(this.#documents);
    return this.#services.get(name) ?? [];
  }
}

function indexServices({ tenants }: Documents): Map<string, Named[]> {
  const index = new Map<string, Named[]>();
  for (const { tenant, services } of tenants.values()) {
    for (const service of services) {
      pushTo(index, service.name, { holder: tenant, segment: service.segment, service });
    }
  }
  return index;
}

/** The consents of a policy's rules that are open at the instant: from `from` (included) until `expires` (excluded). */
export function consentsOf(policy: Policy | undefined, names: Names, instant: string): Consents {
  const egress = new Map<string, RuleConsent[]>();
  const ingress = new Map<string, RuleConsent[]>();
  const everyone: RuleConsent[] = [];
  for (const rule of policy?.egress ?? []) {
    const named = names.resolve(rule.destination);
    if (named === undefined || timeOf(rule, instant) !== 'open') continue;
    const { service } = named;
    const offered = service === undefined ? undefined : trafficOf(service);
    pushTo(egress, named.holder, consentOf(rule, { peer: named.segment, offered }));
  }
  for (const rule of policy?.ingress ?? []) {
    if (timeOf(rule, instant) !== 'open') continue;
    if (rule.source === '*') everyone.push(consentOf(rule, {}));
    else {
      const named = names.resolve(rule.source);
      if (named !== undefined) pushTo(ingress, named.holder, consentOf(rule, { peer: named.segment }));
    }
  }
  return { egress, ingress, everyone };
}

function consentOf(
  rule: Rule,
  { peer, offered }: { readonly peer?: string | undefined; readonly offered?: Traffic | undefined },
): RuleConsent {
  const asked = trafficOf(rule);
  return {
    rule: rule.id,
    own: rule.segment,
    peer,
    traffic: offered === undefined ? asked : intersect(asked, offered),
    guarded: rule.guard !== undefined,
  };
}

export function pushTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
