import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { spanOf } from '../../../projections/isolation/header-sets/addresses.ts';
import type { Box } from '../../../projections/isolation/header-sets/boxes.ts';
import * as intervals from '../../../projections/isolation/header-sets/intervals.ts';
import { holds } from '../../../projections/isolation/header-sets/traffic.ts';
import { allPairs, sceneOf } from '../../../projections/isolation/judging/contacts.ts';
import { judge } from '../../../projections/isolation/judging/lanes.ts';
import { seatAt, type Seat } from '../../../projections/isolation/judging/seats.ts';
import { walk } from '../../../projections/isolation/judging/witness.ts';
import { endpoint, endpoints, external, policy } from './documents.ts';
import { found } from './found.ts';
import { History } from './history.ts';
import { documents, hosts, objects } from './small-estate.ts';
import { acls, altered, binding, network, routes } from './wiring.ts';

/** The small estate, where the prefix of the outside holds everybody's IPv4 addresses. */
const outside = external('x', { cidrs: ['10.0.0.0/8'], gateway: { host: 'hv-1', interface: 'ext-x' } });
const wired = altered(objects, (object) =>
  object.kind === 'binding' && object.endpoint === 'x' ? { ...object, ips: ['10.0.0.0/8'] } : object,
);
const places = { b1: 'hv-1 vm-b1', b2: 'hv-2 vm-b2' } as const;

function estate(more: readonly DomainEvent[] = [], held: readonly OverlayObject[] = wired): History {
  return new History()
    .record(...documents, outside, ...more)
    .plan(held)
    .acknowledge(hosts);
}

/**
 * What becomes of a SYN from the outside to tcp 443 of an endpoint of `b`, on the outside's host or on the other one: may it be
 * delivered, must it, and is it authorised? The plain walk must say so too.
 */
function fate(history: History, src: string, to: keyof typeof places = 'b2'): string {
  const scene = sceneOf(history.state(), history.now);
  const { occupants } = scene.state.documents;
  const seat = (key: string): Seat => {
    const occupant = occupants.get(key);
    if (occupant === undefined) throw new RangeError(`nobody sits at ${key}`);
    return seatAt(key, occupant);
  };
  const ends = { from: seat('hv-1 ext-x'), to: seat(places[to]) };
  const dst = to === 'b1' ? '10.2.0.1' : '10.2.0.2';
  const isIn = (box: Box): boolean =>
    includes(box.src, src) && includes(box.dst, dst) && holds(box.traffic, { protocol: 'tcp', dstPort: 443 });
  const { may, must } = scene.delivery.between(ends);
  const [mayArrive, mustArrive] = [may.some(isIn), must.some(isIn)];
  const plain = walk({ src, dst, protocol: 'tcp', dstPort: 443 }, ends, scene.state);
  expect({ mayArrive, mustArrive }).toEqual({
    mayArrive: plain.delivered !== undefined,
    mustArrive: !plain.dropped,
  });
  const arrives = mustArrive ? 'delivered' : mayArrive ? 'perhaps delivered' : 'dropped';
  const isAuthorised = isIn(scene.addressing.authorised(ends.from.occupant, ends.to.occupant));
  return `${arrives}, ${isAuthorised ? '' : 'not '}authorised`;
}

function includes(set: Box['src'], address: string): boolean {
  const span = spanOf(address);
  return span !== undefined && intervals.intersect(set, span).length > 0;
}

/** What is found beyond the authorised, where nothing else is asked for. */
function excess(history: History): string[] {
  const question = { state: history.state(), instant: history.now, wanted: allPairs, excessOnly: true };
  return judge('applied', question).map(({ kind, from, to, witness }) =>
    [kind, from, '->', to, String(witness.src)].join(' '),
  );
}

describe.each(['b1', 'b2'] as const)('a SYN of an external to %s', (to) => {
  test('is authorised and delivered from an address of its own', () => {
    expect(fate(estate(), '10.9.0.1', to)).toBe('delivered, authorised');
  });

  test('is neither with the address of an endpoint that the receiver sees: one of a partner, or one of its own segment', () => {
    expect(fate(estate(), '10.1.0.1', to)).toBe('dropped, not authorised');
    expect(fate(estate(), '10.2.0.1', to)).toBe('dropped, not authorised');
    expect(fate(estate(), '10.2.0.2', to)).toBe('dropped, not authorised');
    expect(found(estate())).toEqual([]);
    expect(excess(estate())).toEqual([]);
  });

  test('is both with the address of an endpoint that the receiver does not see', () => {
    expect(fate(estate(), '10.3.0.1', to)).toBe('delivered, authorised');
  });

  describe('given another external with a longer prefix, which the receiver sees', () => {
    const y = external('y', { cidrs: ['10.9.0.0/16'], gateway: { host: 'hv-2', interface: 'ext-y' } });
    const policyOfB = policy('b', {
      ingress: [
        { source: 'a', protocol: 'tcp' },
        { source: 'x', protocol: 'tcp', ports: [[443, 443]] },
        { source: 'y', protocol: 'udp' },
      ],
    });
    const held = (except: readonly string[]): OverlayObject[] => [
      ...altered(wired, (object) =>
        object.kind === 'binding' && object.endpoint === 'x' ? { ...object, except: [...except] } : object,
      ),
      network(5, 'y'),
      binding('y', { vni: 5, host: 'hv-2', ips: ['10.9.0.0/16'] }),
      ...routes(2, 5),
      ...acls({ from: 'y', to: 'b/s', protocol: 'udp' }),
    ];

    test('is neither with an address of that one', () => {
      const history = estate([y, policyOfB], held(['10.9.0.0/16']));
      expect(fate(history, '10.9.0.1', to)).toBe('dropped, not authorised');
      expect(fate(history, '10.8.0.1', to)).toBe('delivered, authorised');
      expect(found(history)).toEqual([]);
    });

    test('may be delivered with such an address where both claim it, and it need not', () => {
      const history = estate([y, policyOfB], held([]));
      expect(fate(history, '10.9.0.1', to)).toBe('perhaps delivered, not authorised');
      expect(found(history)).toContain('isolation x -> b/s: 10.9.0.0 -> 10.2.0.1 tcp 443');
      expect(found(history)).toContain('missing y -> b/s: 10.9.0.0 -> 10.2.0.1 udp 1');
    });
  });
});

