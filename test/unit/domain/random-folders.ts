import {
  keyOf,
  type WrittenDocument,
  type WrittenEgressRule,
  type WrittenEndpoint,
  type WrittenEndpoints,
  type WrittenExternal,
  type WrittenIngressRule,
  type WrittenPolicy,
  type WrittenTenant,
  type WrittenTraffic,
} from '../../bench/estate/documents.ts';
import type { Random } from '../../bench/estate/random.ts';
import type { Prune } from '../../../src/domain/prune.ts';

/** Few names, addresses and ports, so that documents get in each other's way all the time. */
const tenantNames = ['t-0', 't-1', 't-2', 't-3', 't-4', 't-5', 't-6', 'x-1'];
const serviceNames = ['v-0', 'v-1', 'v-2', 'v-3', 't-6', 'x-0'];
const externalNames = ['x-0', 'x-1', 'v-3'];
const segmentNames = ['a', 'b'];
const hosts = ['h-1', 'h-2', 'h-3', 'h-4'];
const traffics: readonly WrittenTraffic[] = [
  {},
  { protocol: 'tcp' },
  { ports: [443] },
  { ports: [80, '8000-8100'] },
  { protocol: 'udp', ports: [53] },
  { protocol: 'icmp' },
  { protocol: 'sctp', ports: [443, 7] },
  { protocol: 'any' },
];

/** Two shards with two hosts each, and two externals. */
export const ground = groundOf('embedded');

/** The same, where hosts are switches. */
export const groundOfSwitches = groundOf('ovs');

function groundOf(overlay: 'embedded' | 'ovs'): readonly WrittenDocument[] {
  return [
    ...[1, 2].map((n) => ({
      kind: 'Shard' as const,
      shard: `shard-${String(n)}`,
      overlay,
      tunnel: 'vxlan' as const,
      vnis: { from: n * 1000, to: n * 1000 + 999 },
    })),
    ...hosts.map((host, index) => ({
      kind: 'Host' as const,
      host,
      shard: index < 2 ? 'shard-1' : 'shard-2',
      tunnelIp: `172.31.0.${String(index + 1)}`,
      ...(overlay === 'ovs' ? { ovsdb: `unix:/run/${host}/db.sock` } : {}),
    })),
    {
      kind: 'External',
      external: 'x-0',
      cidrs: ['198.51.100.0/24'],
      gateway: { host: 'h-1', interface: 'p-0', mac: '02:00:00:00:00:0a' },
    },
    { kind: 'External', external: 'x-1', classification: 'confidential', cidrs: ['203.0.113.0/24'] },
  ];
}

/** A folder, and whose documents go that it does not hold. */
export interface Folder {
  readonly documents: readonly WrittenDocument[];
  readonly prune?: Prune;
}

/** What chance draws from: the documents in force, and the shard that each placed tenant stands on. */
export interface Standing {
  readonly inForce: ReadonlyMap<string, WrittenDocument>;
  readonly placements: ReadonlyMap<string, string>;
}

/** One to three documents, mostly plausible; now and then what the folder leaves out is to go. */
export function randomFolder(random: Random, standing: Standing): Folder {
  const drawn = Array.from({ length: 1 + random.below(3) }, () => randomDocument(random, standing));
  const documents = [...new Map(drawn.map((each) => [keyOf(each), each])).values()];
  if (random.chance(0.05)) return whole(random, { documents, standing });
  if (!random.chance(0.15)) return { documents };
  const tenant = random.pick(tenantNames);
  const kept = documents.filter(
    (each) => !('tenant' in each) || each.tenant !== tenant || random.chance(0.3),
  );
  return { documents: kept, prune: { tenant } };
}

/** All that is in force, but for one or two documents that are gone; and some that changed. */
function whole(
  random: Random,
  { documents, standing }: { documents: readonly WrittenDocument[]; standing: Standing },
): Folder {
  const kept = new Map(standing.inForce);
  const keys = [...kept.keys()].filter((key) => !key.startsWith('Shard/'));
  for (const key of [random.pick(keys), random.pick(keys)]) kept.delete(key);
  for (const document of documents) kept.set(keyOf(document), document);
  return { documents: [...kept.values()], prune: 'all' };
}

/** What is in force after a folder was accepted. */
export function inForceAfter(
  inForce: ReadonlyMap<string, WrittenDocument>,
  { documents, prune }: Folder,
): Map<string, WrittenDocument> {
  const after = new Map(prune === 'all' ? [] : inForce);
  if (typeof prune === 'object') {
    for (const kind of ['Tenant', 'Policy', 'Endpoints']) after.delete(`${kind}/${prune.tenant}`);
  }
  for (const document of documents) after.set(keyOf(document), document);
  return after;
}

function randomDocument(random: Random, standing: Standing): WrittenDocument {
  const declared = tenantNames.filter((name) => standing.inForce.has(`Tenant/${name}`));
  const dice = random.next();
  if (declared.length < 2 || dice < 0.3) return randomTenant(random, standing);
  const tenant = random.chance(0.97) ? random.pick(declared) : random.pick(tenantNames);
  if (dice < 0.6) return randomEndpoints(random, { tenant, standing });
  if (dice < 0.97) return randomPolicy(random, { tenant, standing });
  return randomExternal(random);
}

