import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { Delivery, type Delivered } from '../../../projections/isolation/delivered/delivery.ts';
import {
  portKey,
  type Documents,
  type Port,
} from '../../../projections/isolation/documents/document-fold.ts';
import type { SetRef } from '../../../projections/isolation/hosts/host-plans.ts';
import type { PlanLog } from '../../../projections/isolation/hosts/plans.ts';
import { Neighbours } from '../../../projections/isolation/objects/neighbours.ts';
import { hostsOfSets, tunnels } from '../../support/random-sets.ts';
import { host, shard } from './documents.ts';
import { History } from './history.ts';
import { PlansWithSets, randomPlansAfter, wiredSet, type RandomPlan } from './random-plans.ts';
import { acls, binding, network, routes, tunnel } from './wiring.ts';

const ports = hostsOfSets.flatMap((name) =>
  ['tap1', 'tap2', 'up'].map((port) => ({ host: name, interface: port })),
);
const places = fc.oneof(
  fc.constant([...tunnels]),
  fc.array(fc.constantFrom(...tunnels), { minLength: 3, maxLength: 3 }),
);
/** Two shards that begin with the same set. */
const histories = wiredSet.chain((first) =>
  fc.record({ east: randomPlansAfter(first), west: randomPlansAfter(first) }),
);

/** How many times as many runs: more of them by hand, now and then. */
const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

/** Two shards that plan, and the real tunnel addresses of hosts. */
class World {
  readonly shards = { east: new PlansWithSets('east'), west: new PlansWithSets('west') };
  readonly documents: Documents;
  readonly neighbours: Neighbours;

  constructor(tunnelIps: readonly string[], plans: Record<'east' | 'west', readonly RandomPlan[]>) {
    const declared = hostsOfSets.map((name, index) => host(name, tunnelIps[index] ?? ''));
    this.documents = new History().record(...declared).state().documents;
    for (const shard of ['east', 'west'] as const) {
      plans[shard].forEach(({ parts, forgotten }, index) => {
        for (const part of parts) this.shards[shard].take(index + 1, part);
        this.shards[shard].forget(forgotten);
      });
    }
    this.neighbours = new Neighbours(
      [this.shards.east.log.tables, this.shards.west.log.tables],
      this.documents,
    );
  }

  #logOf({ shard }: SetRef): PlanLog {
    return this.shards[shard === 'east' ? 'east' : 'west'].log;
  }

  /** Every set that a host may hold. */
  refs(): SetRef[] {
    return (['east', 'west'] as const).flatMap((shard) =>
      [...this.shards[shard].sets.keys()].map((plan) => ({ shard, plan })),
    );
  }

  /** What is delivered if hosts hold these sets. */
  between(ends: { from: Port; to: Port }, held: { from: SetRef; to: SetRef }): Delivered {
    const keyed = (port: Port) => ({ ...port, key: portKey(port) });
    return new Delivery(this.documents, {
      setsOf: (name) => [name === ends.from.host ? held.from : held.to],
      objectsOf: (ref) => this.#logOf(ref).setOf(ref.plan).objects,
      viewOf: (ref) => this.#logOf(ref).setOf(ref.plan).view,
      isOfExternals: (vni) => this.neighbours.isOfExternals(vni),
    }).between({ from: keyed(ends.from), to: keyed(ends.to) });
  }

  /** True if a host that goes from one set to another delivers otherwise, whichever end it is. */
  differs(ends: Ends, { before, step, held }: Record<'before' | 'step' | 'held', SetRef>): boolean {
    return [
      (ref: SetRef) => this.between(ends, { from: ref, to: held }),
      (ref: SetRef) => this.between(ends, { from: held, to: ref }),
    ].some((deliver) => !isDeepStrictEqual(deliver(before), deliver(step)));
  }

  touched(step: SetRef): (ends: { from: Port; to: Port }) => boolean {
    const touched = this.#logOf(step).touched(step.plan, this.neighbours);
    const isMoved = (name: string): boolean =>
      touched.tunnelIps.has(this.documents.hosts.get(name)?.tunnelIp ?? '');
    return ({ from, to }) => {
      if (isMoved(from.host) || isMoved(to.host)) return true;
      const targets = this.neighbours.networksOf(portKey(to));
      return [...this.neighbours.networksOf(portKey(from))].some(
        (vni) => !targets.isDisjointFrom(touched.pairs.get(vni) ?? new Set()),
      );
    };
  }
}

type Ends = Parameters<World['between']>[0];

const allEnds: readonly Ends[] = ports.flatMap((from) =>
  ports.filter((to) => to !== from).map((to) => ({ from, to })),
);

