import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import {
  appliedConnections,
  intendedConnections,
  type ConnectionRow,
} from '../../../projections/isolation/judging/connections.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { findingKey } from '../../../projections/isolation/judging/findings.ts';
import { judge } from '../../../projections/isolation/judging/lanes.ts';
import { isNothing } from '../../../projections/isolation/header-sets/traffic.ts';
import { WindowSearch } from '../../../projections/isolation/history/window-search.ts';
import { endpoint, endpoints, external, policy, tenant } from './documents.ts';
import { found, gaps } from './found.ts';
import { after, type History } from './history.ts';
import { aToB, carriedOut, hosts, objects } from './small-estate.ts';
import { acls, altered, binding, cut, cuts, network, routes, viewOf } from './wiring.ts';

function quarantine(name: string): DomainEvent {
  return { type: 'TenantQuarantined', data: { tenant: name } };
}

function release(name: string): DomainEvent {
  return { type: 'TenantReleased', data: { tenant: name } };
}

function quarantineSegment(holder: string, segment: string): DomainEvent {
  return { type: 'SegmentQuarantined', data: { tenant: holder, segment } };
}

function quarantineExternal(name: string): DomainEvent {
  return { type: 'ExternalQuarantined', data: { external: name } };
}

const wholly = { wholly: true } as const;

function words(rows: readonly ConnectionRow[]): string[] {
  return rows.map(({ from, to, protocol, ports }) => `${from} -> ${to} ${protocol} ${ports}`);
}

/** Since when the findings of now have been so, as `finding key: type seconds after the start`. */
function openings(history: History): string[] {
  const findings = judge('applied', { state: history.state(), instant: history.now, wanted: allPairs });
  const search = new WindowSearch(findings, 'applied');
  for (const batch of history.batches) search.follow(batch);
  const opened = search.openingsAt(history.now);
  return findings.map((finding) => {
    const opening = opened.get(findingKey(finding));
    return `${findingKey(finding)}: ${String(opening?.type)} ${String(opening?.time)}`;
  });
}

describe('what documents authorise while a tenant is in quarantine', () => {
  const segmented = tenant('b', { segments: ['s', 't'] });

  test('is nothing into it and out of it, and inside it what it was', () => {
    const history = carriedOut().record(segmented);
    expect(words(intendedConnections(history.state(), history.now))).toEqual([
      'a/s -> b/s tcp 443,8000-8100',
      'a/s -> b/t tcp 443,8000-8100',
      'a/s -> x tcp 443',
      ...['b/s -> b/t any *', 'b/t -> b/s any *'],
      ...['x -> b/s tcp 443', 'x -> b/t tcp 443'],
    ]);
    history.record(quarantine('b'));
    expect(words(intendedConnections(history.state(), history.now))).toEqual([
      'a/s -> x tcp 443',
      ...['b/s -> b/t any *', 'b/t -> b/s any *'],
    ]);
    history.record(quarantine('a'));
    expect(words(intendedConnections(history.state(), history.now))).toEqual([
      ...['b/s -> b/t any *', 'b/t -> b/s any *'],
    ]);
    history.record(release('a'), release('b'), release('b'));
    expect(intendedConnections(history.state(), history.now)).toHaveLength(7);
  });

  test('cuts it from externals too, and leaves two externals as they were', () => {
    const history = carriedOut().record(external('y', { cidrs: ['203.0.113.0/24'] }), quarantine('a'));
    const authorisation = new Authorisation(history.state().documents, history.now);
    expect(authorisation.isCut({ from: 'a/s', to: 'x' })).toBe(true);
    expect(authorisation.isCut({ from: 'x', to: 'a/s' })).toBe(true);
    expect(authorisation.isCut({ from: 'x', to: 'y' })).toBe(false);
    expect(authorisation.isCut({ from: 'a/s', to: 'a/t' })).toBe(false);
  });

  test('leaves nothing to be said of classifications, since nothing flows', () => {
    const history = carriedOut().record(tenant('b', { classification: 'confidential' }));
    const judged = (): string[] =>
      judge('intended', { state: history.state(), instant: history.now, wanted: allPairs }).map(findingKey);
    expect(judged()).toEqual(['classification a/s b/s', 'classification x b/s']);
    history.record(quarantine('b'));
    expect(judged()).toEqual([]);
  });

  test('gives its addresses to nobody else: what is sent to it is dropped', () => {
    const wide = external('y', { cidrs: ['0.0.0.0/0'], gateway: { host: 'hv-1', interface: 'ext-y' } });
    const both = policy('a', {
      egress: [
        { destination: 'b', protocol: 'tcp' },
        { destination: 'y', protocol: 'tcp' },
      ],
    });
    const wired = [
      ...objects.filter((object) => object.kind !== 'acl'),
      network(5, 'y'),
      binding('y', { vni: 5, host: 'hv-1', ips: ['0.0.0.0/0'], except: ['198.51.100.0/24'] }),
      ...routes(1, 5),
      ...acls({ ...aToB }),
      ...acls({ from: 'a/s', to: 'y', protocol: 'tcp' }),
      ...acls({ from: 'x', to: 'b/s', protocol: 'tcp', ports: [[443, 443]] }),
    ];
    const history = carriedOut(wired).record(wide, both).wait(100).record(quarantine('b')).wait(100);
    const cutOff = [...wired, ...cuts('b/s')];
    expect(found(history.plan(cutOff).acknowledge(hosts))).toEqual([]);
    // With its routes gone, its addresses would be the internet's.
    const unrouted = altered(cutOff, (object) =>
      object.kind === 'route' && [object.from, object.to].includes(2) ? [] : object,
    );
    expect(found(history.plan(unrouted).acknowledge(hosts))).toEqual([
      'isolation a/s -> y: 10.1.0.1 -> 10.2.0.1 tcp 1',
    ]);
  });
});

