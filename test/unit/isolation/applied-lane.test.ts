import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { endpoint, endpoints, external, policy, tenant } from './documents.ts';
import { found } from './found.ts';
import { History } from './history.ts';
import { carriedOut, documents, hosts, objects } from './small-estate.ts';
import { acls, altered, binding, network, routes } from './wiring.ts';

/** The small estate with more documents, on hosts that hold these objects. */
function estate(more: readonly DomainEvent[], wired = objects): History {
  return new History()
    .record(...documents, ...more)
    .plan(wired)
    .acknowledge(hosts);
}

describe('classification', () => {
  const low = tenant('b', { classification: 'public' });
  const guarded = policy('a', {
    egress: [
      {
        destination: 'b',
        protocol: 'tcp',
        ports: [
          [443, 443],
          [8000, 8100],
        ],
      },
      { destination: 'b', protocol: 'tcp', ports: [[443, 8099]], guard: 'CAB-1' },
      { destination: 'x', protocol: 'tcp', ports: [[443, 443]] },
    ],
  });

  test('given reachability between classifications, what no guard of the higher side covers is found', () => {
    expect(found(estate([low, guarded, policy('b', { ingress: [{ source: 'a' }] })]))).toEqual([
      'isolation x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
      'classification a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 8100',
      'missing a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 444',
    ]);
  });
});

describe('air gap', () => {
  test('given an air-gapped tenant that can be reached, that is worse than unauthorised', () => {
    const leak = [...objects, ...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'icmp' })];
    expect(found(estate([tenant('c', { isolation: 'air-gapped' })], leak))).toEqual([
      'airgap a/s -> c/s: 10.1.0.1 -> 10.3.0.1 icmp -',
    ]);
  });
});

describe('externals', () => {
  const wide = external('y', { cidrs: ['0.0.0.0/0'], gateway: { host: 'hv-2', interface: 'ext-y' } });
  const both = policy('a', {
    egress: [
      { destination: 'x', protocol: 'udp' },
      { destination: 'y', protocol: 'udp' },
    ],
  });
  const wired = (except: string[]): typeof objects => [
    ...objects.filter(({ kind }) => kind !== 'acl' && kind !== 'route'),
    network(5, 'y'),
    binding('y', { vni: 5, host: 'hv-2', ips: ['0.0.0.0/0'], except }),
    ...routes(1, 4),
    ...routes(1, 5),
    ...acls({ from: 'a/s', to: 'x', protocol: 'udp' }),
    ...acls({ from: 'a/s', to: 'y', protocol: 'udp' }),
  ];
  const more = [wide, both, policy('b', {})];

  test('given a longer prefix of another external, its addresses are the other one', () => {
    expect(found(estate(more, wired(['198.51.100.0/24'])))).toEqual([]);
  });

  test('given that the wider one claims them too, they may go to either', () => {
    expect(found(estate(more, wired([])))).toEqual([
      'isolation a/s -> y: 10.1.0.1 -> 198.51.100.0 udp 1',
      'missing a/s -> x: 10.1.0.1 -> 198.51.100.0 udp 1',
    ]);
  });

  test('given a narrower external without a gateway, its addresses are nobody else', () => {
    const shadow = external('z', { cidrs: ['203.0.113.0/24'] });
    expect(found(estate([...more, shadow], wired(['198.51.100.0/24'])))).toEqual([
      'isolation a/s -> y: 10.1.0.1 -> 203.0.113.0 udp 1',
    ]);
  });

  test('given two externals in one network, they reach each other, which nobody can authorise', () => {
    const same = altered(wired(['198.51.100.0/24']), (object) =>
      object.kind === 'binding' && object.endpoint === 'y' ? { ...object, vni: 4 } : object,
    );
    const lines = found(estate(more, same)).filter((line) => line.startsWith('isolation'));
    expect(lines).toEqual([
      'isolation x -> y: 198.51.100.0 -> 1.0.0.0 tcp 1',
      'isolation y -> x: 1.0.0.0 -> 198.51.100.0 tcp 1',
    ]);
  });
});

