import fc from 'fast-check';
import { keyOf, type BindingObject, type OverlayObject } from '../../events/overlay-objects.ts';

/**
 * Random sets as plans hold them: one network for each segment (for one of them two), addresses that are distinct as far as
 * one network sees them, prefixes of externals that know of each other. Tenants may have equal addresses.
 */
export const hostsOfEstates = ['h1', 'h2', 'h3'] as const;

const segmentsOfEstates = {
  't1/web': 100,
  't1/db': 101,
  't2/web': 200,
  't2/dns': 201,
  out: 300,
  wide: 301,
} as const;
/** A segment that is moving to another shard has a second network for a while. */
const secondNetwork = { segment: 't1/db', vni: 151 } as const;
type Segment = keyof typeof segmentsOfEstates;
const segments: Segment[] = ['t1/web', 't1/db', 't2/web', 't2/dns', 'out', 'wide'];

export const addressesOfEstates = [
  '10.0.0.1',
  '10.0.0.2',
  '10.1.0.1',
  'fd00::1',
  'fd00::2',
  '8.8.8.8',
  '2001:db8::8',
];

const host = fc.constantFrom(...hostsOfEstates);
const macOf = (index: number): string => `02:00:00:00:01:${index.toString(16).padStart(2, '0')}`;

const networks: OverlayObject[] = [
  ...segments.map((segment) => ({ kind: 'network' as const, vni: segmentsOfEstates[segment], segment })),
  { kind: 'network', ...secondNetwork },
];

const placed = fc.array(
  fc.record({
    vni: fc.constantFrom(100, 100, 101, 151, 200, 201),
    host,
    ips: fc.uniqueArray(fc.constantFrom(...addressesOfEstates.slice(0, 5)), { minLength: 1, maxLength: 2 }),
  }),
  { minLength: 2, maxLength: 8 },
);

const gateways = fc.record({ out: fc.option(host, { freq: 2 }), wide: fc.option(host) });

const pair = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ from: fc.constantFrom(...segments), to: fc.constantFrom(...segments) }),
  },
  // Within a tenant some cuts let traffic go on.
  {
    weight: 1,
    arbitrary: fc.record({ from: fc.constant<Segment>('t1/web'), to: fc.constant<Segment>('t1/db') }),
  },
);
const bothSides = ['egress', 'ingress'] as const;
const sides = fc.constantFrom<readonly ('egress' | 'ingress')[]>(
  bothSides,
  bothSides,
  bothSides.slice(0, 1),
  bothSides.slice(1),
);
const grants = fc.array(
  fc.record({
    pair,
    sides,
    protocol: fc.constantFrom('tcp', 'udp', 'sctp', 'icmp', 'any'),
    ports: fc.option(
      fc.constantFrom<[number, number][]>(
        [[80, 80]],
        [
          [53, 53],
          [80, 90],
        ],
        [[1, 65_535]],
      ),
    ),
  }),
  { maxLength: 8 },
);
const cuts = fc.array(fc.record({ end: fc.constantFrom(...segments), wholly: fc.boolean(), sides }), {
  maxLength: 2,
});

/** A set of objects, whole. */
export const randomEstate: fc.Arbitrary<OverlayObject[]> = fc
  .record({ placed, gateways, routes: fc.array(pair, { maxLength: 8 }), grants, cuts })
  .map(whole);

function whole(drawn: DrawnEstate): OverlayObject[] {
  const acls = [...drawn.grants.flatMap(grantAcls), ...drawn.cuts.flatMap(cutAcls)].map((acl, index) => ({
    ...acl,
    id: index.toString(16).padStart(24, '0'),
  }));
  const routes = [...drawn.routes, ...drawn.grants.map((grant) => grant.pair)].flatMap(routesOf);
  const bindings = [...drawn.placed.map(endpointOf), ...gatewaysOf(drawn.gateways)];
  const hosts = hostsOfEstates.map((name, index) => ({
    kind: 'host' as const,
    host: name,
    tunnelIp: name === 'h3' ? 'fd31::3' : `172.31.0.${String(index + 1)}`,
    tunnel: name === 'h2' ? ('geneve' as const) : ('vxlan' as const),
  }));
  const others: OverlayObject[] = [...networks, ...routes, ...acls, ...hosts];
  return [...others, ...distinct(bindings, others)];
}

