import { segmentOf } from '../../events/names.ts';
import { endpointsOf } from '../../projections/directory/directory.ts';
import { estateProjection } from '../projector/estate-projection.ts';
import { readKept } from '../projector/kept-state.ts';
import type { Examination } from './examination.ts';

/** The names of an estate. Segments and endpoints are spelt `tenant/segment` and `tenant/endpoint`. */
export interface EstateNames {
  readonly tenants: readonly string[];
  readonly segments: readonly string[];
  readonly endpoints: readonly string[];
  readonly externals: readonly string[];
  readonly shards: readonly string[];
  readonly hosts: readonly string[];
}

/**
 * The names of the estate that was last kept; undefined where none was kept. No entry is read, and nothing is written.
 * Throws what opening a ledger throws.
 */
export async function keptNames({ open, statePath }: Examination): Promise<EstateNames | undefined> {
  const { ledger } = await open();
  await ledger.close();
  const kept = readKept({ path: statePath, ledger: ledger.id }, estateProjection);
  if (kept === undefined) return undefined;
  const { directory } = kept.state.intended;
  const tenants = [...directory.tenants.values()];
  return {
    tenants: tenants.map(({ tenant }) => tenant),
    segments: tenants.flatMap(({ tenant, segments }) =>
      segments.map((segment) => segmentOf(tenant, segment)),
    ),
    endpoints: tenants.flatMap(({ tenant }) =>
      Array.from(endpointsOf(directory, tenant), ({ name }) => segmentOf(tenant, name)),
    ),
    externals: [...directory.externals.keys()],
    shards: [...directory.shards.keys()],
    hosts: [...directory.hosts.keys()],
  };
}
