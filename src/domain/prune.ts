import { refOf, type Document, type DocumentRef } from '../../events/documents.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { spell } from './candidate.ts';

/**
 * The documents that are removed if they are missing from the folder: all, inventory included, or those of one
 * tenant.
 */
export type Prune = 'all' | { readonly tenant: string };

/** The documents in force that are missing from a folder, as far as `prune` removes them. */
export function documentsGone(
  intended: Intended,
  { documents, prune }: { documents: readonly Document[]; prune: Prune | undefined },
): DocumentRef[] {
  if (prune === undefined) return [];
  const kept = new Set(documents.map((document) => spell(refOf(document))));
  const inForce = prune === 'all' ? everyDocument(intended) : documentsOfTenant(intended, prune.tenant);
  return [...inForce].filter((ref) => !kept.has(spell(ref)));
}

function* everyDocument({ directory, policies }: Intended): Generator<DocumentRef> {
  for (const name of policies.keys()) yield { kind: 'Policy', name };
  for (const [name, endpoints] of directory.endpoints) {
    if (endpoints.size > 0) yield { kind: 'Endpoints', name };
  }
  for (const name of directory.tenants.keys()) yield { kind: 'Tenant', name };
  for (const name of directory.externals.keys()) yield { kind: 'External', name };
  for (const name of directory.hosts.keys()) yield { kind: 'Host', name };
  for (const name of directory.shards.keys()) yield { kind: 'Shard', name };
}

function* documentsOfTenant({ directory, policies }: Intended, tenant: string): Generator<DocumentRef> {
  if (policies.has(tenant)) yield { kind: 'Policy', name: tenant };
  if ((directory.endpoints.get(tenant)?.size ?? 0) > 0) yield { kind: 'Endpoints', name: tenant };
  if (directory.tenants.has(tenant)) yield { kind: 'Tenant', name: tenant };
}
