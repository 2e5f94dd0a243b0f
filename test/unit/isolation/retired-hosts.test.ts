import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { endpoint, endpoints, host, policy, shard, tenant } from './documents.ts';
import { found, gaps } from './found.ts';
import { start, type History } from './history.ts';
import { aToB, carriedOut, objects } from './small-estate.ts';
import { acls, altered, binding, tunnel } from './wiring.ts';

const nothing = digestOfObjects([]);

function retired(name: string, home = 'east'): DomainEvent {
  return { type: 'HostRetired', data: { host: name, shard: home } };
}

function cleared(name: string, { digest = nothing, home = 'east' } = {}): DomainEvent {
  const evidence = { driver: 'embedded', objects: 0 };
  return { type: 'HostCleared', data: { shard: home, host: name, digest, evidence } };
}

function acknowledged(name: string, plan: number, digest: string): DomainEvent {
  const evidence = { driver: 'embedded', objects: 1 };
  return {
    type: 'ChangeApplied',
    data: { shard: 'east', host: name, plan, digest, seenWhole: null, evidence },
  };
}

/** The sets that a host may hold, as `shard plan`. */
function setsOf(history: History, name: string): string[] {
  const { hosts } = history.state();
  return hosts.setsOf(name).map((ref) => `${ref.shard} ${String(ref.plan)}`);
}

const digest = digestOfObjects(objects);

/** Plan 1 is held by both hosts; then hv-2 is retired, and its endpoints with it. */
function withoutHv2(): History {
  return carriedOut().record(
    endpoints('a', [], ['a2']),
    endpoints('b', [], ['b2']),
    endpoints('c', [], ['c1']),
    retired('hv-2'),
  );
}

describe('a retired host', () => {
  test('may hold what it held, or nothing, until it acknowledges that it holds nothing', () => {
    const history = withoutHv2().plan([]);
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'east 0']);
    expect(setsOf(history.record(cleared('hv-2')), 'hv-2')).toEqual([]);
    expect(gaps(history)).toEqual([]);
  });

  test('that never answered may hold any plan that came before it was retired', () => {
    const history = carriedOut()
      .record(host('hv-3', '172.31.0.3'))
      .plan([])
      .record(retired('hv-3'))
      .plan(objects);
    expect(setsOf(history, 'hv-3')).toEqual(['east 0', 'east 1', 'east 2']);
  });

  test('goes on sending what it may send: a grant that is revoked meanwhile is pending, and then late', () => {
    const unrouted = altered(objects, (object) =>
      object.kind === 'acl' && object.to === 'b/s' ? [] : object,
    );
    const history = withoutHv2().record(policy('b', {})).plan(unrouted).wait(30);
    expect(found(history)).toContain('pending-revocation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443');
    history.acknowledge(['hv-1']).wait(29);
    const line = 'a/s -> b/s: 10.1.0.2 -> 10.2.0.2 tcp 443';
    expect(found(history)).toEqual([`pending-revocation ${line}`]);
    expect(found(history.wait(1))).toEqual([`isolation ${line}`]);
    expect(found(history.record(cleared('hv-2')))).toEqual([]);
  });

  test('is judged by the limit of its shard, also where that is retired with it', () => {
    const history = carriedOut()
      .record(shard('east', { revocationLimitSeconds: 5 }))
      .record(policy('b', {}), retired('hv-1'), retired('hv-2'), {
        type: 'ShardRetired',
        data: { shard: 'east' },
      })
      .wait(4.999);
    expect(found(history)[0]).toMatch(/^pending-revocation a\/s -> b\/s/);
    expect(found(history.wait(0.001))[0]).toMatch(/^isolation a\/s -> b\/s/);
    history.record(cleared('hv-1'), cleared('hv-2'));
    expect(found(history).filter((line) => !line.startsWith('missing '))).toEqual([]);
  });

  test('that acknowledges what was under way holds that or what came after it, or nothing', () => {
    const history = carriedOut().plan([]).plan(objects.slice(1)).record(retired('hv-2'));
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'east 2', 'east 3', 'east 0']);
    history.record(acknowledged('hv-2', 2, nothing));
    expect(setsOf(history, 'hv-2')).toEqual(['east 2', 'east 3', 'east 0']);
    history.record(acknowledged('hv-2', 1, digest));
    expect(setsOf(history, 'hv-2')).toEqual(['east 2', 'east 3', 'east 0']);
    expect(gaps(history)).toEqual([]);
  });

  test('that acknowledges a plan which came after it was retired is doubted, and keeps what it had', () => {
    const history = withoutHv2()
      .plan([])
      .record(acknowledged('hv-2', 2, nothing));
    expect(gaps(history)).toEqual([
      'acknowledgement hv-2: acknowledgement of plan 2 of east: the host had been retired before that plan',
    ]);
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'east 0']);
  });

  test.each<[string, DomainEvent, string]>([
    ['with another digest', cleared('hv-2', { digest }), 'the digest is not that of the empty set'],
    [
      'for a shard that it was not of',
      cleared('hv-2', { home: 'west' }),
      'the host was not retired from that shard',
    ],
  ])('that says %s that it holds nothing is doubted, and may send as before', (_what, said, problem) => {
    const leak = [...objects, ...acls({ from: 'c/s', to: 'a/s', protocol: 'any' })];
    const history = carriedOut(leak).record(retired('hv-2'));
    const before = found(history);
    history.record(said);
    expect(found(history)).toEqual(before);
    expect(gaps(history)).toEqual([
      expect.stringMatching(
        new RegExp(`^acknowledgement hv-2: acknowledgement that it holds nothing of .*: ${problem}$`),
      ),
    ]);
    expect(gaps(history.record(cleared('hv-2')))).toEqual([]);
  });

  test('that says so twice is doubted the second time, until it is heard of again', () => {
    const history = withoutHv2().record(cleared('hv-2'), cleared('hv-2'));
    expect(gaps(history)).toEqual([
      'acknowledgement hv-2: acknowledgement that it holds nothing of east: the host was not retired from that shard',
    ]);
    history.record(host('hv-2', '172.31.0.2')).acknowledge(['hv-2']);
    expect(gaps(history)).toEqual([]);
  });

  test('that says so and was never retired, or never registered, is doubted', () => {
    const history = carriedOut().record(cleared('hv-1'), cleared('hv-9'), retired('hv-8'));
    expect(gaps(history).map((line) => line.split(':')[0])).toEqual([
      'acknowledgement hv-1',
      'acknowledgement hv-9',
    ]);
    expect(setsOf(history, 'hv-1')).toEqual(['east 1']);
    expect(setsOf(history, 'hv-8')).toEqual([]);
  });
});

