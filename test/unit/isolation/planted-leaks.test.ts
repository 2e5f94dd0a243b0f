import { describe, expect, test } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedConnections } from '../../../projections/isolation/judging/connections.ts';
import { confirmed, VerifierDisagrees } from '../../../projections/isolation/judging/witness.ts';
import { endpoint, endpoints, host, policy } from './documents.ts';
import { found, gaps } from './found.ts';
import { History } from './history.ts';
import { aToB, carriedOut, documents, hosts, objects } from './small-estate.ts';
import { acls, altered, binding, network, routes } from './wiring.ts';

/** The right objects with one key replaced, or taken out. */
function withChange(key: (object: OverlayObject) => boolean, to: readonly OverlayObject[]): OverlayObject[] {
  return altered(objects, (object) => (key(object) ? to : [object]));
}

function isBinding(name: string): (object: OverlayObject) => boolean {
  return (object) => object.kind === 'binding' && object.endpoint === name;
}

describe('given hosts that hold a right translation', () => {
  test('then nothing is found, and nothing is left open', () => {
    expect(found(carriedOut())).toEqual([]);
    expect(gaps(carriedOut())).toEqual([]);
  });

  test('then the overlay connects what the documents do', () => {
    const history = carriedOut();
    expect(appliedConnections(history.state(), history.now)).toEqual([
      { from: 'a/s', to: 'b/s', protocol: 'tcp', ports: '443,8000-8100' },
      { from: 'a/s', to: 'x', protocol: 'tcp', ports: '443' },
      { from: 'x', to: 'b/s', protocol: 'tcp', ports: '443' },
    ]);
  });
});

describe('given a leak, it is found with the packet that shows it', () => {
  test('an acl that is not there: authorised, and not reachable', () => {
    const dropped = withChange(
      (object) => object.kind === 'acl' && object.from === 'a/s' && object.to === 'b/s',
      [],
    );
    expect(found(carriedOut(dropped))).toEqual(['missing a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443']);
  });

  test('a range that is one port too wide', () => {
    const wide = withChange(
      (object) => object.kind === 'acl' && object.from === 'a/s' && object.to === 'b/s',
      acls({
        ...aToB,
        ports: [
          [443, 443],
          [8000, 8101],
        ],
      }),
    );
    expect(found(carriedOut(wide))).toEqual(['isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 8101']);
  });

  test('a destination address that is one bit too wide', () => {
    const wide = withChange(isBinding('b/b1'), [
      binding('b/b1', { vni: 2, host: 'hv-1', ips: ['10.2.0.0/31'] }),
    ]);
    expect(found(carriedOut(wide))).toEqual([
      'isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.0 tcp 443',
      'isolation x -> b/s: 198.51.100.0 -> 10.2.0.0 tcp 443',
    ]);
  });

  test('a source address that is one bit too wide', () => {
    const wide = withChange(isBinding('a/a1'), [
      binding('a/a1', { vni: 1, host: 'hv-1', ips: ['10.1.0.0/31'] }),
    ]);
    expect(found(carriedOut(wide))).toEqual([
      'isolation a/s -> b/s: 10.1.0.0 -> 10.2.0.1 tcp 443',
      'isolation a/s -> x: 10.1.0.0 -> 198.51.100.0 tcp 443',
    ]);
  });

  test('a binding in the wrong network: its owner is told by its port', () => {
    const wrong = withChange(isBinding('c/c1'), [
      binding('c/c1', { vni: 2, host: 'hv-2', ips: ['10.3.0.1'] }),
    ]);
    expect(found(carriedOut(wrong))).toEqual([
      'isolation a/s -> c/s: 10.1.0.1 -> 10.3.0.1 tcp 443',
      'isolation b/s -> c/s: 10.2.0.1 -> 10.3.0.1 tcp 1',
      'isolation c/s -> b/s: 10.3.0.1 -> 10.2.0.1 tcp 1',
      'isolation x -> c/s: 198.51.100.0 -> 10.3.0.1 tcp 443',
    ]);
  });

  test('two networks with one VNI', () => {
    const same = altered(objects, (object) => {
      if (object.kind === 'network' && object.vni === 3) return network(2, 'c/s');
      return object.kind === 'binding' && object.vni === 3 ? { ...object, vni: 2 } : object;
    });
    expect(found(carriedOut(same)).map((line) => line.split(':')[0])).toEqual([
      'isolation a/s -> c/s',
      'isolation b/s -> c/s',
      'isolation c/s -> b/s',
      'isolation x -> c/s',
    ]);
  });

  test('a translator that ignores consent', () => {
    const generous = [...objects, ...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'any' })];
    expect(found(carriedOut(generous))).toEqual(['isolation a/s -> c/s: 10.1.0.1 -> 10.3.0.1 tcp 1']);
  });

  test('an external whose prefixes are too wide', () => {
    const wide = withChange(isBinding('x'), [
      binding('x', { vni: 4, host: 'hv-1', ips: ['198.51.100.0/23'] }),
    ]);
    expect(found(carriedOut(wide))).toEqual([
      'isolation a/s -> x: 10.1.0.1 -> 198.51.101.0 tcp 443',
      'isolation x -> b/s: 198.51.101.0 -> 10.2.0.1 tcp 443',
    ]);
  });

  test('a host that others know under the tunnel address of another', () => {
    const crossed = altered(objects, (object) =>
      object.kind === 'host' && object.host === 'hv-2' ? { ...object, tunnelIp: '172.31.0.1' } : object,
    );
    expect(found(carriedOut(crossed))).toContain('missing a/s -> a/s: 10.1.0.1 -> 10.1.0.2 tcp 1');
  });
});

