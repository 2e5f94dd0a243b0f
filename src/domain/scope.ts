import type { DocumentRef } from '../../events/documents.ts';
import type { Policy, Tenant } from '../../events/estate.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { namesOfHolder } from '../../projections/intended/name-index.ts';
import type { Candidate } from './candidate.ts';

/**
 * The tenants that changed and removed documents concern. Undefined for shards, hosts and externals: they concern
 * everyone.
 */
export function scopeOf(touched: readonly DocumentRef[]): Scope | undefined {
  const tenants = new Set<string>();
  for (const { kind, name } of touched) {
    if (kind === 'Shard' || kind === 'Host' || kind === 'External') return undefined;
    tenants.add(name);
  }
  return tenants;
}

/** The tenants in scope that a document declares. */
export function* tenantsInScope({ after, scope }: Candidate): Generator<Tenant> {
  const { tenants } = after.directory;
  for (const name of scope ?? tenants.keys()) {
    const tenant = tenants.get(name);
    if (tenant !== undefined) yield tenant;
  }
}

/** The names of tenants in scope with endpoints, whether or not a document declares the tenant. */
export function* inventoriesInScope({ after, scope }: Candidate): Generator<string> {
  const { endpoints } = after.directory;
  for (const name of scope ?? endpoints.keys()) if (endpoints.has(name)) yield name;
}

/**
 * The policies of tenants in scope, and the policies that name such a tenant by a name from before or after the
 * apply.
 */
export function* policiesConcerned({ before, after, scope }: Candidate): Generator<Policy> {
  const { policies } = after;
  if (scope === undefined) {
    yield* policies.values();
    return;
  }
  const concerned = new Set(scope);
  for (const holder of scope) {
    for (const { directory } of [before, after]) {
      for (const name of namesOfHolder(directory, holder)) {
        for (const namer of after.naming.of(name)) concerned.add(namer);
      }
    }
  }
  yield* policiesOf(after, concerned);
}

/** The policies in force of some tenants. */
export function* policiesOf({ policies }: Intended, tenants: Iterable<string>): Generator<Policy> {
  for (const tenant of tenants) {
    const policy = policies.get(tenant);
    if (policy !== undefined) yield policy;
  }
}
