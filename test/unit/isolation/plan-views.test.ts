import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { portKey } from '../../../projections/isolation/documents/document-fold.ts';
import { addressSet } from '../../../projections/isolation/header-sets/addresses.ts';
import { PlanLog } from '../../../projections/isolation/hosts/plans.ts';
import type { Found, NetworkReach } from '../../../projections/isolation/objects/reach.ts';
import type { View } from '../../../projections/isolation/objects/view.ts';
import { WholeSet } from '../../oracle/whole-set.ts';
import { hostsOfSets, tunnels, vnisOfSets } from '../../support/random-sets.ts';
import { PlansWithSets, randomPlans } from './random-plans.ts';
import { acls, binding, network, routes, viewOf } from './wiring.ts';

const ports = hostsOfSets.flatMap((host) =>
  ['tap1', 'tap2', 'up'].map((name) => portKey({ host, interface: name })),
);
const pairs = vnisOfSets.flatMap((from) => vnisOfSets.map((to) => ({ from, to })));

/** The answer to everything that a view can be asked. */
function answersOf(view: View): unknown {
  return {
    at: ports.map((port) => view.at(port)),
    names: vnisOfSets.map((vni) => view.namesOf(vni)),
    bindings: view.bindings(),
    tunnelTo: [...hostsOfSets, 'h9'].map((host) => view.tunnelTo(host)),
    accepts: tunnels.flatMap((tunnelIp) => vnisOfSets.map((vni) => view.accepts({ tunnelIp, vni }))),
    egress: pairs.map((pair) => view.allowed('egress', pair)),
    ingress: pairs.map((pair) => view.allowed('ingress', pair)),
    reversePath: pairs.map((pair) => view.reversePath(pair)),
    reach: vnisOfSets.map((vni) => told(view.reach(vni))),
  };
}

function told({ found, byPort, single, wide }: NetworkReach): unknown {
  const plain = (some: readonly Found[]): Found[] =>
    some.map(({ binding, may, must }) => ({ binding, may, must }));
  const inAll = <Key>(of: ReadonlyMap<Key, readonly Found[]>): [Key, Found[]][] =>
    Array.from(of, ([key, some]) => [key, plain(some)]);
  return { found: plain(found), byPort: inAll(byPort), single: inAll(single), wide: plain(wide) };
}

/** By table and key, what any kept set holds. */
function tablesOf({ tables }: PlanLog): unknown {
  const { byVni, bySegment, bindings, externals, ports: byPort, carried } = tables;
  const { routesFrom, routesTo, grants, denies, hosts, tunnels: byTunnel } = tables;
  return [
    [byVni, bindings, externals, routesFrom, routesTo].map((table) => keptIn(table)),
    [bySegment, byPort, carried, denies, hosts, byTunnel].map((table) => keptIn(table)),
    [grants.egress, grants.ingress].map((table) => keptIn(table)),
  ];
}

function keptIn<Key extends string | number>(table: {
  readonly keys: () => Iterable<Key>;
  readonly kept: (key: Key) => readonly OverlayObject[];
}): unknown {
  return Object.fromEntries(Array.from(table.keys(), (key) => [key, table.kept(key)]));
}

function compare(plans: PlansWithSets, asked: (plan: number) => boolean): void {
  for (const [plan, objects] of plans.sets) {
    if (!asked(plan)) continue;
    const set = plans.log.setOf(plan);
    expect([...set.objects.values()]).toEqual(objects);
    expect(answersOf(set.view)).toEqual(answersOf(new WholeSet(objects)));
    expect(set.view.reach(40)).toBe(set.view.reach(40));
    for (const pair of pairs) expect(set.view.allowed('egress', pair)).toBe(set.view.allowed('egress', pair));
  }
}

