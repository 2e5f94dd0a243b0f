import { segmentOf } from '../../events/names.ts';
import { endpointsOf } from '../../projections/directory/directory.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { keptEstate } from '../apply/plan/kept-estate.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { readKept } from '../projector/kept-state.ts';
import { unfolded } from '../projector/projection.ts';
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
 * The names of the estate; undefined where nothing was kept and the ledger is too large to be read from its first entry.
 * Nothing is written. Throws what reading a ledger throws.
 */
export async function keptNames({ open, statePath }: Examination): Promise<EstateNames | undefined> {
  const { ledger } = await open();
  const estate = await namedEstate(ledger, statePath).finally(() => ledger.close());
  if (estate === undefined) return undefined;
  const { directory } = estate.intended;
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

/** The most entries that are folded at the press of a key. */
const foldedMax = 2000;

async function namedEstate(ledger: LedgerReader, statePath: string): Promise<Estate | undefined> {
  const kept = await readKept(ledger, statePath, keptEstate);
  if (kept.kind !== 'kept' && (await ledger.head()).size > foldedMax) return undefined;
  const estate = kept.kind === 'kept' ? kept.projected : unfolded(keptEstate);
  return (await estate.catchUp(ledger)).state;
}