describe('a host that is registered again', () => {
  test('in the same shard may hold what it held, nothing, or any plan since, until it acknowledges one', () => {
    const history = withoutHv2().plan([]).record(host('hv-2', '172.31.0.2')).plan(objects);
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'east 0', 'east 2', 'east 3']);
    expect(setsOf(history.acknowledge(['hv-2']), 'hv-2')).toEqual(['east 3']);
    expect(gaps(history)).toEqual([]);
  });

  test('in the same shard, after it was cleared, holds nothing or any plan since', () => {
    const history = withoutHv2()
      .plan([])
      .record(cleared('hv-2'))
      .plan(objects)
      .record(host('hv-2', '172.31.0.2'));
    expect(setsOf(history, 'hv-2')).toEqual(['east 0', 'east 3']);
  });

  test('in another shard keeps what it held until the first one has emptied it, whatever it acknowledges', () => {
    const history = carriedOut().record(shard('west'), retired('hv-2'), host('hv-2', '172.31.0.2', 'west'));
    history.plan(objects.slice(2), 'west');
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'east 0', 'west 1']);
    history.acknowledge(['hv-2'], 'west');
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'west 1']);
    history.plan([], 'east').record(cleared('hv-2'));
    expect(setsOf(history, 'hv-2')).toEqual(['west 1']);
    expect(gaps(history)).toEqual([]);
  });

  test('in another shard, and cleared before that knew of it, holds nothing or what that one plans', () => {
    const history = carriedOut().record(shard('west'), retired('hv-2'), host('hv-2', '172.31.0.2', 'west'));
    history.record(cleared('hv-2')).plan(objects.slice(2), 'west');
    expect(setsOf(history, 'hv-2')).toEqual(['east 0', 'west 1']);
    expect(gaps(history)).toEqual([]);
  });

  test('in another shard, and retired there too, counts until both have emptied it', () => {
    const history = carriedOut().record(shard('west'), retired('hv-2'), host('hv-2', '172.31.0.2', 'west'));
    history.plan(objects.slice(2), 'west').acknowledge(['hv-2'], 'west').record(retired('hv-2', 'west'));
    history.record(cleared('hv-2', { home: 'west' }));
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'west 0']);
    expect(history.state().documents.hosts.has('hv-2')).toBe(true);
    history.record(cleared('hv-2'));
    expect(setsOf(history, 'hv-2')).toEqual([]);
    expect(history.state().documents.hosts.has('hv-2')).toBe(false);
  });
});