describe('what documents authorise while a segment or an external is in quarantine', () => {
  const segmented = tenant('b', { segments: ['s', 't'] });
  const connected = (history: History): string[] => words(intendedConnections(history.state(), history.now));

  test('is nothing into the segment and out of it, from and to its own tenant too', () => {
    const history = carriedOut().record(segmented, quarantineSegment('b', 's'));
    expect(connected(history)).toEqual([
      ...['a/s -> b/t tcp 443,8000-8100', 'a/s -> x tcp 443'],
      'x -> b/t tcp 443',
    ]);
    history.record({ type: 'SegmentReleased', data: { tenant: 'b', segment: 's' } });
    expect(connected(history)).toHaveLength(7);
  });

  test('is everything inside the segment', () => {
    const history = carriedOut().record(quarantineSegment('a', 's'));
    const authorisation = new Authorisation(history.state().documents, history.now);
    expect(authorisation.isCut({ from: 'a/s', to: 'a/s' })).toBe(false);
    expect(isNothing(authorisation.between({ from: 'a/s', to: 'a/s' }))).toBe(false);
  });

  test('is nothing from and to the external', () => {
    const history = carriedOut().record(quarantineExternal('x'));
    expect(connected(history)).toEqual(['a/s -> b/s tcp 443,8000-8100']);
    history.record({ type: 'ExternalReleased', data: { external: 'x' } });
    expect(connected(history)).toHaveLength(3);
  });

  test('stays cut with its tenant after it is released by itself, and by itself after its tenant is', () => {
    const history = carriedOut().record(segmented, quarantine('b'), quarantineSegment('b', 's'));
    const released: DomainEvent = { type: 'SegmentReleased', data: { tenant: 'b', segment: 's' } };
    expect(connected(carriedOut().record(segmented, quarantine('b'), released))).toEqual([
      ...['a/s -> x tcp 443', 'b/s -> b/t any *', 'b/t -> b/s any *'],
    ]);
    expect(connected(history.record(release('b')))).toEqual([
      ...['a/s -> b/t tcp 443,8000-8100', 'a/s -> x tcp 443', 'x -> b/t tcp 443'],
    ]);
  });

  test('ends with the segment or the external: what comes again under its name is another', () => {
    const one: DomainEvent = { type: 'ExternalRetired', data: { external: 'x' } };
    const history = carriedOut().record(segmented, quarantineSegment('b', 's'), quarantineExternal('x'));
    history.record(tenant('b', { segments: ['t'] }), one);
    history.record(segmented, external('x', { cidrs: ['198.51.100.0/24'] }));
    expect(connected(history)).toHaveLength(7);
  });

  test('is known of the past as it was', () => {
    const history = carriedOut().wait(10).record(quarantineExternal('x')).wait(10);
    const gone: DomainEvent = { type: 'ExternalRetired', data: { external: 'x' } };
    const cutThen: boolean[] = [];
    for (const { documents } of history.record(gone).state().editionsAfter(after(0)))
      cutThen.push(documents.quarantinedEnds.has('x'));
    expect(cutThen).toEqual([false, true, false]);
  });
});

