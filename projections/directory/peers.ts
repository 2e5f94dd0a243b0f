import type { Service } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import type { Directory } from './directory.ts';

/** The meaning of a rule's destination or source in a directory. */
export type Peer =
  | { readonly kind: 'service'; readonly tenant: string; readonly service: Service }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'segment'; readonly tenant: string; readonly segment: string }
  | { readonly kind: 'external'; readonly external: string };

/** Resolves a name in the directory as it is now (late binding). Undefined for an unknown name. */
export function peerNamed(directory: Directory, name: string): Peer | undefined {
  const tenant = tenantOf(name);
  if (tenant !== undefined) {
    const segment = name.slice(tenant.length + 1);
    const known = directory.tenants.get(tenant)?.segments.includes(segment) === true;
    return known ? { kind: 'segment', tenant, segment } : undefined;
  }
  if (directory.tenants.has(name)) return { kind: 'tenant', tenant: name };
  if (directory.externals.has(name)) return { kind: 'external', external: name };
  const offered = directory.services.get(name);
  return offered === undefined ? undefined : { kind: 'service', ...offered };
}