describe('ports', () => {
  const two = endpoints('a', [endpoint('a3', { host: 'hv-1', ips: ['10.1.0.3'] })]);
  const third = binding('a/a3', { vni: 1, host: 'hv-1', ips: ['10.1.0.3'] });

  test('given two endpoints that are alike, a revocation that is late for one is found, whoever comes first', () => {
    const history = estate([], [...objects, third])
      .record(policy('b', {}))
      .wait(70)
      .record(two);
    expect(found(history).filter((line) => line.includes('b/s'))).toEqual([
      'isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'isolation x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
    ]);
  });

  test('given an endpoint that has just moved to another segment, what its old one allowed is pending', () => {
    const segments = tenant('a', { segments: ['s', 't'], intraTenant: 'segments' });
    const moved = endpoints('a', [endpoint('a2', { host: 'hv-2', ips: ['10.1.0.2'], segment: 't' })]);
    const lines = found(carriedOut().record(segments, moved).wait(10));
    expect(lines.filter((line) => !line.startsWith('missing'))).toEqual([
      'pending-revocation a/s -> a/t: 10.1.0.1 -> 10.1.0.2 tcp 1',
      'pending-revocation a/t -> a/s: 10.1.0.2 -> 10.1.0.1 tcp 1',
    ]);
  });

  test('given a segment that is gone, nothing is authorised to or from what is still there', () => {
    const gone = tenant('a', { segments: ['t'] });
    expect(found(carriedOut().record(gone).wait(70))).toEqual([
      'isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'isolation a/s -> x: 10.1.0.1 -> 198.51.100.0 tcp 443',
    ]);
  });

  test('given two bindings with one address in one reach, the packet may go to either and must go to neither', () => {
    const doubled = [
      ...objects,
      binding('b/b3', { vni: 2, host: 'hv-1', ips: ['10.2.0.1'], interface: 'vm-b1' }),
    ];
    expect(found(estate([], doubled))).toEqual([
      'missing a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'missing b/s -> b/s: 10.2.0.1 -> 10.2.0.2 tcp 1',
      'missing x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
    ]);
  });

  test('given a binding on the wrong interface, its packets go to whoever sits there', () => {
    const astray = altered(objects, (object) =>
      object.kind === 'binding' && object.endpoint === 'c/c1' ? { ...object, interface: 'vm-a2' } : object,
    );
    expect(found(estate([], astray)).filter((line) => line.startsWith('missing'))).toEqual([
      'missing a/s -> a/s: 10.1.0.2 -> 10.1.0.1 tcp 1',
      'missing a/s -> b/s: 10.1.0.2 -> 10.2.0.1 tcp 443',
      'missing a/s -> x: 10.1.0.2 -> 198.51.100.0 tcp 443',
    ]);
  });

  test('given an acl on one side only, nothing passes', () => {
    const half = altered(objects, (object) =>
      object.kind === 'acl' && object.side === 'ingress' ? [] : object,
    );
    const lines = found(estate([], half));
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'missing a/s -> b/s',
      'missing a/s -> x',
      'missing x -> b/s',
    ]);
  });

  test('given networks that no object names, no acl speaks of them', () => {
    const unnamed = objects.filter(({ kind }) => kind !== 'network');
    const lines = found(estate([], unnamed));
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'missing a/s -> b/s',
      'missing a/s -> x',
      'missing x -> b/s',
    ]);
  });

  test('given one network that no object names, nothing crosses to it', () => {
    const unnamed = objects.filter((object) => object.kind !== 'network' || object.segment !== 'b/s');
    const lines = found(estate([], unnamed));
    expect(lines.map((line) => line.split(':')[0])).toEqual(['missing a/s -> b/s', 'missing x -> b/s']);
  });

  test('given two endpoints that swap ports in one batch, each port is its new endpoint, in either order', () => {
    const swap = [
      endpoints('a', [endpoint('a2', { host: 'hv-2', ips: ['10.1.0.2'], interface: 'vm-c1' })]),
      endpoints('c', [endpoint('c1', { host: 'hv-2', ips: ['10.3.0.1'], interface: 'vm-a2' })]),
    ];
    const swapped = altered(objects, (object) => {
      if (object.kind !== 'binding' || object.host !== 'hv-2') return object;
      const swaps: Record<string, string> = { 'vm-a2': 'vm-c1', 'vm-c1': 'vm-a2' };
      return { ...object, interface: swaps[object.interface] ?? object.interface };
    });
    for (const order of [swap, swap.toReversed()]) {
      expect(found(estate(order, swapped))).toEqual([]);
      expect(found(estate(order)).map((line) => line.split(':')[0])).toContain('isolation c/s -> b/s');
    }
  });

  test('given a shard that has plans and no hosts, its plans are not in use', () => {
    const history = carriedOut().plan(objects.slice(0, 1), 'west').plan(objects.slice(0, 2), 'west');
    expect(found(history.acknowledge(hosts))).toEqual([]);
  });
});