describe('hosts that hold the acls of a quarantine', () => {
  /** The estate with `b` in quarantine long since, on hosts that hold these objects besides the grants. */
  function cutWith(...more: readonly OverlayObject[]): History {
    return carriedOut()
      .record(quarantine('b'))
      .wait(100)
      .plan([...objects, ...more])
      .acknowledge(hosts);
  }

  test('deliver nothing into the tenant and out of it, and all of it inside', () => {
    const history = cutWith(...cuts('b/s'));
    expect(found(history)).toEqual([]);
    expect(gaps(history)).toEqual([]);
    expect(words(appliedConnections(history.state(), history.now))).toEqual(['a/s -> x tcp 443']);
  });

  test.each(['egress', 'ingress'] as const)('at one side only (%s) cut what comes in as well', (side) => {
    expect(found(cutWith(cut({ side, from: '*', to: 'b/s' })))).toEqual([]);
  });

  test.each(['egress', 'ingress'] as const)('at one side only (%s) cut what goes out as well', (side) => {
    const history = carriedOut()
      .record(quarantine('a'))
      .wait(100)
      .plan([...objects, cut({ side, from: 'a/s', to: '*' })])
      .acknowledge(hosts);
    expect(found(history)).toEqual([]);
  });

  test('in one direction only do not cut the other', () => {
    expect(found(cutWith(cut({ side: 'egress', from: 'b/s', to: '*' })))).toEqual([
      'isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'isolation x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
    ]);
  });

  test('for one of two segments only do not cut the other', () => {
    expect(found(cutWith(...cuts('b/t')))).toHaveLength(2);
  });

  test('spare the own tenant, between its segments too', () => {
    const view = viewOf([
      network(1, 'a/s'),
      network(2, 'a/t'),
      network(3, 'b/s'),
      ...acls({ from: 'a/s', to: 'a/t', protocol: 'any' }),
      ...acls({ from: 'a/s', to: 'b/s', protocol: 'any' }),
      ...cuts('a/s'),
    ]);
    expect(isNothing(view.allowed('egress', { from: 1, to: 2 }))).toBe(false);
    expect(isNothing(view.allowed('egress', { from: 1, to: 3 }))).toBe(true);
  });

  test('that cuts a segment off wholly spare nothing but the segment', () => {
    const view = viewOf([
      network(1, 'a/s'),
      network(2, 'a/t'),
      network(3, 'b/s'),
      ...acls({ from: 'a/s', to: 'a/t', protocol: 'any' }),
      ...acls({ from: 'a/t', to: 'a/s', protocol: 'any' }),
      ...acls({ from: 'a/s', to: 'b/s', protocol: 'any' }),
      ...acls({ from: 'a/t', to: 'b/s', protocol: 'any' }),
      ...cuts('a/s', wholly),
    ]);
    for (const side of ['egress', 'ingress'] as const) {
      expect(isNothing(view.allowed(side, { from: 1, to: 2 }))).toBe(true);
      expect(isNothing(view.allowed(side, { from: 2, to: 1 }))).toBe(true);
      expect(isNothing(view.allowed(side, { from: 1, to: 3 }))).toBe(true);
    }
    expect(isNothing(view.allowed('egress', { from: 2, to: 3 }))).toBe(false);
  });

  test.each<[what: string, cutOff: DomainEvent, acl: OverlayObject[], open: string[]]>([
    ['a segment', quarantineSegment('b', 's'), cuts('b/s', wholly), ['a/s -> x tcp 443']],
    ['an external', quarantineExternal('x'), cuts('x', wholly), ['a/s -> b/s tcp 443,8000-8100']],
  ])('deliver nothing into %s that is in quarantine and out of it', (_what, cutOff, acl, open) => {
    const history = carriedOut()
      .record(cutOff)
      .wait(100)
      .plan([...objects, ...acl])
      .acknowledge(hosts);
    expect(found(history)).toEqual([]);
    expect(gaps(history)).toEqual([]);
    expect(words(appliedConnections(history.state(), history.now))).toEqual(open);
  });

  test('that spare the own tenant do not cut a segment off that is in quarantine by itself', () => {
    const inside = [
      ...objects,
      network(9, 'a/t'),
      binding('a/a9', { vni: 9, host: 'hv-1', ips: ['10.1.0.9'] }),
    ];
    const wired = [...inside, ...routes(1, 9), ...acls({ from: 'a/s', to: 'a/t', protocol: 'any' })];
    const parted = carriedOut(wired)
      .record(tenant('a', { segments: ['s', 't'] }))
      .record(endpoints('a', [endpoint('a9', { host: 'hv-1', segment: 't', ips: ['10.1.0.9'] })]))
      .record(quarantineSegment('a', 's'))
      .wait(100);
    const cutBy = (how: { wholly?: true }): string[] =>
      found(parted.plan([...wired, ...cuts('a/s', how)]).acknowledge(hosts));
    const leak = 'isolation a/s -> a/t: 10.1.0.1 -> 10.1.0.9 tcp 1';
    expect(cutBy({})).toContain(leak);
    expect(cutBy(wholly)).not.toContain(leak);
  });

  test('cut a network with two names where they cut one of them', () => {
    const twice = [...objects, network(1, 'c/s'), ...cuts('c/s')];
    const history = carriedOut(twice);
    expect(found(history).map((line) => line.split(':')[0])).toEqual([
      'missing a/s -> b/s',
      'missing a/s -> x',
    ]);
  });

  test('that nobody ordered cut what is authorised: that is missing, and no violation', () => {
    const history = carriedOut([...objects, ...cuts('b/s')]);
    expect(found(history).map((line) => line.split(':')[0])).toEqual([
      'missing a/s -> b/s',
      'missing x -> b/s',
    ]);
  });
});

