import { segmentOf } from '../../events/names.ts';
import { endpointsOf, type Directory } from '../../projections/directory/directory.ts';
import { nearestName } from '../runtime/nearest.ts';
import { UsageError } from '../runtime/errors.ts';

/**
 * The endpoint or external that a person names: `tenant/endpoint`, `tenant/segment/endpoint`, an external's name, or an
 * endpoint's bare name where only one tenant has it. Throws UsageError, naming the nearest.
 */
export function endpointNamed(directory: Directory, text: string): string {
  if (directory.externals.has(text)) return text;
  const known = [...directory.endpoints.keys()].flatMap((tenant) =>
    Array.from(endpointsOf(directory, tenant), ({ name, segment }) => ({
      full: segmentOf(tenant, name),
      spellings: [segmentOf(tenant, name), `${tenant}/${segment}/${name}`, name],
    })),
  );
  const meant = known.filter(({ spellings }) => spellings.includes(text));
  const [only, ...others] = meant;
  if (only !== undefined && others.length === 0) return only.full;
  if (only !== undefined)
    throw new UsageError(`${text} may be ${meant.map(({ full }) => full).join(' or ')}: say which`);
  const nearest = nearestName(text, [...known.map(({ full }) => full), ...directory.externals.keys()]);
  const hint = nearest === undefined ? 'it is spelt tenant/endpoint' : `did you mean ${nearest}?`;
  throw new UsageError(`there is no endpoint or external ${text}: ${hint}`);
}
