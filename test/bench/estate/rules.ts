import type {
  WrittenClassification,
  WrittenEgressRule,
  WrittenExternal,
  WrittenIngressRule,
  WrittenService,
  WrittenTenant,
  WrittenTraffic,
} from './documents.ts';
import { vaultSegment, type Realm } from './estate.ts';
import type { Features } from './options.ts';
import type { Random } from './random.ts';
import { overlaps, randomTraffic } from './traffic.ts';

/** A rule for the policy of one tenant. */
export type Addition =
  | { readonly tenant: string; readonly side: 'egress'; readonly rule: WrittenEgressRule }
  | { readonly tenant: string; readonly side: 'ingress'; readonly rule: WrittenIngressRule };

export interface RuleContext {
  readonly random: Random;
  readonly features: Features;
}

type Peer = WrittenTenant | WrittenExternal;

const levels: readonly WrittenClassification[] = ['public', 'internal', 'confidential', 'restricted'];
/** All of them exist once on the clocks of their zones. */
const bounds = [
  { from: '2024-01-01T00:00:00Z' },
  { from: '2026-04-01T08:00:00[Europe/Berlin]' },
  { expires: '2035-12-31T18:00:00[Europe/Berlin]' },
  { expires: '2026-06-30T23:59:59+02:00' },
  { from: '2026-03-01T12:00:00Z', expires: '2026-03-15T12:00:00.500-05:00' },
] as const;

/**
 * The rules by which a tenant and one that it may talk to agree on something, or fail to. Whatever comes out may be
 * added to any valid estate: a rule of the higher classification is always guarded, a vault is never named.
 */
export function conversation(context: RuleContext, tenant: WrittenTenant, realm: Realm): Addition[] {
  const { random, features } = context;
  if (tenant.intraTenant === 'segments' && random.chance(0.3)) return withinTenant(context, tenant);
  if (features.externals && realm.externals.length > 0 && random.chance(0.2))
    return [withExternal(context, tenant, random.pick(realm.externals))];
  const peers = realm.tenants.filter((each) => each.tenant !== tenant.tenant);
  if (peers.length === 0) return [];
  const peer = random.pick(peers);
  const asked = egress(context, tenant, peer);
  const offer = peer.services?.find(({ name }) => name === asked.destination);
  const answered = ingress(context, peer, { peer: tenant, traffic: offer ?? asked });
  const additions: Addition[] = [
    { tenant: tenant.tenant, side: 'egress', rule: asked },
    { tenant: peer.tenant, side: 'ingress', rule: answered },
  ];
  if (!features.halfGiven || random.chance(0.7)) return additions;
  return [random.pick(additions)];
}

/** An ingress rule for one of another realm. Nothing there ever asks for it, so it stays half-given. */
export function vainConsent(context: RuleContext, tenant: WrittenTenant, stranger: WrittenTenant): Addition {
  const rule = ingress(context, tenant, { peer: stranger, traffic: randomTraffic(context.random) });
  return { tenant: tenant.tenant, side: 'ingress', rule };
}

/** Ingress from everybody to a service. */
export function openToAll(tenant: WrittenTenant, service: WrittenService): Addition {
  const { segment, name, ...traffic } = service;
  const guard = levelOf(tenant) === 0 ? {} : { guard: `SEC-${name}` };
  return { tenant: tenant.tenant, side: 'ingress', rule: { source: '*', segment, ...traffic, ...guard } };
}

/** Other protocol and ports for a rule that leave it valid: one that names a service keeps something of it. */
export function trafficTowards(random: Random, service: WrittenService | undefined): WrittenTraffic {
  const wanted = randomTraffic(random);
  return service === undefined || overlaps(wanted, service) ? wanted : {};
}

function withinTenant({ random, features }: RuleContext, tenant: WrittenTenant): Addition[] {
  const [from, to] = [random.pick(tenant.segments), random.pick(tenant.segments)];
  const traffic = randomTraffic(random);
  const time = boundsFor({ random, features });
  return [
    {
      tenant: tenant.tenant,
      side: 'egress',
      rule: { destination: `${tenant.tenant}/${to}`, segment: from, ...traffic, ...time },
    },
    { tenant: tenant.tenant, side: 'ingress', rule: { source: tenant.tenant, segment: to, ...traffic } },
  ];
}

function withExternal(context: RuleContext, tenant: WrittenTenant, peer: WrittenExternal): Addition {
  const traffic = randomTraffic(context.random);
  if (context.random.chance(0.5))
    return { tenant: tenant.tenant, side: 'ingress', rule: ingress(context, tenant, { peer, traffic }) };
  return { tenant: tenant.tenant, side: 'egress', rule: egress(context, tenant, peer) };
}

function egress(context: RuleContext, own: WrittenTenant, peer: Peer): WrittenEgressRule {
  const { random } = context;
  const destination = nameFor(random, peer);
  const service =
    peer.kind === 'Tenant' ? peer.services?.find(({ name }) => name === destination) : undefined;
  const traffic = service !== undefined && random.chance(0.5) ? {} : trafficTowards(random, service);
  return {
    destination,
    ...ownSide(random, own),
    ...traffic,
    ...boundsFor(context),
    ...guardFor(context, own, peer),
  };
}

function ingress(
  context: RuleContext,
  own: WrittenTenant,
  { peer, traffic }: { peer: Peer; traffic: WrittenTraffic },
): WrittenIngressRule {
  const { random, features } = context;
  const same = random.chance(0.6);
  const { protocol, ports } = same ? traffic : randomTraffic(random);
  const everybody = features.wildcards && peer.kind === 'Tenant' && random.chance(0.04);
  return {
    source: everybody ? '*' : nameFor(random, peer),
    ...ownSide(random, own),
    ...(protocol === undefined ? {} : { protocol }),
    ...(ports === undefined ? {} : { ports }),
    ...boundsFor(context),
    ...(everybody && levelOf(own) > 0 ? { guard: 'SEC-everybody' } : guardFor(context, own, peer)),
  };
}

/** A name for the other end: one of its services, one of its segments, or all of it where it has no vault. */
function nameFor(random: Random, peer: Peer): string {
  if (peer.kind === 'External') return peer.external;
  const services = peer.services ?? [];
  if (services.length > 0 && random.chance(0.4)) return random.pick(services).name;
  const hasVault = peer.segments.includes(vaultSegment);
  return hasVault || random.chance(0.5) ? `${peer.tenant}/${random.pick(openSegments(peer))}` : peer.tenant;
}

/** Narrows a rule to one segment: always where the tenant has a vault, now and then elsewhere. */
function ownSide(random: Random, own: WrittenTenant): { segment?: string } {
  const narrowed = own.segments.includes(vaultSegment) || random.chance(0.4);
  return narrowed ? { segment: random.pick(openSegments(own)) } : {};
}

function openSegments({ segments }: WrittenTenant): string[] {
  return segments.filter((segment) => segment !== vaultSegment);
}

function boundsFor({ random, features }: RuleContext): { from?: string; expires?: string } {
  return features.timeBounds && random.chance(0.08) ? random.pick(bounds) : {};
}

/** A guard wherever a grant may need this side's: on the higher side, and either way with an external. */
function guardFor({ random }: RuleContext, own: WrittenTenant, peer: Peer): { guard?: string } {
  const difference = levelOf(own) - levelOf(peer);
  const needed = peer.kind === 'External' ? difference !== 0 : difference > 0;
  return needed || random.chance(0.05) ? { guard: `CAB-${1000 + random.below(9000)}` } : {};
}

function levelOf({ classification }: Peer): number {
  return levels.indexOf(classification ?? 'internal');
}
