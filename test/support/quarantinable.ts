import type { Quarantinable } from '../../projections/intended/quarantine.ts';
import { ofKind, type WrittenDocument } from '../bench/estate/documents.ts';

/** Every tenant, segment and external that documents declare. */
export function quarantinable(documents: readonly WrittenDocument[]): Quarantinable[] {
  const tenants = ofKind(documents, 'Tenant');
  return [
    ...tenants.map(({ tenant: name }) => ({ kind: 'tenant' as const, name })),
    ...tenants.flatMap(({ tenant, segments }) =>
      segments.map((segment) => ({ kind: 'segment' as const, name: `${tenant}/${segment}` })),
    ),
    ...ofKind(documents, 'External').map(({ external: name }) => ({ kind: 'external' as const, name })),
  ];
}

/** The names in quarantine that documents still declare: the quarantine of all others has ended. */
export function stillQuarantined(
  quarantined: ReadonlySet<string>,
  documents: readonly WrittenDocument[],
): Set<string> {
  return quarantined.intersection(new Set(quarantinable(documents).map(({ name }) => name)));
}
