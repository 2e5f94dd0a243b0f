import { objectsByKey, type GrantAcl, type OverlayObject } from '../../events/overlay-objects.ts';
import { hostState, type HostState } from '../doubles/memory-overlay.ts';
import type { World } from './world.ts';

/** Something that happens to the world without any process doing it. Returns in words what happened. */
export interface Event {
  readonly name: string;
  readonly happen: (world: World) => string;
}

export const timePasses: Event = {
  name: 'time passes',
  happen: ({ clock, random }) => {
    const seconds = random.pick([1, 5, 20, 60, 300, 900, 86_400]) * random.next();
    clock.set(new Date(Date.parse(clock.now()) + Math.ceil(seconds * 1000)).toISOString());
    return clock.now();
  },
};

/** The clock is put right, and was ahead. */
export const timeSteps: Event = {
  name: 'clock steps back',
  happen: ({ clock, random }) => {
    clock.set(new Date(Date.parse(clock.now()) - random.below(20_000)).toISOString());
    return clock.now();
  },
};

export const hostLeaves: Event = {
  name: 'host away',
  happen: (world) => {
    const at = anyHost(world);
    if (at === undefined) return 'no host yet';
    world.hosts.overlay(at.shard).away.add(at.host);
    return at.host;
  },
};

export const hostsReturn: Event = {
  name: 'hosts back',
  happen: ({ hosts }) => String(hosts.bringBack()),
};

/** Somebody changes, empties or spoils what a host holds; or an old disk comes back. */
export const tampering: Event = {
  name: 'tampering',
  happen: (world) => {
    const at = anyHost(world);
    return at === undefined ? 'no host yet' : tamperAt(world, at);
  },
};

/** Somebody who said so before does that at a host. */
export const handWorking: Event = {
  name: 'work by hand',
  happen: (world) => tamperAt(world, world.handWork.random.pick(world.handWork.open)),
};

/** Somebody does that to a certain host. Returns in words what happened. */
export function tamperAt(world: World, { shard, host }: { shard: string; host: string }): string {
  const state = world.hosts.stateOf(shard, host);
  if (state === undefined) return 'it holds nothing';
  const [name, tampered] = tamperedWith(world, { shard, state });
  world.hosts.tamper(shard, host, tampered);
  world.tampering.note(shard, host);
  world.coverage.note(`tampering: ${name}`);
  return `${host} of ${shard}: ${name}`;
}

function anyHost({ hosts, random }: World): { shard: string; host: string } | undefined {
  const all = hosts.all();
  return all.length === 0 ? undefined : random.pick(all);
}

/** Whoever changes the objects leaves the mark, so that it lies from then on; or puts that of another plan there. */
function tamperedWith(
  world: World,
  at: { shard: string; state: HostState },
): [name: string, state: HostState | undefined | 'spoilt'] {
  const { random } = world;
  const { mark, objects } = at.state;
  const list = [...objects.values()];
  const held = (changed: readonly OverlayObject[], says = mark): HostState => ({
    mark: says,
    objects: objectsByKey(changed),
  });
  const dice = random.below(7);
  if (dice === 0) return ['gone', undefined];
  if (dice === 1) return ['spoilt', 'spoilt'];
  if (dice === 2) return ['emptied', held([])];
  if (dice === 3 && list.length > 0)
    return ['an object less', held(list.toSpliced(random.below(list.length), 1))];
  if (dice === 4) return ['an older plan', held(list.slice(1), markOfPlan(world, at, mark.plan - 1))];
  if (dice === 5) {
    const plan = random.pick([mark.plan - 1, mark.plan + 1, mark.plan + 1]);
    return ['another plan by its mark', held(list, markOfPlan(world, at, plan))];
  }
  const grant = list.find((object): object is GrantAcl => object.kind === 'acl' && object.tier === 'grant');
  if (grant === undefined) return ['emptied', held([])];
  const wider: GrantAcl = { ...grant, protocol: 'any' };
  delete wider.ports;
  return ['a wider grant', held(list.with(list.indexOf(grant), wider))];
}

/** The mark of a plan of the shard, as its ledger has it; where there is no such plan, the one that the host has. */
function markOfPlan(
  { grounds }: World,
  { shard, state }: { shard: string; state: HostState },
  plan: number,
): HostState['mark'] {
  const objects = grounds.sets.get(`${shard} ${String(plan)}`);
  return objects === undefined ? state.mark : hostState(plan, objects).mark;
}