test('given a host of the same tunnel address in place of a retired one, both count until that is cleared', () => {
  const rewired = altered(objects, (object) =>
    object.kind === 'host' && object.host === 'hv-2'
      ? tunnel('hv-3', '172.31.0.2')
      : 'host' in object && object.host === 'hv-2'
        ? { ...object, host: 'hv-3' }
        : object,
  );
  const moved = (name: string, one: string, ips: string[]): DomainEvent =>
    endpoints(name, [endpoint(one, { host: 'hv-3', ips })]);
  const history = carriedOut()
    .record(host('hv-3', '172.31.0.2'), retired('hv-2'))
    .record(
      moved('a', 'a2', ['10.1.0.2']),
      moved('b', 'b2', ['10.2.0.2', 'fd00::2']),
      moved('c', 'c1', ['10.3.0.1']),
    )
    .plan(rewired)
    .acknowledge(['hv-1', 'hv-3']);
  expect(found(history)).toContain('missing a/s -> b/s: 10.1.0.1 -> 10.2.0.2 tcp 443');
  expect(found(history.record(cleared('hv-2')))).toEqual([]);
});

describe('a retired tenant', () => {
  const gone: DomainEvent = { type: 'TenantRetired', data: { tenant: 'b' } };

  test('leaves nothing that is authorised, and its ports keep their last occupants', () => {
    const history = carriedOut().record(gone);
    expect(found(history)).toEqual([
      'pending-revocation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'pending-revocation x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
    ]);
    const isOfB = (text: string): boolean => text.includes('b/');
    const without = altered(objects, (object) => {
      if (object.kind === 'binding') return isOfB(object.endpoint) ? [] : object;
      if (object.kind === 'network') return isOfB(object.segment) ? [] : object;
      return object.kind === 'acl' && (isOfB(object.from) || isOfB(object.to)) ? [] : object;
    });
    expect(found(history.wait(100).plan(without).acknowledge(['hv-1', 'hv-2']))).toEqual([]);
    expect(gaps(history)).toEqual([]);
  });

  test('that comes again under its name starts anew, whatever it was before', () => {
    const history = carriedOut()
      .record({ type: 'TenantQuarantined', data: { tenant: 'b' } })
      .record({ type: 'SegmentQuarantined', data: { tenant: 'b', segment: 's' } })
      .record(gone, tenant('b'), endpoints('b', [endpoint('b1', { host: 'hv-1', ips: ['10.2.0.1'] })]))
      .record(policy('b', { ingress: [{ source: 'a' }] }));
    const { documents } = history.state();
    expect(
      [
        ...[documents.quarantinedTenants.size, documents.quarantinedEnds.size],
        ...documents.endpoints.keys(),
      ].filter((key) => key !== 'a/a1'),
    ).toEqual([0, 0, 'a/a2', 'c/c1', 'b/b1']);
    expect(found(history)).not.toContainEqual(expect.stringMatching('isolation a/s -> b/s'));
  });

  test('was there before it was retired: what was asked of then is answered as it was', () => {
    const history = carriedOut().wait(10).record(gone);
    const known: unknown[] = [];
    for (const { documents } of history.state().editionsAfter(start)) {
      const { tenants, policies, endpoints: seats } = documents;
      known.push([...tenants.keys(), ...policies.keys(), ...seats.keys()]);
    }
    expect(known).toEqual([
      ['a', 'c', 'a', 'a/a1', 'a/a2', 'c/c1'],
      ['a', 'c', 'b', 'a', 'b', 'a/a1', 'a/a2', 'c/c1', 'b/b2', 'b/b1'],
    ]);
  });
});

describe('a revoked policy', () => {
  test('grants nothing any longer', () => {
    const history = carriedOut()
      .record({ type: 'PolicyRevoked', data: { tenant: 'b' } })
      .wait(60);
    expect(found(history).map((line) => line.split(':')[0])).toEqual([
      'isolation a/s -> b/s',
      'isolation x -> b/s',
    ]);
  });
});

describe('a retired external', () => {
  const gone: DomainEvent = { type: 'ExternalRetired', data: { external: 'x' } };

  test('authorises nothing, and its gateway keeps it as the last occupant', () => {
    expect(found(carriedOut().record(gone)).map((line) => line.split(':')[0])).toEqual([
      'pending-revocation a/s -> x',
      'pending-revocation x -> b/s',
    ]);
  });

  test('that nobody knows, or that has no gateway, leaves no port', () => {
    const history = carriedOut().record(gone, gone, { type: 'ExternalRetired', data: { external: 'y' } });
    expect(history.state().documents.occupants.get('hv-1 ext-x')).toMatchObject({
      name: 'x',
      documented: false,
    });
  });
});

test('given a plan that forgets to take away what a retired tenant had, that is found', () => {
  const history = carriedOut()
    .record({ type: 'TenantRetired', data: { tenant: 'c' } })
    .wait(100)
    .plan([
      ...objects.filter((object) => object.kind !== 'binding' || object.endpoint !== 'c/c1'),
      binding('c/c1', { vni: 2, host: 'hv-2', ips: ['10.3.0.1'] }),
      ...acls({ ...aToB, protocol: 'udp' }),
    ])
    .acknowledge(['hv-1', 'hv-2']);
  expect(found(history).map((line) => line.split(':')[0])).toContain('isolation a/s -> c/s');
});
