import { keyOf, type WrittenDocument, type WrittenExternal, type WrittenTenant } from './documents.ts';
import type { Features } from './options.ts';

/** Segments of this name are never named by another tenant, so that all of them may use the same addresses. */
export const vaultSegment = 'vault';

/**
 * An estate as documents, and what must be remembered to change it and keep it valid. Tenants and externals of one
 * realm have distinct addresses and may talk to one another; nothing is ever granted between two realms.
 */
export interface Estate {
  readonly documents: readonly WrittenDocument[];
  readonly features: Features;
  /** The realm of each tenant and external, by name. */
  readonly realms: ReadonlyMap<string, number>;
  /** Endpoints and gateways ever made: no number of an address, MAC or interface is above it. */
  readonly portsIssued: number;
  /** /24 prefixes of externals ever made. */
  readonly prefixesIssued: number;
}

/** Those who may talk to one another: all but the air-gapped of one realm. */
export interface Realm {
  readonly tenants: readonly WrittenTenant[];
  readonly externals: readonly WrittenExternal[];
}

/** Who may talk to whom, by the number of the realm. */
export function realmsOf({ documents, realms }: Pick<Estate, 'documents' | 'realms'>): Map<number, Realm> {
  const found = new Map<number, { tenants: WrittenTenant[]; externals: WrittenExternal[] }>();
  const at = (name: string): { tenants: WrittenTenant[]; externals: WrittenExternal[] } => {
    const number = realms.get(name) ?? 0;
    const realm = found.get(number) ?? { tenants: [], externals: [] };
    found.set(number, realm);
    return realm;
  };
  for (const document of documents) {
    if (document.kind === 'Tenant' && document.isolation !== 'air-gapped')
      at(document.tenant).tenants.push(document);
    if (document.kind === 'External') at(document.external).externals.push(document);
  }
  return found;
}

/** The documents with one of them replaced, or added at the end where there was none. */
export function withDocument(
  documents: readonly WrittenDocument[],
  changed: WrittenDocument,
): WrittenDocument[] {
  const key = keyOf(changed);
  const index = documents.findIndex((each) => keyOf(each) === key);
  return index < 0 ? [...documents, changed] : documents.with(index, changed);
}
