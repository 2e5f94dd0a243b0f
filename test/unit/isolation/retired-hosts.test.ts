import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf } from '../../../projections/isolation/judging/lanes.ts';
import { endpoint, endpoints, host, policy, shard, tenant } from './documents.ts';
import { found, gaps } from './found.ts';
import { History, start } from './history.ts';
import { aToB, carriedOut, objects } from './small-estate.ts';
import { acls, altered, binding, routes, tunnel } from './wiring.ts';

const nothing = digestOfObjects([]);

function retired(name: string, home = 'east'): DomainEvent {
  return { type: 'HostRetired', data: { host: name, shard: home } };
}

function cleared(name: string, { digest = nothing, home = 'east' } = {}): DomainEvent {
  const evidence = { driver: 'embedded', objects: 0 };
  return { type: 'HostCleared', data: { shard: home, host: name, digest, evidence } };
}

function gone(name: string, home = 'east'): DomainEvent {
  return { type: 'HostGone', data: { host: name, shard: home } };
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
      ['a', 'c', 'b', 'a', 'b', 'a/a1', 'a/a2', 'c/c1', 'b/b1', 'b/b2'],
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

describe('a host that is said to be gone', () => {
  test('holds nothing, though it was never emptied, and is no host any more', () => {
    const history = withoutHv2().plan([]).record(gone('hv-2'));
    expect(setsOf(history, 'hv-2')).toEqual([]);
    expect(history.state().documents.hosts.has('hv-2')).toBe(false);
    expect(gaps(history)).toEqual([]);
  });

  test('and is in use holds nothing, whatever is planned, until its document is recorded anew', () => {
    const history = carriedOut().record(gone('hv-2')).plan([]).plan(objects);
    expect(setsOf(history, 'hv-2')).toEqual(['east 0']);
    expect(history.state().documents.hosts.has('hv-2')).toBe(true);
    history.record({ type: 'HostChanged', data: { host: 'hv-2', shard: 'east', tunnelIp: '172.31.0.2' } });
    expect(setsOf(history.plan([]), 'hv-2')).toEqual(['east 0', 'east 3', 'east 4']);
    expect(setsOf(history.acknowledge(['hv-2']), 'hv-2')).toEqual(['east 4']);
    expect(gaps(history)).toEqual([]);
  });

  test('and is retired after that need not be emptied', () => {
    const history = carriedOut().record(gone('hv-2')).record(retired('hv-2'));
    expect(setsOf(history, 'hv-2')).toEqual([]);
    expect(history.state().documents.hosts.has('hv-2')).toBe(false);
    expect(setsOf(history.record(host('hv-2', '172.31.0.2')), 'hv-2')).toEqual(['east 0', 'east 1']);
  });

  test('and acknowledges something is there, and is to be emptied when it is retired', () => {
    const history = carriedOut().record(gone('hv-2')).plan([]).acknowledge(['hv-2']).plan(objects);
    expect(setsOf(history, 'hv-2')).toEqual(['east 2', 'east 3']);
    history.record(retired('hv-2'));
    expect(setsOf(history, 'hv-2')).toEqual(['east 2', 'east 3', 'east 0']);
    expect(history.state().documents.hosts.has('hv-2')).toBe(true);
  });

  test('of a shard that it is not of is doubted', () => {
    const history = carriedOut().record(gone('hv-2', 'west'), gone('hv-9'));
    expect(gaps(history)).toEqual([
      'acknowledgement hv-2: word that it is gone, and holds nothing of west: the host is not of that shard',
      'acknowledgement hv-9: word that it is gone, and holds nothing of east: the host is not of that shard',
    ]);
    expect(setsOf(history, 'hv-2')).toEqual(['east 1']);
  });
});

describe('a word that a host is gone', () => {
  const anew = host('hv-2', '172.31.0.2');
  const known = (history: History): string => {
    const { hosts } = history.state();
    return `${String(hosts.vouched.length)} said, ${String(hosts.takenBack.length)} taken back`;
  };

  /** The gaps at the end of a batch, by all that is known at the end of a history. */
  function gapsThen(history: History, index: number): string[] {
    const { takenBack } = history.state().hosts;
    const state = history.stateAfter(index);
    const asked = { state, instant: history.now, wanted: allPairs };
    const all = { since: start, until: history.now, drifts: [], takenBack };
    return gapsOf('applied', asked, all).map(({ kind, about, problem }) => `${kind} ${about}: ${problem}`);
  }

  test('is told by whom, and why, as long as it stands', () => {
    const history = carriedOut().record({ ...gone('hv-2') });
    const seq = history.seq;
    expect(history.state().hosts.vouched).toEqual([
      {
        host: 'hv-2',
        shard: 'east',
        seq,
        time: history.now,
        by: 'tester',
        reason: undefined,
        until: undefined,
      },
    ]);
    history.record(anew);
    expect(history.state().hosts.vouched).toMatchObject([{ seq, until: history.seq }]);
  });

  test('that is taken back leaves unknown what the host held meanwhile, and holds until it says so', () => {
    const history = carriedOut().wait(1).record(gone('hv-2'));
    const [said, at] = [history.batches.length - 1, history.seq];
    expect(gaps(history)).toEqual([]);
    history.wait(1).plan([]).wait(1).record(anew);
    const meanwhile = `acknowledgement hv-2: it was said at seq ${String(at)} to be gone, and that was taken back at seq ${String(history.seq)} (${history.now}): meanwhile it may have held what east gave it`;
    expect(gapsThen(history, said - 1)).toEqual([]);
    expect(gapsThen(history, said)).toEqual([meanwhile]);
    expect(gapsThen(history, said + 1)).toEqual([meanwhile]);
    expect(gaps(history)).toEqual([
      `acknowledgement hv-2: it was said to be gone, and is there after all since seq ${String(history.seq)}: it may hold what east gave it before, and has not acknowledged anything since`,
    ]);
    expect(gaps(history.acknowledge(['hv-2']))).toEqual([]);
    expect(gapsThen(history, said)).toEqual([meanwhile]);
    expect(known(history)).toBe('1 said, 1 taken back');
  });

  test('may be given again, and taken back by whatever the host acknowledges, or by that it is emptied', () => {
    const history = carriedOut().record(gone('hv-2')).record(anew).record(gone('hv-2'));
    expect(gaps(history)).toEqual([]);
    expect(known(history)).toBe('2 said, 1 taken back');
    expect(known(history.plan([]).acknowledge(['hv-2']))).toBe('2 said, 2 taken back');
    const emptied = carriedOut().record(gone('hv-2')).record(anew).record(retired('hv-2'));
    expect(gaps(emptied)).toHaveLength(1);
    expect(gaps(emptied.record(cleared('hv-2')))).toEqual([]);
  });

  test('is none about a host that was given nothing', () => {
    const history = new History().record(shard('east'), anew, gone('hv-2'));
    expect(known(history)).toBe('0 said, 0 taken back');
  });
});

describe('a name that was retired in one shard, and is in use in another', () => {
  /** hv-2 was retired from east, where nobody emptied it, and is what it was in west. */
  const inWest = (tunnelIp = '172.31.0.2'): History =>
    carriedOut()
      .record(shard('west'), retired('hv-2'), host('hv-2', tunnelIp, 'west'))
      .plan(withTunnel(tunnelIp), 'west');

  const withTunnel = (tunnelIp: string): readonly OverlayObject[] =>
    altered(objects, (object) =>
      object.kind === 'host' && object.host === 'hv-2' ? { ...object, tunnelIp } : object,
    );

  test('is missing nothing once that one acknowledged what it is to hold, though the other is not emptied', () => {
    const history = carriedOut()
      .record(endpoints('b', [], ['b2']), endpoints('a', [], ['a2']), endpoints('c', [], ['c1']))
      .plan(objects.filter((object) => object.kind !== 'binding' || object.host !== 'hv-2'))
      .acknowledge(['hv-1', 'hv-2'])
      .record(shard('west'), retired('hv-2'), host('hv-2', '172.31.0.2', 'west'))
      .record(endpoints('b', [endpoint('b2', { host: 'hv-2', ips: ['10.2.0.2', 'fd00::2'] })]))
      .plan(
        objects.filter((object) => object.kind !== 'binding' || !['a/a2', 'c/c1'].includes(object.endpoint)),
        'west',
      )
      .plan(
        objects.filter((object) => object.kind !== 'binding' || !['a/a2', 'c/c1'].includes(object.endpoint)),
      )
      .acknowledge(['hv-1']);
    expect(found(history).some((line) => line.startsWith('missing a/s -> b/s'))).toBe(true);
    history.acknowledge(['hv-2'], 'west');
    expect(setsOf(history, 'hv-2')).toEqual(['east 2', 'west 1']);
    expect(found(history)).toEqual([]);
  });

  test('is missing nothing either where the other never acknowledged anything', () => {
    const history = new History()
      .record(shard('east'), shard('west'), host('hv-2', '172.31.0.2'))
      .plan(objects)
      .record(retired('hv-2'), host('hv-2', '172.31.0.2', 'west'));
    expect(setsOf(history, 'hv-2')).toEqual(['east 0', 'east 1']);
    history.plan(objects, 'west').acknowledge(['hv-2'], 'west');
    expect(history.state().hosts.setsOf('hv-2')).toEqual([
      { shard: 'east', plan: 1, former: true },
      { shard: 'west', plan: 1 },
    ]);
  });

  test('may go on sending what it may send by the first shard, from the tunnel address that it had there', () => {
    const leak = [...objects, ...routes(3, 1), ...acls({ from: 'c/s', to: 'a/s', protocol: 'any' })];
    const history = carriedOut(leak).record(
      shard('west'),
      retired('hv-2'),
      host('hv-2', '172.31.0.7', 'west'),
    );
    history.plan([], 'west').acknowledge(['hv-2'], 'west');
    expect(found(history).filter((line) => line.startsWith('isolation'))).not.toEqual([]);
    history.record(gone('hv-2'));
    expect(setsOf(history, 'hv-2')).toEqual(['west 1']);
    expect(found(history).filter((line) => line.startsWith('isolation'))).toEqual([]);
    expect(history.state().documents.formerHosts.size).toBe(0);
  });

  test('that is retired from the second as well is of both', () => {
    const history = inWest('172.31.0.7').acknowledge(['hv-2'], 'west').record(retired('hv-2', 'west'));
    expect([...history.state().documents.formerHosts.keys()]).toEqual(['east hv-2', 'west hv-2']);
    history.record(host('hv-2', '172.31.0.2'));
    expect([...history.state().documents.formerHosts.keys()]).toEqual(['west hv-2']);
    expect(setsOf(history, 'hv-2')).toEqual(['east 1', 'west 1', 'west 0']);
  });
});

describe('a switch that nobody drives any more', () => {
  const [before, now] = ['unix:/run/before.sock', 'unix:/run/now.sock'];
  const at = (ovsdb: string): DomainEvent => ({
    type: 'HostChanged',
    data: { host: 'hv-2', shard: 'east', tunnelIp: '172.31.0.2', ovsdb },
  });
  const ran = (overlay: string): DomainEvent => shard('east', { overlay });
  const left = `acknowledgement hv-2: it may hold at ${before} what it was given, and is driven elsewhere since: the switch there may go on forwarding`;
  const withSwitches = (): History => carriedOut().record(ran('ovs'), at(before));

  test('keeps isolation from being proven, whatever is acknowledged elsewhere', () => {
    const history = withSwitches();
    expect(gaps(history)).toEqual([]);
    history.record(at(now)).plan([]).acknowledge(['hv-1', 'hv-2']);
    expect(gaps(history)).toEqual([left]);
    expect(gaps(history.record(at(before)))).toEqual([left.replace(before, now)]);
    expect(gaps(history.record(gone('hv-2')))).toEqual([]);
    expect(gaps(history.record(at('unix:/run/third.sock')))).toEqual([]);
    expect(history.state().hosts.vouched).toMatchObject([{ host: 'hv-2', until: undefined }]);
    // The word was about both switches.
    expect(gaps(history.record(at(now)))).toEqual([
      left.replace(before, 'unix:/run/third.sock'),
      expect.stringMatching(/hv-2: it was said to be gone, and is/),
    ]);
  });

  test('is one too where its shard has another overlay since', () => {
    expect(gaps(withSwitches().record(ran('embedded')))).toEqual([left]);
    expect(gaps(withSwitches().record(ran('ovs')))).toEqual([]);
    expect(gaps(withSwitches().record(gone('hv-2'), ran('embedded')))).toEqual([]);
  });

  test('is none where hosts are files, where nothing was planned, nor where it was emptied', () => {
    expect(gaps(carriedOut().record(at(before), at(now), ran('ovs')))).toEqual([]);
    const unplanned = new History().record(shard('east', { overlay: 'ovs' }), at(before), at(now));
    expect(gaps(unplanned)).toEqual([]);
    const emptied = withSwitches().record(retired('hv-2'), cleared('hv-2'), at(now));
    expect(gaps(emptied)).toEqual([]);
    expect(gaps(withSwitches().record(retired('hv-2'), at(now)))).toEqual([left]);
  });
});