describe('given hosts that cannot be told apart or are not known', () => {
  test('two hosts with one tunnel address: either may get a packet, and neither must', () => {
    const both = carriedOut().record(host('hv-3', '172.31.0.2'));
    expect(found(both).map((line) => line.split(':')[0])).toEqual([
      'missing a/s -> a/s',
      'missing a/s -> b/s',
      'missing b/s -> b/s',
      'missing x -> b/s',
    ]);
  });

  test('a tunnel address that nobody has, or a host without one: packets go nowhere', () => {
    const astray = altered(objects, (object) =>
      object.kind === 'host' && object.host === 'hv-2' ? { ...object, tunnelIp: '172.31.0.9' } : object,
    );
    const unknown = altered(objects, (object) =>
      object.kind === 'host' && object.host === 'hv-2' ? [] : object,
    );
    for (const wired of [astray, unknown]) {
      expect(found(carriedOut(wired))).toContain('missing a/s -> b/s: 10.1.0.1 -> 10.2.0.2 tcp 443');
    }
  });

  test('an endpoint on a host that no document names: nothing gets to it', () => {
    const lost = endpoints('c', [
      endpoint('c1', { host: 'hv-9', ips: ['10.3.0.1'] }),
      endpoint('c2', { host: 'hv-2', ips: ['10.3.0.2'] }),
    ]);
    expect(found(carriedOut().record(lost))).toContain('missing c/s -> c/s: 10.3.0.1 -> 10.3.0.2 tcp 1');
  });
});

test('given placements and VNIs, which show in the objects only, nothing changes', () => {
  const history = carriedOut().record(
    { type: 'TenantPlaced', data: { tenant: 'a', shard: 'east' } },
    { type: 'TenantMoved', data: { tenant: 'a', from: 'east', to: 'west' } },
    { type: 'VniAllocated', data: { shard: 'east', vni: 77, segment: 'a/s' } },
    { type: 'VniReleased', data: { shard: 'east', vni: 77, segment: 'a/s' } },
  );
  expect(found(history)).toEqual([]);
  expect(gaps(history)).toEqual([]);
});

test('given acls for everything where four protocols are granted, the protocols without a name are found', () => {
  const granted = (['tcp', 'udp', 'sctp', 'icmp'] as const).map((protocol) => ({ protocol }));
  const history = new History().record(
    ...documents,
    policy('a', { egress: granted.map((rule) => ({ destination: 'c', ...rule })) }),
    policy('b', {}),
    policy('c', { ingress: [{ source: 'a' }] }),
  );
  const unconnected = objects.filter(({ kind }) => kind !== 'acl' && kind !== 'route');
  const wired = [...unconnected, ...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'any' })];
  expect(found(history.plan(wired).acknowledge(hosts))).toEqual([
    'isolation a/s -> c/s: 10.1.0.1 -> 10.3.0.1 253 -',
  ]);
});