describe('the view of the set of a plan', () => {
  it('given random plans, some given up, answers at every plan as the whole set by itself does', () => {
    fc.assert(
      fc.property(randomPlans, (steps) => {
        const plans = new PlansWithSets();
        steps.forEach(({ parts, ask, forgotten }, index) => {
          for (const part of parts) {
            plans.take(index + 1, part);
            if (ask !== 'nothing') compare(plans, (plan) => ask === 'all' || plan === index + 1);
          }
          plans.forget(forgotten);
        });
        compare(plans, () => true);
        expect(plans.log.between(0, steps.length)).toEqual([...plans.sets.keys()]);
      }),
      { numRuns: 300 },
    );
  });

  it('given the same, holds no more if it is asked late than if it was asked at every plan', () => {
    fc.assert(
      fc.property(randomPlans, (steps) => {
        const [early, late] = [new PlansWithSets(), new PlansWithSets()];
        steps.forEach(({ parts, forgotten }, index) => {
          for (const plans of [early, late]) {
            for (const part of parts) plans.take(index + 1, part);
            plans.forget(forgotten);
          }
          tablesOf(early.log);
        });
        expect(tablesOf(late.log)).toEqual(tablesOf(early.log));
      }),
      { numRuns: 300 },
    );
  });

  it('works out once what is the same from plan to plan, and anew what is not', () => {
    const [log, plan] = [new PlanLog(), plans()];
    const web = binding('a/web', { vni: 1, host: 'h1', ips: ['10.0.0.1'] });
    const db = binding('a/db', { vni: 2, host: 'h1', ips: ['10.0.0.2'] });
    const first = [network(1, 'a/web'), network(2, 'a/db'), web, db, ...routes(1, 2)];
    log.take(
      plan({ put: [...first, ...acls({ from: 'a/web', to: 'a/db', protocol: 'tcp', ports: [[1, 1]] })] }),
    );
    log.take(plan({ put: [network(3, 'b/s'), binding('b/x', { vni: 3, host: 'h2', ips: ['10.0.0.3'] })] }));
    log.take(plan({ put: acls({ from: 'a/web', to: 'a/db', protocol: 'udp' }) }));
    log.take(plan({ put: [{ ...db, ips: ['10.0.0.4'] }] }));
    const views = [1, 2, 3, 4].map((number) => log.setOf(number).view);
    const allowed = views.map((view) => view.allowed('egress', { from: 1, to: 2 }));
    const reach = views.map((view) => view.reach(1));
    expect(alike(allowed)).toEqual([0, 0, 1, 1]);
    expect(alike(reach)).toEqual([0, 0, 0, 1]);
  });

  it('takes packets of an external from where it is found, from nowhere if it is not, and asks nothing of endpoints', () => {
    const web = binding('a/web', { vni: 1, host: 'h1', ips: ['10.0.0.1'] });
    const view = viewOf([web, binding('out', { vni: 2, host: 'h1', ips: ['10.0.0.0/31'] }), ...routes(1, 2)]);
    const without = addressSet(['10.0.0.0']);
    expect(view.reversePath({ from: 2, to: 1 })).toEqual({ may: without, must: without });
    expect(view.reversePath({ from: 2, to: 3 })).toEqual({ may: [], must: [] });
    expect(view.reversePath({ from: 1, to: 2 })).toBeUndefined();
  });

  it('gives up with a plan what stood for it alone', () => {
    const [log, plan] = [new PlanLog(), plans()];
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    const webs = addresses.map((address) => binding('a/web', { vni: 1, host: 'h1', ips: [address] }));
    for (const web of webs) log.take(plan({ put: [web] }));
    const sets = [1, 2, 3].map((number) => log.setOf(number));
    const reaches = sets.map(({ view }) => view.reach(1));
    const kept = (): boolean[] => sets.map(({ view }, index) => view.reach(1) === reaches[index]);
    expect(kept()).toEqual([true, true, true]);
    log.forget(2);
    expect(kept()).toEqual([false, true, true]);
    log.forget(3);
    expect(kept()).toEqual([false, false, true]);
    expect(sets.map(({ objects }) => [...objects.values()])).toEqual([[], [], webs.slice(2)]);
  });
});

/** The data of one plan after the other. */
function plans(): (change: { put: OverlayObject[] }) => Parameters<PlanLog['take']>[0] {
  let plan = 0;
  return ({ put }) => {
    plan += 1;
    return { shard: 'east', plan, basis: 0, put, removed: [], before: '', after: '' };
  };
}

/** For each of some values, which of those that differ it is. */
function alike(values: readonly unknown[]): number[] {
  const different = [...new Set(values)];
  return values.map((value) => different.indexOf(value));
}
