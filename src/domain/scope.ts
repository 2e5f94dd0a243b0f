import type { DocumentRef } from '../../events/documents.ts';
import type { Policy, Tenant } from '../../events/estate.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { namesOfHolder } from '../../projections/intended/name-index.ts';
import type { Candidate } from './candidate.ts';

/** Whom changed and removed documents concern. Shards, hosts and externals are everyone's: undefined. */
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

/** The names of those in scope that have endpoints, with or without a document that declares them. */
export function* inventoriesInScope({ after, scope }: Candidate): Generator<string> {
  const { endpoints } = after.directory;
  for (const name of scope ?? endpoints.keys()) if (endpoints.has(name)) yield name;
}

/** The policies of those in scope, and those that name them, or named them by what they no longer have. */
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
