import { segmentOf, tenantOf } from '../../events/names.ts';
import { endpointsOf } from '../../projections/directory/directory.ts';
import type { Intended } from '../../projections/intended/intended.ts';

/** An address of an endpoint. `endpoint` is spelt `tenant/endpoint`, and `segment` is spelt `tenant/segment`. */
export interface Holder {
  readonly ip: string;
  readonly tenant: string;
  readonly name: string;
  readonly endpoint: string;
  readonly segment: string;
}

/** Every endpoint that has an address. */
export function* holdersOf(after: Intended, ip: string): Generator<Holder> {
  for (const endpoint of after.directory.addresses.of(ip)) yield holderAt(after, { ip, endpoint });
}

/** All addresses in a segment. An external has none here. */
export function holdersIn({ directory }: Intended, segment: string): Holder[] {
  const tenant = tenantOf(segment);
  if (tenant === undefined) return [];
  return Array.from(endpointsOf(directory, tenant))
    .filter((endpoint) => segmentOf(tenant, endpoint.segment) === segment)
    .flatMap(({ name, ips }) =>
      ips.map((ip) => ({ ip, tenant, name, endpoint: segmentOf(tenant, name), segment })),
    );
}

function holderAt({ directory }: Intended, { ip, endpoint }: { ip: string; endpoint: string }): Holder {
  /* v8 ignore next -- @preserve an endpoint is spelt with its tenant */
  const tenant = tenantOf(endpoint) ?? endpoint;
  const name = endpoint.slice(tenant.length + 1);
  /* v8 ignore next -- @preserve the index holds endpoints that are there */
  const segment = segmentOf(tenant, directory.endpoints.get(tenant)?.get(name)?.segment ?? '');
  return { ip, tenant, name, endpoint, segment };
}
