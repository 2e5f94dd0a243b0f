import type { Policy } from '../../../events/estate.ts';
import type { Documents } from '../documents/document-fold.ts';

/** The own side of a rule: its tenant sends, or receives. */
export type ConsentSide = 'egress' | 'ingress';

/** The tenants whose rules have a name in them, whatever that means, and whether or not a rule is open. */
export class RuleNames {
  /** By side and name; all names of one tenant's segments are one. */
  readonly #tenants = new Map<string, Set<string>>();

  /** Those of all policies. */
  static of({ policies }: Documents): RuleNames {
    const names = new RuleNames();
    for (const [tenant, policy] of policies) names.change(tenant, undefined, policy);
    return names;
  }

  /** A tenant's policy is replaced by another one. */
  change(tenant: string, before: Policy | undefined, after: Policy | undefined): void {
    for (const key of keysOf(before)) this.#tenants.get(key)?.delete(tenant);
    for (const key of keysOf(after)) {
      const tenants = this.#tenants.get(key);
      if (tenants === undefined) this.#tenants.set(key, new Set([tenant]));
      else tenants.add(tenant);
    }
  }

  /** The tenants with a rule for a name without a segment. */
  naming(side: ConsentSide, name: string): Iterable<string> {
    return this.#tenants.get(`${side} ${name}`) ?? [];
  }

  /** The tenants with a rule for a segment of a tenant, one that is there or not. */
  namingSegments(side: ConsentSide, tenant: string): Iterable<string> {
    return this.#tenants.get(`${side} ${tenant}/`) ?? [];
  }
}

function keysOf(policy: Policy | undefined): string[] {
  const { egress = [], ingress = [] } = policy ?? {};
  return [
    ...egress.map(({ destination }) => `egress ${withoutSegment(destination)}`),
    ...ingress.map(({ source }) => `ingress ${withoutSegment(source)}`),
  ];
}

/** A name, or that of a segment's tenant with the slash that tells it from one. */
function withoutSegment(name: string): string {
  const slash = name.indexOf('/');
  return slash < 0 ? name : name.slice(0, slash + 1);
}