describe('an endpoint whose address an external may use no more, or again', () => {
  const come = endpoints('a', [endpoint('a3', { host: 'hv-1', ips: ['10.1.0.3'] })]);
  const gone = endpoints('a', [], ['a2']);
  const withA3 = [...wired, binding('a/a3', { vni: 1, host: 'hv-1', ips: ['10.1.0.3'] })];
  const isExcess = (line: string): boolean => !line.startsWith('missing');

  test('that comes, is not believed to be itself until the receiver has its binding: a revocation under way, then late', () => {
    const history = estate().wait(10).record(come).wait(10);
    expect(fate(history, '10.1.0.3')).toBe('delivered, not authorised');
    const pending = 'pending-revocation x -> b/s: 10.1.0.3 -> 10.2.0.1 tcp 443';
    expect(found(history).filter(isExcess)).toContain(pending);
    expect(excess(history)).toContain('pending-revocation x -> b/s 10.1.0.3');
    history.wait(60);
    expect(found(history).filter(isExcess)).toContain('isolation x -> b/s: 10.1.0.3 -> 10.2.0.1 tcp 443');
    expect(excess(history)).toContain('isolation x -> b/s 10.1.0.3');
  });

  test('counts by what the receiver has, not the host of the external', () => {
    const history = estate().record(come).plan(withA3);
    expect(fate(history, '10.1.0.3')).toBe('perhaps delivered, not authorised');
    history.acknowledge(['hv-2']);
    expect(fate(history, '10.1.0.3', 'b2')).toBe('dropped, not authorised');
    expect(fate(history, '10.1.0.3', 'b1')).toBe('perhaps delivered, not authorised');
    history.acknowledge(['hv-1']);
    expect(fate(history, '10.1.0.3', 'b1')).toBe('dropped, not authorised');
    expect(found(history)).toEqual([]);
  });

  test('that goes, is the external again, which is missing until the receiver has let go of it', () => {
    const history = estate().record(gone);
    expect(fate(history, '10.1.0.2')).toBe('dropped, authorised');
    expect(found(history)).toContain('missing x -> b/s: 10.1.0.2 -> 10.2.0.1 tcp 443');
    history
      .plan(wired.filter((object) => object.kind !== 'binding' || object.endpoint !== 'a/a2'))
      .acknowledge(hosts);
    expect(fate(history, '10.1.0.2')).toBe('delivered, authorised');
    expect(found(history)).toEqual([]);
  });
});

test('given a network of endpoints that another host takes for an external, each of them passes by its own address', () => {
  const second = endpoints('a', [endpoint('a3', { host: 'hv-1', ips: ['10.1.0.3'] })]);
  const third = binding('a/a3', { vni: 1, host: 'hv-1', ips: ['10.1.0.3'] });
  const withoutB1 = wired.filter((object) => object.kind !== 'binding' || object.endpoint !== 'b/b1');
  const history = estate([second, endpoints('b', [], ['b1']), policy('b', {})], [...withoutB1, third]);
  // An external there that has the address of the second one only: the first one is dropped, and is no witness of what passes.
  const astray = altered(withoutB1, (object) => {
    if (object.kind !== 'binding' || object.vni !== 1) return object;
    return object.endpoint === 'a/a2'
      ? binding('z', { vni: 1, host: 'hv-1', ips: ['10.1.0.3/32'] })
      : undefined;
  });
  history.wait(100).plan(astray).acknowledge(['hv-2']).wait(100);
  const lines = found(history).filter((line) => line.includes('isolation a/s -> b/s'));
  expect(lines).toEqual(['isolation a/s -> b/s: 10.1.0.3 -> 10.2.0.2 tcp 443']);
  expect(excess(history)).toContain('isolation a/s -> b/s 10.1.0.3');
});
