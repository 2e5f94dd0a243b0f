import type { Endpoint, External, Host, Policy, Shard, Tenant } from './estate.ts';

/** The documents of an estate, parsed and normalised. Each is whole: it replaces the earlier one of its kind and name. */
export type Document =
  | { readonly kind: 'Tenant'; readonly value: Tenant }
  | { readonly kind: 'External'; readonly value: External }
  | { readonly kind: 'Endpoints'; readonly value: Endpoints }
  | { readonly kind: 'Host'; readonly value: Host }
  | { readonly kind: 'Shard'; readonly value: Shard }
  | { readonly kind: 'Policy'; readonly value: Policy };

/** All endpoints of one tenant, sorted by name. */
export interface Endpoints {
  readonly tenant: string;
  readonly endpoints: readonly Endpoint[];
}

export type DocumentKind = Document['kind'];

/** The kind and name of a document. Endpoints and Policy go by their tenant's name. */
export interface DocumentRef {
  readonly kind: DocumentKind;
  readonly name: string;
}

/** The reference of a document. */
export function refOf(document: Document): DocumentRef {
  switch (document.kind) {
    case 'Tenant':
    case 'Endpoints':
    case 'Policy':
      return { kind: document.kind, name: document.value.tenant };
    case 'External':
      return { kind: document.kind, name: document.value.external };
    case 'Host':
      return { kind: document.kind, name: document.value.host };
    case 'Shard':
      return { kind: document.kind, name: document.value.shard };
  }
}
