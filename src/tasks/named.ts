import { compareNaturally } from '../runtime/natural-order.ts';
import type { Shard } from '../../events/estate.ts';
import { segmentOf } from '../../events/names.ts';
import {
  endpointsOf,
  formerHostKey,
  segmentsOf,
  type HostOfShard,
} from '../../projections/directory/directory.ts';
import type { Quarantinable } from '../../projections/intended/quarantine.ts';
import { nearestName } from '../runtime/nearest.ts';
import { listWords } from '../words/lists.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { UsageError } from '../runtime/errors.ts';

/** The shard of that name. Throws UsageError, naming those that there are. */
export function requireShard({ intended }: Estate, name: string): Shard {
  const { shards, formerShards } = intended.directory;
  const shard = shards.get(name) ?? formerShards.get(name);
  if (shard !== undefined) return shard;
  throw new UsageError(
    `there is no shard ${name}; there are: ${[...shards.keys()].sort(compareNaturally).join(', ') || 'none'}`,
  );
}

/**
 * The host of that name that is in use, is still to be emptied, or is said to be gone. Where several shards have one, those count
 * of which `isMeant` is true, and one must be left. Throws UsageError, naming the nearest.
 */
export function requireHost(
  { intended: { directory } }: Estate,
  { name, shard }: { readonly name: string; readonly shard: string | undefined },
  isMeant: (host: HostOfShard) => boolean,
): HostOfShard {
  const all = [directory.hosts, directory.formerHosts, directory.goneHosts].flatMap((of) => [...of.values()]);
  const known = new Map(all.map((host) => [formerHostKey(host), host]));
  const named = [...known.values()].filter(({ host }) => host === name);
  const there = named.filter((host) => shard === undefined || host.shard === shard);
  const meant = there.filter(isMeant);
  const [only, ...others] = meant.length === 0 ? there : meant;
  if (only !== undefined && others.length === 0) return { host: name, shard: only.shard };
  const shards = named.map((host) => host.shard).sort(compareNaturally);
  if (only !== undefined)
    throw new UsageError(`host ${name} may be that of ${shards.join(' or ')}: say which, with --shard`);
  if (shards.length > 0)
    throw new UsageError(`there is no host ${name} of ${shard ?? ''}; there is one of ${listWords(shards)}`);
  const nearest = nearestName(
    name,
    [...known.values()].map(({ host }) => host),
  );
  const hint =
    nearest === undefined ? 'isoledger status names those that are waited for' : `did you mean ${nearest}?`;
  throw new UsageError(`there is no host ${name}; ${hint}`);
}

/** The tenant, segment or external of that name. Throws UsageError, naming the nearest. */
export function requireQuarantinable({ intended }: Estate, name: string): Quarantinable {
  const { tenants, externals, services } = intended.directory;
  if (tenants.has(name)) return { kind: 'tenant', name };
  if (externals.has(name)) return { kind: 'external', name };
  const segments = [...tenants.keys()].flatMap((tenant) => segmentsOf(intended.directory, tenant));
  if (segments.includes(name)) return { kind: 'segment', name };
  const offered = services.get(name);
  if (offered !== undefined) {
    const end = segmentOf(offered.tenant, offered.service.segment);
    throw new UsageError(`${name} is a service: name the segment that offers it, ${end}`);
  }
  const stands = endpointNamed(intended, name);
  if (stands !== undefined)
    throw new UsageError(`${name} is an endpoint: name the segment that it stands in, ${stands}`);
  const nearest = nearestName(name, [...tenants.keys(), ...externals.keys(), ...segments]);
  const hint =
    nearest === undefined
      ? "they are spelt tenant, tenant/segment, or an external's name"
      : `did you mean ${nearest}?`;
  throw new UsageError(`there is no tenant, segment or external ${name}; ${hint}`);
}

/** The segment of an endpoint, `tenant/endpoint` or `tenant/segment/endpoint`; undefined where there is none. */
function endpointNamed({ directory }: Estate['intended'], text: string): string | undefined {
  const [tenant = '', ...rest] = text.split('/');
  for (const { name, segment } of endpointsOf(directory, tenant))
    if (rest.join('/') === name || rest.join('/') === `${segment}/${name}`) return segmentOf(tenant, segment);
  return undefined;
}

/** Makes sure that there is a tenant of that name. Throws UsageError, naming the nearest. */
export function requireTenant({ intended }: Estate, name: string): void {
  const { tenants } = intended.directory;
  if (tenants.has(name)) return;
  const nearest = nearestName(name, tenants.keys());
  const known = listWords([...tenants.keys()].sort(compareNaturally)) || 'none';
  throw new UsageError(
    `there is no tenant ${name}; ${nearest === undefined ? `there are: ${known}` : `did you mean ${nearest}?`}`,
  );
}

/**
 * The endpoint or external that a person names: `tenant/endpoint`, `tenant/segment/endpoint`, an external's name, or an
 * endpoint's bare name where only one tenant has it. Throws UsageError, naming the nearest.
 */
export function requireEndpoint({ intended: { directory } }: Estate, text: string): string {
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
