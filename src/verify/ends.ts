import { segmentOf, tenantOf } from '../../events/names.ts';
import type { IsolationState } from '../../projections/isolation/state.ts';
import { nearestName } from '../runtime/nearest.ts';
import { UnknownEnd } from './faults.ts';

/** Whether a segment (`tenant/segment`) or external is meant. */
export type EndFilter = (end: string) => boolean;

/**
 * What a tenant, `tenant/segment` or an external's name means as a filter; everything if left out. Throws UnknownEnd for a
 * name that nobody has at that instant.
 */
export function endFilter(name: string | undefined, { documents }: IsolationState): EndFilter {
  if (name === undefined) return () => true;
  const tenants = [...documents.tenants.values()];
  const segments = tenants.flatMap(({ tenant, segments: own }) =>
    own.map((segment) => segmentOf(tenant, segment)),
  );
  const known = [...tenants.map(({ tenant }) => tenant), ...segments, ...documents.externals.keys()];
  if (!known.includes(name)) throw new UnknownEnd(name, nearestName(name, known));
  return (end) => end === name || tenantOf(end) === name;
}