test('given a plain walk that shows otherwise, there is no verdict', () => {
  const packet = { src: '10.1.0.1', dst: '10.2.0.1', protocol: 'tcp', dstPort: 443 };
  const contradiction = 'the verifier contradicts itself';
  expect(() => confirmed('delivered', packet, { delivered: undefined, dropped: true })).toThrow(
    contradiction,
  );
  expect(() => confirmed('uncertain', packet, { delivered: ['x'], dropped: false })).toThrow(
    VerifierDisagrees,
  );
  expect(confirmed('delivered', packet, { delivered: ['x'], dropped: true })).toEqual(['x']);
  expect(confirmed('uncertain', packet, { delivered: undefined, dropped: true })).toEqual([]);
});

describe('given hosts that are not all at the last plan', () => {
  const revoked = altered(objects, (object) => (object.kind === 'acl' && object.to === 'b/s' ? [] : object));
  const noGrant = policy('b', {});

  test('when every host acknowledged a revocation, nothing is found', () => {
    const history = carriedOut().record(noGrant).wait(100).plan(revoked).acknowledge(hosts);
    expect(found(history)).toEqual([]);
  });

  test('when one host did not, what its old state lets through is found', () => {
    const history = carriedOut().record(noGrant).plan(revoked).acknowledge(['hv-1']).wait(100);
    expect(found(history)).toEqual(['isolation a/s -> b/s: 10.1.0.2 -> 10.2.0.2 tcp 443']);
  });

  test('when none did, the grant is still there between all of them, and counts as late from the limit on', () => {
    const history = carriedOut().record(noGrant).plan(revoked).wait(59.999);
    const lines = ['a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443', 'x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443'];
    expect(found(history)).toEqual(lines.map((line) => `pending-revocation ${line}`));
    expect(found(history.wait(0.001))).toEqual(lines.map((line) => `isolation ${line}`));
  });

  test('when a new grant has not come everywhere, it is missing', () => {
    const more = [...objects, ...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'icmp' })];
    const history = carriedOut()
      .record(
        policy('a', { egress: [{ destination: 'c', protocol: 'icmp' }] }),
        policy('c', { ingress: [{ source: 'a', protocol: 'icmp' }] }),
      )
      .plan(more)
      .acknowledge(['hv-2']);
    expect(found(history)).toContain('missing a/s -> c/s: 10.1.0.1 -> 10.3.0.1 icmp -');
  });
});

describe('given entries that cannot be relied on', () => {
  test('an acknowledgement with another digest is none', () => {
    const history = new History().record(...documents).plan(objects);
    const evidence = { driver: 'embedded', objects: 1 };
    const digest = 'f'.repeat(64);
    history.record({
      type: 'ChangeApplied',
      data: { shard: 'east', host: 'hv-1', plan: 1, digest, seenWhole: null, evidence },
    });
    expect(gaps(history)).toEqual([
      'acknowledgement hv-1: acknowledgement of plan 1 of east: the digest is not that of the plan',
    ]);
    expect(gaps(history.acknowledge(hosts))).toEqual([]);
  });

  test('a binding to a port that no document ever named leaves open who sits there', () => {
    const odd = [...objects, binding('c/ghost', { vni: 3, host: 'hv-1', ips: ['10.3.0.9'] })];
    expect(gaps(carriedOut(odd))).toEqual([
      'interface hv-1/vm-ghost: no document says who sits there, and c/ghost is bound to it',
    ]);
  });

  test('a port whose endpoint is gone keeps its last occupant', () => {
    const history = carriedOut()
      .record(endpoints('c', [], ['c1']))
      .plan([...objects, ...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'any' })])
      .acknowledge(hosts);
    expect(found(history)).toEqual(['isolation a/s -> c/s: 10.1.0.1 -> 10.3.0.1 tcp 1']);
  });

  test('a port that changed hands belongs to whom the documents say', () => {
    const history = carriedOut().record(
      endpoints('c', [], ['c1']),
      endpoints('a', [endpoint('a3', { host: 'hv-2', ips: ['10.1.0.3'], interface: 'vm-c1' })]),
    );
    expect(found(history)).toContain('missing a/s -> a/s: 10.1.0.1 -> 10.1.0.3 tcp 1');
  });
});