describe('a quarantine that is not carried out', () => {
  const flows = ['a/s b/s', 'x b/s'];

  test.each<[DomainEvent, string[]]>([
    [quarantineSegment('b', 's'), flows],
    [quarantineExternal('x'), ['a/s x', 'x b/s']],
  ])('%j is pending for as long as a revocation may take, and then a violation', (cutOff, cutFlows) => {
    const history = carriedOut().wait(10).record(cutOff).wait(59.999);
    expect(openings(history)).toEqual(
      cutFlows.map((flow) => `pending-revocation ${flow}: ${cutOff.type} ${after(10)}`),
    );
    history.wait(0.001);
    expect(openings(history)).toEqual(cutFlows.map((flow) => `isolation ${flow}: TimeBound ${after(70)}`));
  });

  test('everywhere is pending for as long as a revocation may take, and then a violation', () => {
    const history = carriedOut().wait(10).record(quarantine('b')).wait(59.999);
    expect(openings(history)).toEqual(
      flows.map((flow) => `pending-revocation ${flow}: TenantQuarantined ${after(10)}`),
    );
    history.wait(0.001);
    expect(openings(history)).toEqual(flows.map((flow) => `isolation ${flow}: TimeBound ${after(70)}`));
    history.plan([...objects, ...cuts('b/s')]).acknowledge(hosts);
    expect(openings(history)).toEqual([]);
  });

  test('because the translator forgot it is found, though every host acknowledged its plan', () => {
    const forgetful = [...objects, ...acls({ ...aToB, protocol: 'icmp' })];
    const history = carriedOut(forgetful).wait(10).record(quarantine('b')).wait(30);
    history.plan(objects).acknowledge(hosts);
    expect(found(history)).toEqual([
      'pending-revocation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'pending-revocation x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
    ]);
    expect(found(history.wait(30))).toEqual([
      'isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'isolation x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
    ]);
    expect(openings(history)).toEqual(flows.map((flow) => `isolation ${flow}: TimeBound ${after(70)}`));
  });

  test('at one host is a violation only between ports of hosts that forgot it', () => {
    const history = carriedOut()
      .record(quarantine('b'))
      .plan([...objects, ...cuts('b/s')]);
    history.acknowledge(['hv-1']).wait(100);
    expect(found(history)).toEqual(['isolation a/s -> b/s: 10.1.0.2 -> 10.2.0.2 tcp 443']);
    expect(found(history.acknowledge(['hv-2']))).toEqual([]);
  });

  test('and what was never authorised is a violation from the start', () => {
    const leak = [...objects, ...routes(2, 3), ...acls({ from: 'b/s', to: 'c/s', protocol: 'tcp' })];
    const history = carriedOut(leak).record(quarantine('b'));
    expect(found(history)).toContain('isolation b/s -> c/s: 10.2.0.1 -> 10.3.0.1 tcp 1');
  });
});

describe('a release', () => {
  test('makes missing what hosts still cut, until they no longer do', () => {
    const cutOff = [...objects, ...cuts('b/s')];
    const history = carriedOut().record(quarantine('b')).plan(cutOff).acknowledge(hosts);
    history.wait(10).record(release('b'));
    expect(openings(history)).toEqual([
      `missing a/s b/s: TenantReleased ${after(10)}`,
      `missing x b/s: TenantReleased ${after(10)}`,
    ]);
    history.plan(objects).acknowledge(['hv-1']);
    expect(found(history).map((line) => line.split(':')[0])).toEqual([
      'missing a/s -> b/s',
      'missing x -> b/s',
    ]);
    expect(found(history.acknowledge(['hv-2']))).toEqual([]);
  });

  test('within the time that a revocation may take leaves nothing to be late', () => {
    const history = carriedOut().record(quarantine('b')).wait(59).record(release('b')).wait(100);
    expect(found(history)).toEqual([]);
  });
});
