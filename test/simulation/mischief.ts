import type { GrantAcl, OverlayObject } from '../../events/overlay-objects.ts';
import { digestOfObjects } from '../../events/overlay-objects.ts';
import type { HostState } from '../../src/overlay/port.ts';
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
    const state = at === undefined ? undefined : world.hosts.stateOf(at.shard, at.host);
    if (at === undefined || state === undefined) return 'no host yet';
    const [name, tampered] = tamperedWith(world, state);
    world.hosts.tamper(at.shard, at.host, tampered);
    world.coverage.note(`tampering: ${name}`);
    return `${at.host} of ${at.shard}: ${name}`;
  },
};

function anyHost({ hosts, random }: World): { shard: string; host: string } | undefined {
  const all = hosts.all();
  return all.length === 0 ? undefined : random.pick(all);
}

function tamperedWith(
  { random }: World,
  state: HostState,
): [name: string, state: HostState | undefined | 'spoilt'] {
  const { objects } = state;
  const held = (changed: readonly OverlayObject[], plan = state.plan): HostState => ({
    ...{ plan, objects: changed, digest: digestOfObjects(changed) },
  });
  const dice = random.below(6);
  if (dice === 0) return ['gone', undefined];
  if (dice === 1) return ['spoilt', 'spoilt'];
  if (dice === 2) return ['emptied', held([])];
  if (dice === 3 && objects.length > 0)
    return ['an object less', held(objects.toSpliced(random.below(objects.length), 1))];
  if (dice === 4) return ['an older plan', held(objects.slice(1), Math.max(1, state.plan - 1))];
  const grant = objects.find(
    (object): object is GrantAcl => object.kind === 'acl' && object.tier === 'grant',
  );
  if (grant === undefined) return ['emptied', held([])];
  const wider: GrantAcl = { ...grant, protocol: 'any' };
  delete wider.ports;
  return ['a wider grant', held(objects.with(objects.indexOf(grant), wider))];
}