/** An estate in which everybody may talk to everybody else, two tenants and an external on two hosts. */
export function openEstate(): OverlayObject[] {
  return whole({
    placed: [
      { vni: 100, host: 'h1', ips: ['10.0.0.1', 'fd00::1'] },
      { vni: 101, host: 'h2', ips: ['10.0.0.2'] },
      { vni: 200, host: 'h1', ips: ['10.1.0.1'] },
      { vni: 201, host: 'h2', ips: ['fd00::2'] },
    ],
    gateways: { out: 'h1', wide: null },
    routes: [],
    grants: segments.flatMap((from) =>
      segments
        .filter((to) => to !== from)
        .map((to) => ({ pair: { from, to }, sides: bothSides, protocol: 'any' as const, ports: null })),
    ),
    cuts: [],
  });
}

interface DrawnEstate {
  readonly placed: Drawn<typeof placed>[];
  readonly gateways: { readonly out: string | null; readonly wide: string | null };
  readonly routes: { readonly from: Segment; readonly to: Segment }[];
  readonly grants: Drawn<typeof grants>[];
  readonly cuts: Drawn<typeof cuts>[];
}

type Drawn<Of> = Of extends fc.Arbitrary<(infer One)[]> ? One : never;

function endpointOf({ vni, host: name, ips }: Drawn<typeof placed>, index: number): BindingObject {
  const tenant = vni < 200 ? 't1' : 't2';
  const place = { host: name, interface: `tap${String(index)}`, mac: macOf(index) };
  return { kind: 'binding', endpoint: `${tenant}/e${String(index)}`, vni, ...place, ips };
}

function gatewaysOf({ out, wide }: { out: string | null; wide: string | null }): BindingObject[] {
  const shape = { kind: 'binding', interface: 'up' } as const;
  const cidrs = ['10.0.0.0/8', 'fd00::/16'];
  // The narrower external shadows the wider one, also where it has no gateway.
  const outer = { endpoint: 'out', vni: 300, mac: macOf(0x80), ips: ['0.0.0.0/0', '::/0'], except: cidrs };
  const inner = { endpoint: 'wide', vni: 301, mac: macOf(0x81), ips: cidrs };
  return [
    ...(out === null ? [] : [{ ...shape, ...outer, host: out }]),
    ...(wide === null ? [] : [{ ...shape, ...inner, host: wide }]),
  ];
}

function vnisOf(segment: Segment): number[] {
  return segment === secondNetwork.segment ? [101, 151] : [segmentsOfEstates[segment]];
}

function routesOf({ from, to }: { from: Segment; to: Segment }): OverlayObject[] {
  return vnisOf(from).flatMap((source) =>
    vnisOf(to).flatMap((target) =>
      source === target
        ? []
        : [
            { kind: 'route' as const, from: source, to: target },
            { kind: 'route' as const, from: target, to: source },
          ],
    ),
  );
}

function grantAcls({ pair: { from, to }, sides: at, protocol, ports }: Drawn<typeof grants>): OverlayAcl[] {
  const rule = { kind: 'acl', from, to, protocol, action: 'allow', tier: 'grant', id: '' } as const;
  const isBounded = ports !== null && protocol !== 'icmp' && protocol !== 'any';
  return at.map((side) => ({ ...rule, side, ...(isBounded ? { ports } : {}) }));
}

type OverlayAcl = Extract<OverlayObject, { kind: 'acl' }>;

function cutAcls({ end, wholly, sides: at }: Drawn<typeof cuts>): OverlayAcl[] {
  const rule = { kind: 'acl', protocol: 'any', action: 'deny', tier: 'quarantine', id: '' } as const;
  return at.flatMap((side) =>
    [
      { from: end, to: '*' },
      { from: '*', to: end },
    ].map((ends) => ({ ...rule, side, ...ends, ...(wholly ? { wholly: true as const } : {}) })),
  );
}

/** Takes away endpoints that some network would find at an address that it finds another one at. */
function distinct(bindings: readonly BindingObject[], others: readonly OverlayObject[]): BindingObject[] {
  const routes = new Set(others.filter(({ kind }) => kind === 'route').map((route) => keyOf(route)));
  const sees = (from: number, to: number): boolean =>
    from === to || routes.has(`route/${String(from)}/${String(to)}`);
  const seers = [...Object.values(segmentsOfEstates), secondNetwork.vni];
  const kept: BindingObject[] = [];
  for (const binding of bindings) {
    const isMet = kept.some(
      (other) =>
        binding.endpoint.includes('/') &&
        binding.ips.some((ip) => other.ips.includes(ip)) &&
        seers.some((from) => sees(from, binding.vni) && sees(from, other.vni)),
    );
    if (!isMet) kept.push(binding);
  }
  return kept;
}