function randomTenant(random: Random, { inForce }: Standing): WrittenTenant {
  const tenant = random.pick(tenantNames);
  const before = inForce.get(`Tenant/${tenant}`);
  // Often one thing changes and the rest stays.
  if (before?.kind === 'Tenant' && random.chance(0.5)) return { ...before, ...oneTrait(random, before) };
  const segments = random.chance(0.6) ? segmentNames : [random.pick(segmentNames)];
  return {
    kind: 'Tenant',
    tenant,
    segments,
    ...classified(random),
    ...(random.chance(0.06) ? { isolation: 'air-gapped' as const } : {}),
    ...(random.chance(0.3) ? { intraTenant: 'segments' as const } : {}),
    ...(random.chance(0.25) ? { shard: random.pick(['shard-1', 'shard-2']) } : {}),
    ...randomServices(random, segments),
  };
}

function oneTrait(random: Random, { segments, services = [] }: WrittenTenant): Partial<WrittenTenant> {
  return random.pick<() => Partial<WrittenTenant>>([
    () => ({ classification: 'internal', ...classified(random) }),
    () => ({ isolation: random.pick(['logical', 'air-gapped'] as const) }),
    () => ({ intraTenant: random.pick(['allow', 'segments'] as const) }),
    () => ({ shard: random.pick(['shard-1', 'shard-2']) }),
    () => randomServices(random, segments),
    () => ({ segments: ['a', 'b'] }),
    () => ({ segments: ['a'], services: services.filter(({ segment }) => segment === 'a') }),
  ])();
}

function classified(random: Random): Pick<WrittenTenant, 'classification'> {
  return random.chance(0.2) ? { classification: random.pick(['public', 'confidential'] as const) } : {};
}

function randomServices(random: Random, segments: readonly string[]): Pick<WrittenTenant, 'services'> {
  const names = serviceNames.filter((_name, index) => random.chance(index < 4 ? 0.2 : 0.03));
  const services = names.map((name) => ({
    name,
    segment: random.pick(segments),
    ...random.pick(traffics),
  }));
  return services.length === 0 ? {} : { services };
}

function randomEndpoints(
  random: Random,
  { tenant, standing }: { tenant: string; standing: Standing },
): WrittenEndpoints {
  const { inForce, placements } = standing;
  const owner = inForce.get(`Tenant/${tenant}`);
  const segments = owner?.kind === 'Tenant' ? owner.segments : segmentNames;
  const home = placements.get(tenant);
  const near = hosts.filter((_host, index) => home === (index < 2 ? 'shard-1' : 'shard-2'));
  const count = owner === undefined ? 1 : random.below(3);
  const endpoints = Array.from({ length: count }, (_, n): WrittenEndpoint => {
    const first = `10.0.0.${String(random.below(12))}`;
    const second = `10.0.0.${String(20 + random.below(12))}`;
    return {
      name: `e-${String(n)}`,
      segment: random.chance(0.98) ? random.pick(segments) : random.pick(segmentNames),
      ip: random.chance(0.2) ? [first, second] : first,
      mac: `02:00:00:0a:0${String(random.below(10))}:0${String(random.below(10))}`,
      host: near.length > 0 && random.chance(0.98) ? random.pick(near) : random.pick(hosts),
      interface: `p-${String(random.below(60))}`,
    };
  });
  return { kind: 'Endpoints', tenant, endpoints };
}

function randomPolicy(
  random: Random,
  { tenant, standing: { inForce } }: { tenant: string; standing: Standing },
): WrittenPolicy {
  const own = inForce.get(`Tenant/${tenant}`);
  const segments = own?.kind === 'Tenant' ? own.segments : segmentNames;
  const names = random.chance(0.97) ? namesIn(inForce, tenant) : [...tenantNames, ...serviceNames, 't-1/b'];
  if (names.length === 0) return { kind: 'Policy', tenant };
  const rest = (): Omit<WrittenEgressRule, 'destination'> => ({
    ...(random.chance(0.3) ? { segment: random.pick(segments) } : {}),
    ...(random.chance(0.6) ? {} : random.pick(traffics)),
    ...(random.chance(0.6) ? { guard: 'CAB-1' } : {}),
    ...(random.chance(0.1) ? { from: '2040-01-01T00:00:00Z' } : {}),
  });
  const egress = Array.from({ length: random.below(3) }, () => ({
    destination: random.pick(names),
    ...rest(),
  }));
  const ingress = Array.from({ length: random.below(3) }, () => ({
    source: random.chance(0.3) ? '*' : random.pick(names),
    ...rest(),
  }));
  return { kind: 'Policy', tenant, egress: distinct(egress), ingress: distinct(ingress) };
}

/** Every name that a rule of a tenant may give, as things stand; those of air-gapped tenants left out. */
function namesIn(inForce: ReadonlyMap<string, WrittenDocument>, own: string): string[] {
  return [...inForce.values()].flatMap((document) => {
    if (document.kind === 'External') return [document.external];
    if (document.kind !== 'Tenant' || document.tenant === own || document.isolation === 'air-gapped')
      return [];
    const { tenant, segments, services = [] } = document;
    return [tenant, ...segments.map((each) => `${tenant}/${each}`), ...services.map(({ name }) => name)];
  });
}

function distinct<Rule extends WrittenEgressRule | WrittenIngressRule>(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function randomExternal(random: Random): WrittenExternal {
  return {
    kind: 'External',
    external: random.pick(externalNames),
    ...classified(random),
    cidrs: [`203.0.${String(110 + random.below(4))}.0/24`],
    ...(random.chance(0.4)
      ? {
          gateway: {
            host: random.pick(hosts),
            interface: `p-${String(random.below(60))}`,
            ...nextHop(random),
          },
        }
      : {}),
  };
}

function nextHop(random: Random): { mac?: string } {
  return random.chance(0.7) ? { mac: '02:00:00:00:00:0a' } : {};
}
