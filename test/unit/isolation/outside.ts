import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Ports } from '../../../events/names.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { bound, endpoint, endpoints, external, host, policy, shard, tenant } from './documents.ts';
import { after, History } from './history.ts';
import { emptyWorld, nextWorld, type World } from './plain-meaning.ts';
import type { Dice } from './random-estate.ts';
import type { Age, Tale } from './tales.ts';
import { acls, binding, network, routes, tunnel, type Grant } from './wiring.ts';

/** Where everybody is: two endpoints of `a` are on one host. The externals' prefixes hold all of their addresses. */
const places = {
  'a/e1': { host: 'hv-1', interface: 'vm-1' },
  'a/e2': { host: 'hv-1', interface: 'vm-2' },
  'a/s': { host: 'hv-2', interface: 'vm-1' },
  'b/e1': { host: 'hv-2', interface: 'vm-2' },
  x: { host: 'hv-2', interface: 'vm-3' },
  y: { host: 'hv-1', interface: 'vm-3' },
} as const;
const addressesOfA = { 'a/e1': '10.0.0.1', 'a/e2': '10.0.0.6', 'a/s': '10.0.0.2' } as const;
const wide = '10.0.0.0/29';

/** What grants may be about, by who sends and who receives. */
const ways = [
  ['a', 'b'],
  ['a', 'x'],
  ['x', 'a'],
  ['x', 'b'],
  ['y', 'a'],
  ['b', 'y'],
] as const;

/**
 * Whom externals may send to, and who has an address of theirs, comes and goes, in documents and on hosts, by chance and each without
 * regard to the other.
 */
export function outsideTale(dice: Dice): Tale {
  const history = new History();
  const ages: Age[] = [];
  let world: World = emptyWorld;
  const record = (...events: readonly DomainEvent[]): void => {
    history.record(...events);
    world = nextWorld(world, events);
    ages.push({ batch: history.batches.length - 1, since: history.now, world });
  };
  const limit = dice.pick(20, 60);
  record(
    shard('east', { revocationLimitSeconds: limit }),
    host('hv-1', '172.31.0.1'),
    host('hv-2', '172.31.0.2'),
    ...['a', 'b'].map((name) => tenant(name)),
    external('x', { cidrs: [wide], gateway: places.x }),
    narrow(dice),
    endpoints(
      'a',
      (['e1', 'e2', 's'] as const).map((name) =>
        endpoint(name, { ...places[`a/${name}`], ips: [addressesOfA[`a/${name}`]] }),
      ),
    ),
    seatOfB(dice),
    ...policies(dice),
  );
  for (let step = 0; step < 8; step += 1) {
    if (dice.chance(0.6)) history.wait(Math.floor(dice.below(8)));
    if (step > 0 && dice.chance(0.5)) record(...change(dice));
    else {
      history.plan(wiring(dice));
      for (const each of dice.some(['hv-1', 'hv-2'], 0.8)) history.acknowledge([each]);
    }
  }
  history.wait(Math.floor(dice.below(8)));
  const limits = new Map(['hv-1', 'hv-2'].map((name) => [name, limit]));
  return { history, ages, limits };
}

function narrow(dice: Dice): DomainEvent {
  return external('y', { cidrs: [dice.pick('10.0.0.2/31', '10.0.0.4/31')], gateway: places.y });
}

function seatOfB(dice: Dice): DomainEvent {
  return endpoints('b', [endpoint('e1', { ...places['b/e1'], ips: [addressOfB(dice)] })]);
}

function addressOfB(dice: Dice): string {
  return dice.pick('10.0.0.3', '10.0.0.4', '10.0.0.5');
}

/** Grants of some ways, by both sides. */
function policies(dice: Dice): DomainEvent[] {
  const open = dice.some(ways, 0.7);
  const rule = () => ({
    protocol: 'tcp' as const,
    ...(dice.chance(0.2) ? { expires: bound(after(Math.floor(dice.below(40)))) } : {}),
  });
  return ['a', 'b'].map((name) =>
    policy(name, {
      egress: open.flatMap(([from, to]) => (from === name ? [{ destination: to, ...rule() }] : [])),
      ingress: open.flatMap(([from, to]) => (to === name ? [{ source: from, ...rule() }] : [])),
    }),
  );
}

function change(dice: Dice): DomainEvent[] {
  return dice.pick<() => DomainEvent[]>(
    () => policies(dice),
    () => policies(dice).slice(dice.pick(0, 1)),
    () => [seatOfB(dice)],
    () => [endpoints('b', [], ['e1'])],
    () => [narrow(dice)],
    () => [{ type: dice.pick('TenantQuarantined', 'TenantReleased'), data: { tenant: 'b' } }],
  )();
}

/** Most of what makes packets get along these ways. Now and then a network is the segment's that is the external's by other sets. */
function wiring(dice: Dice): OverlayObject[] {
  const isSwapped = dice.chance(0.15);
  const vnis = { a: isSwapped ? 3 : 1, b: 2, x: isSwapped ? 1 : 3, y: 4 } as const;
  const end = { a: 'a/s', b: 'b/s', x: 'x', y: 'y' } as const;
  const ips = {
    ...addressesOfA,
    'b/e1': addressOfB(dice),
    x: wide,
    y: dice.pick('10.0.0.2/31', '10.0.0.4/31'),
  };
  const bound = dice.some(Object.keys(places).filter(isPlace), 0.9).map((name) => {
    const vni = name === 'x' || name === 'y' ? vnis[name] : vnis[name.startsWith('a') ? 'a' : 'b'];
    const except = name === 'x' && dice.chance(0.7) ? { except: [ips.y] } : {};
    return binding(name, { ...places[name], vni, ips: [ips[name]], ...except });
  });
  const ports: Partial<Grant> = dice.chance(0.8) ? {} : { ports: [[10, 19]] satisfies Ports };
  return [
    ...(['a', 'b', 'x', 'y'] as const).map((name) => network(vnis[name], end[name])),
    ...bound,
    ...dice
      .some(ways, 0.8)
      .flatMap(([from, to]) => [
        ...routes(vnis[from], vnis[to]),
        ...acls({ from: end[from], to: end[to], protocol: 'tcp', ...ports }),
      ]),
    tunnel('hv-1', '172.31.0.1'),
    tunnel('hv-2', '172.31.0.2'),
  ];
}

function isPlace(name: string): name is keyof typeof places {
  return name in places;
}
