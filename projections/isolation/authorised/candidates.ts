import { segmentOf, tenantOf } from '../../../events/names.ts';
import type { Documents } from '../documents/document-fold.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import { Names, type Consents } from './consents.ts';
import { RuleNames, type ConsentSide } from './rule-names.ts';

const sides = ['egress', 'ingress'] as const;

/**
 * The ends that an end may be authorised to reach, or to be reached by, as names in rules tell: few among all ends. What is
 * authorised between two of them is a question of its own.
 */
export class Candidates {
  readonly names: Names;
  readonly #documents: Documents;
  readonly #consentsOf: (tenant: string) => Consents;
  #ruleNames: RuleNames | undefined;

  constructor(documents: Documents, consents: (tenant: string) => Consents) {
    this.#documents = documents;
    this.#consentsOf = consents;
    this.names = new Names(documents);
  }

  /** The documents were changed. */
  change(before: DocumentsBefore): void {
    for (const [tenant, policy] of before.policies)
      this.#ruleNames?.change(tenant, policy, this.#documents.policies.get(tenant));
    if (before.tenants.size > 0) this.names.forget();
  }

  /** The tenants with rules for a name that may mean something else since some tenants and externals were changed. */
  tenantsNamingChanged(before: DocumentsBefore): Set<string> {
    const names = new Set(before.externals.keys());
    const found = new Set<string>();
    for (const [tenant, document] of before.tenants) {
      const services = [document, this.#documents.tenants.get(tenant)].flatMap((one) => one?.services ?? []);
      for (const name of [tenant, ...services.map((service) => service.name)]) names.add(name);
      for (const side of sides)
        for (const other of this.#inRules.namingSegments(side, tenant)) found.add(other);
    }
    for (const name of names)
      for (const side of sides) for (const tenant of this.#inRules.naming(side, name)) found.add(tenant);
    return found;
  }

  /**
   * Ends that an end could reach by the rules of either side: ends of its own tenant, and of holders that its egress
   * names. From an external, ends of the tenants whose ingress names it.
   */
  mayReach(end: string): Set<string> {
    const tenant = tenantOf(end);
    if (tenant === undefined) return this.#endsOfAll(this.#tenantsNaming('ingress', end));
    return this.#endsOfAll([tenant, ...this.#consentsOf(tenant).egress.keys()]);
  }

  /** Segments that could reach an end likewise. */
  mayBeReachedBy(end: string): Set<string> {
    const holder = tenantOf(end) ?? end;
    return this.#endsOfAll(this.#tenantsNaming('egress', holder));
  }

  /** Ends that could reach an end, or be reached by it. */
  partnersOf(end: string): Set<string> {
    const tenant = tenantOf(end);
    const externals = tenant === undefined ? [] : this.#consentsOf(tenant).ingress.keys();
    return this.mayReach(end)
      .union(this.mayBeReachedBy(end))
      .union(new Set([...externals].filter((name) => this.#documents.externals.has(name))));
  }

  segmentsOf(tenant: string): string[] {
    return (this.#documents.tenants.get(tenant)?.segments ?? []).map((segment) => segmentOf(tenant, segment));
  }

  #endsOfAll(holders: Iterable<string>): Set<string> {
    const ends = new Set<string>();
    for (const holder of holders) {
      if (this.#documents.externals.has(holder)) ends.add(holder);
      for (const segment of this.segmentsOf(holder)) ends.add(segment);
    }
    return ends;
  }

  /** The tenants whose rules name a tenant, one of its segments or services, or an external, open or not. */
  *#tenantsNaming(side: ConsentSide, holder: string): Generator<string> {
    const { tenants } = this.#documents;
    const services = tenants.get(holder)?.services ?? [];
    const names = [holder, ...services.map(({ name }) => name)];
    const meant = names.filter((name) => this.names.resolve(name)?.holder === holder);
    for (const name of meant)
      for (const tenant of this.#inRules.naming(side, name)) if (tenants.has(tenant)) yield tenant;
    for (const tenant of this.#inRules.namingSegments(side, holder)) if (tenants.has(tenant)) yield tenant;
  }

  get #inRules(): RuleNames {
    this.#ruleNames ??= RuleNames.of(this.#documents);
    return this.#ruleNames;
  }
}