describe('what the step to a plan touches', () => {
  it('given random plans of two shards, is whatever hosts of any two sets deliver otherwise with it', () => {
    const seen = { changed: 0, touched: 0, untouched: 0 };
    fc.assert(
      fc.property(places, histories, fc.nat({ max: 30 }), (tunnelIps, plans, choice) => {
        const world = new World(tunnelIps, plans);
        const refs = world.refs();
        for (const [index, step] of refs.entries()) {
          const [before, held] = [refs[index - 1], refs[(index + choice) % refs.length]];
          if (before?.shard !== step.shard || held === undefined) continue;
          const isTouched = world.touched(step);
          const changed = allEnds.filter((ends) => world.differs(ends, { before, step, held }));
          const touched = allEnds.filter(isTouched);
          seen.changed += changed.length;
          seen.touched += touched.length;
          seen.untouched += allEnds.length - touched.length;
          expect(
            changed.filter((ends) => !touched.includes(ends)).map((ends) => ({ ...ends, step, held })),
          ).toEqual([]);
        }
      }),
      { numRuns: 300 * scale },
    );
    // Neither of these says anything if the other never is.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(1000);
  });

  const web = binding('t1/web', { vni: 1, host: 'h1', ips: ['10.0.0.1'] });
  const db = binding('t1/db', { vni: 2, host: 'h2', ips: ['10.0.0.2'] });
  const out = binding('out', { vni: 3, host: 'h2', ips: ['10.0.0.0/8'] });
  const wide = binding('wide', { vni: 4, host: 'h2', ips: ['10.0.0.0/8'] });
  const wired = [
    ...['t1/web', 't1/db', 'out', 'wide'].map((name, index) => network(index + 1, name)),
    ...hostsOfSets.map((name, index) => tunnel(name, tunnels[index] ?? '')),
    ...[2, 3, 4].flatMap((vni) => routes(1, vni)),
    ...['t1/db', 'out', 'wide'].flatMap((to) => acls({ from: 't1/web', to, protocol: 'tcp' })),
    web,
  ];

  it.each<[what: string, put: OverlayObject]>([
    ['a binding', { ...db, ips: ['10.0.0.9'] }],
    ['another external', { ...wide, ips: ['10.0.0.9'] }],
    ['a route', { kind: 'route', from: 1, to: 2 }],
  ])('given %s that comes, is what an external sends with an address of it', (_what, put) => {
    const first = { ask: 'nothing', forgotten: 0 } as const;
    const known = { ...db, ips: ['10.0.0.9'] };
    const back = acls({ from: 'out', to: 't1/web', protocol: 'tcp' });
    const held = [...wired, out, ...back, ...(put.kind === 'route' ? [known] : [])];
    const isPut = (object: OverlayObject): boolean =>
      object.kind === 'route' && put.kind === 'route' && object.from === put.from && object.to === put.to;
    const objects = held.filter((object) => !isPut(object));
    const plans = [objects, [put]].map((put) => ({ ...first, parts: [{ put, removed: [], again: false }] }));
    const world = new World(tunnels, { east: plans, west: [] });
    const ends = { from: out, to: web };
    const [before, step] = [
      { shard: 'east', plan: 1 },
      { shard: 'east', plan: 2 },
    ];
    expect(world.differs(ends, { before, step, held: before })).toBe(true);
    expect(world.touched(step)(ends)).toBe(true);
  });

  it.each<[what: string, source: OverlayObject[], target: OverlayObject[], [put: OverlayObject, to: Port]]>([
    [
      'a port that is bound to another network',
      [db],
      [db],
      [{ ...db, endpoint: 't1/x', host: 'h1', interface: 'vm-web' }, db],
    ],
    ['two externals that have one address', [out], [out], [wide, out]],
    ['an endpoint that an external of its host takes in', [out], [out, db], [{ ...wide, host: 'h3' }, db]],
  ])('given %s, is what they deliver', (_what, source, target, [put, to]) => {
    const planned = (objects: readonly OverlayObject[]): RandomPlan['parts'] => [
      { put: objects, removed: [], again: false },
    ];
    const first = { ask: 'nothing', forgotten: 0 } as const;
    const world = new World(tunnels, {
      east: [
        { ...first, parts: planned([...wired, ...source]) },
        { ...first, parts: planned([put]) },
      ],
      west: [{ ...first, parts: planned([...wired, ...target]) }],
    });
    const ends = { from: web, to };
    const [before, step, held] = [
      { shard: 'east', plan: 1 },
      { shard: 'east', plan: 2 },
      { shard: 'west', plan: 1 },
    ];
    expect(world.differs(ends, { before, step, held })).toBe(true);
    expect(world.touched(step)(ends)).toBe(true);
  });

  it('is told only where the set before is kept', () => {
    const neighbours = new Neighbours([], new History().state().documents);
    expect(() => new PlansWithSets().log.touched(0, neighbours)).toThrow(RangeError);
  });

  it('is told of the plans of a ledger, after the batch that leaves some of them behind', () => {
    const history = new History().record(shard('east'), host('h1', tunnels[0]), host('h2', tunnels[1]));
    history.plan(wired).acknowledge(['h1', 'h2']);
    history.plan([...wired, db]).acknowledge(['h1', 'h2']);
    const { hosts, documents } = history.state();
    const neighbours = hosts.plans.neighbours(documents);
    const { pairs, tunnelIps } = hosts.plans.touched({ shard: 'east', plan: 2 }, neighbours);
    expect([1, 2, 3].map((plan) => hosts.plans.isStep({ shard: 'east', plan }))).toEqual([true, true, false]);
    expect([...pairs].map(([from, to]) => [from, [...to]])).toEqual([
      [2, [2, 1]],
      [1, [2]],
    ]);
    expect([...tunnelIps]).toEqual([]);
    expect([1, 2, 3].map((vni) => [...neighbours.portsIn(vni)])).toEqual([['h1 vm-web'], ['h2 vm-db'], []]);
    expect(['h1', 'h2'].map((name) => neighbours.isAt(name, 2))).toEqual([false, true]);
  });
});
