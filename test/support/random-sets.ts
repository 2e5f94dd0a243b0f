import fc from 'fast-check';
import { objectsByKey, type OverlayObject } from '../../events/overlay-objects.ts';
import type { Delta } from '../../src/overlay/delta.ts';
import type { Wiring } from '../../src/overlay/ovs/pipeline/wiring.ts';

/**
 * Random sets of overlay objects of a world so small that objects meet: more than any plan holds, such as two endpoints with one
 * address, a network of two segments, hosts that share a tunnel address, cuts of everyone.
 */
export const hostsOfSets = ['h1', 'h2', 'h3'] as const;
const endpoints = ['t1/a', 't1/b', 't2/a', 't2/b', 'out', 'wide'] as const;
export const endsOfSets = ['t1/web', 't1/db', 't2/web', 'out', 'wide'] as const;
const addresses = ['10.0.0.1', '10.0.0.2', '10.1.0.1', 'fd00::1', 'fd00::2', '::ffff:a00:1', '::7'] as const;
const prefixes = [
  ...['10.0.0.0/8', '10.0.0.0/24', '10.1.0.0/16', '10.0.0.2', '0.0.0.0/0', '0.0.0.0/1'],
  ...['fd00::/16', 'fd00::/64', '::/0', '::ffff:0:0/96', '::a00:0/104'],
];
export const tunnels = ['172.31.0.1', '172.31.0.2', 'fd31::3'] as const;

export const vnisOfSets = [40, 80, 120, 160, 200] as const;
const vni = fc.constantFrom(...vnisOfSets);
const end = fc.constantFrom(...endsOfSets);
const id = fc.integer({ min: 0, max: 40 }).map((number) => String(number).padStart(2, '0').repeat(12));
const side = fc.constantFrom('egress', 'ingress');
const port = fc.constantFrom(1, 22, 80, 81, 443, 1024, 40_000, 65_535);
const ports = fc
  .uniqueArray(port, { minLength: 2, maxLength: 6 })
  .map((numbers) => [...numbers].sort((a, b) => a - b))
  .map((sorted) =>
    Array.from({ length: Math.floor(sorted.length / 2) }, (_, index): [number, number] => [
      sorted[2 * index] ?? 1,
      sorted[2 * index + 1] ?? 1,
    ]),
  );

const endpointBinding = fc.record(
  {
    kind: fc.constant('binding'),
    endpoint: fc.constantFrom(...endpoints.filter((endpoint) => endpoint.includes('/'))),
    vni,
    host: fc.constantFrom(...hostsOfSets),
    interface: fc.constantFrom('tap1', 'tap2'),
    mac: fc.constantFrom('02:00:00:00:01:01', '02:00:00:00:01:02'),
    ips: fc.uniqueArray(fc.constantFrom(...addresses, '10.0.0.0/24'), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['kind', 'endpoint', 'vni', 'host', 'interface', 'ips'] },
);

const externalBinding = fc.record(
  {
    kind: fc.constant('binding'),
    endpoint: fc.constantFrom('out', 'wide'),
    vni,
    host: fc.constantFrom(...hostsOfSets),
    interface: fc.constant('up'),
    mac: fc.constant('02:00:00:00:02:01'),
    ips: fc.uniqueArray(fc.constantFrom(...prefixes), { minLength: 1, maxLength: 3 }),
    except: fc.uniqueArray(fc.constantFrom(...prefixes), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['kind', 'endpoint', 'vni', 'host', 'interface', 'ips'] },
);

const grant = fc.record(
  {
    kind: fc.constant('acl'),
    id,
    side,
    from: end,
    to: end,
    protocol: fc.constantFrom('tcp', 'udp', 'icmp', 'any', 'sctp'),
    ports,
    action: fc.constant('allow'),
    tier: fc.constant('grant'),
  },
  { requiredKeys: ['kind', 'id', 'side', 'from', 'to', 'protocol', 'action', 'tier'] },
);

const quarantine = fc.record(
  {
    kind: fc.constant('acl'),
    id,
    side,
    from: fc.constantFrom(...endsOfSets, '*'),
    to: fc.constantFrom(...endsOfSets, '*', '*', '*'),
    protocol: fc.constant('any'),
    action: fc.constant('deny'),
    tier: fc.constant('quarantine'),
    wholly: fc.constant(true),
  },
  { requiredKeys: ['kind', 'id', 'side', 'from', 'to', 'protocol', 'action', 'tier'] },
);

const qos = fc.record(
  {
    kind: fc.constant('qos'),
    endpoint: fc.constantFrom(...endpoints),
    egress: fc.constant('1000000'),
    ingress: fc.constant('2000000'),
  },
  { requiredKeys: ['kind', 'endpoint'] },
);

const host = fc.record({
  kind: fc.constant('host'),
  host: fc.constantFrom(...hostsOfSets),
  tunnelIp: fc.constantFrom(...tunnels),
  tunnel: fc.constantFrom('vxlan', 'geneve'),
});

export const randomObject: fc.Arbitrary<OverlayObject> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('network'), vni, segment: end }) },
  { weight: 4, arbitrary: endpointBinding },
  { weight: 2, arbitrary: externalBinding },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('route'), from: vni, to: vni }) },
  { weight: 5, arbitrary: grant },
  { weight: 2, arbitrary: quarantine },
  { weight: 1, arbitrary: qos },
  { weight: 2, arbitrary: host },
);

/** A set, each key once. */
export const randomSet: fc.Arbitrary<OverlayObject[]> = fc
  .array(randomObject, { maxLength: 50, size: 'max' })
  .map((objects) => [...objectsByKey(objects).values()]);

/** A set, and a change of it. */
export const randomChange: fc.Arbitrary<{ objects: OverlayObject[]; change: Delta }> = randomSet.chain(
  (objects) =>
    fc.record({
      objects: fc.constant(objects),
      change: fc.record({
        put: fc.array(randomObject, { maxLength: 4 }),
        removed: fc
          .shuffledSubarray([...objectsByKey(objects).keys(), 'host/h9'])
          .map((keys) => keys.slice(0, 4)),
      }),
    }),
);

/** Ports of some endpoints. */
export const randomWiring: fc.Arbitrary<Wiring> = fc
  .array(fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 }), {
    minLength: endpoints.length,
    maxLength: endpoints.length,
  })
  .map((zones) => ({
    portOf: (endpoint) => {
      const index = endpoints.findIndex((known) => known === endpoint);
      const zone = zones[index] ?? undefined;
      return zone === undefined ? undefined : { ofport: 0x10 + index, zone: 0x8000 + 16 * zone + index };
    },
  }));
