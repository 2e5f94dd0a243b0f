import type { DomainEvent } from '../../../events/catalogue.ts';
import type { IngressRule } from '../../../events/estate.ts';
import type { Ports } from '../../../events/names.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { bound, endpoint, endpoints, host, policy, shard, tenant } from './documents.ts';
import { corrected, foundInstead } from './drift.ts';
import { after, History } from './history.ts';
import { emptyWorld, nextWorld, type World } from './plain-meaning.ts';
import type { Dice } from './random-estate.ts';
import { acknowledgedBy, type Age, type Tale } from './tales.ts';
import { acls, binding, cuts, network, routes, tunnel } from './wiring.ts';

const ranges: readonly Ports[] = [[[10, 19]], [[20, 29]], [[10, 29]]];

/** Where the endpoints of `a` and `b` are, two each, on either host. */
const seats = [
  { tenant: 'a', name: 'e1', host: 'hv-1', interface: 'vm-1', ips: ['10.0.0.1'] },
  { tenant: 'a', name: 's', host: 'hv-2', interface: 'vm-1', ips: ['10.0.0.2'] },
  { tenant: 'b', name: 'e1', host: 'hv-2', interface: 'vm-2', ips: ['10.0.0.3'] },
  { tenant: 'b', name: 's', host: 'hv-1', interface: 'vm-2', ips: ['10.0.0.4'] },
] as const;

function seatsOf(name: string): DomainEvent {
  const own = seats.filter((seat) => seat.tenant === name);
  return endpoints(
    name,
    own.map(({ name: each, host: at, interface: port, ips }) =>
      endpoint(each, { host: at, interface: port, ips: [...ips] }),
    ),
  );
}

/**
 * What `a` may send to `b` comes and goes, in documents and on hosts, by chance and each without regard to the other: so
 * that much is revoked, cut and open again. With `drifts`, hosts are found to hold something else now and then.
 */
export function seesawTale(dice: Dice, drifts?: Dice): Tale {
  const history = new History();
  const ages: Age[] = [];
  let world: World = emptyWorld;
  const record = (...events: readonly DomainEvent[]): void => {
    history.record(...events);
    world = nextWorld(world, events);
    ages.push({ batch: history.batches.length - 1, since: history.now, world });
  };
  const limits = { east: dice.pick(20, 60), west: dice.pick(20, 60) };
  const home = dice.pick('east', 'west');
  record(
    shard('east', { revocationLimitSeconds: limits.east }),
    shard('west', { revocationLimitSeconds: limits.west }),
    host('hv-1', '172.31.0.1'),
    host('hv-2', '172.31.0.2', home),
    ...['a', 'b', 'c'].map((name) => tenant(name)),
    seatsOf('a'),
    seatsOf('b'),
    policy('a', { egress: [{ destination: 'b', protocol: 'tcp' }] }),
    policy('b', { ingress: [rule(dice)] }),
  );
  rollOut(history, dice, {
    east: ['hv-1'],
    west: [],
    [home]: ['hv-1', 'hv-2'].slice(home === 'east' ? 0 : 1),
  });
  for (let step = 0; step < 8; step += 1) {
    if (dice.chance(0.6)) history.wait(Math.floor(dice.below(8)));
    if (dice.chance(0.5)) record(...change(dice));
    else
      rollOut(history, dice, {
        east: home === 'east' ? ['hv-1', 'hv-2'] : ['hv-1'],
        west: home === 'west' ? ['hv-2'] : [],
      });
    if (drifts?.chance(0.5) === true)
      driftOn(history, drifts, drifts.pick({ host: 'hv-1', shard: 'east' }, { host: 'hv-2', shard: home }));
  }
  history.wait(Math.floor(dice.below(8)));
  return {
    history,
    ages,
    limits: new Map([
      ['hv-1', limits.east],
      ['hv-2', limits[home]],
    ]),
  };
}

function rule(dice: Dice): Omit<IngressRule, 'id'> {
  const expires = dice.chance(0.3) ? { expires: bound(after(Math.floor(dice.below(40)))) } : {};
  return { source: 'a', protocol: 'tcp', ports: dice.pick(ranges[0] ?? [], ...ranges), ...expires };
}

/** A grant more or less, a quarantine or its end, or a port that changes hands. */
function change(dice: Dice): DomainEvent[] {
  const tenantName = dice.pick('a', 'b');
  return dice.pick<DomainEvent[]>(
    [policy('b', { ingress: [rule(dice)] })],
    [policy('b', {})],
    [policy('b', {})],
    [{ type: 'TenantQuarantined', data: { tenant: tenantName } }],
    [{ type: 'TenantReleased', data: { tenant: tenantName } }],
    [
      endpoints('a', [], ['e1']),
      endpoints('c', [endpoint('e1', { host: 'hv-1', interface: 'vm-1', ips: ['10.0.0.1'] })]),
    ],
    [endpoints('c', [], ['e1']), seatsOf('a')],
  );
}

/** A plan for some shards, acknowledged by some hosts. */
function rollOut(history: History, dice: Dice, hosts: Readonly<Record<string, readonly string[]>>): void {
  const objects = wiring(dice);
  for (const [name, own] of Object.entries(hosts)) {
    if (own.length === 0 || dice.chance(0.2)) continue;
    history.plan(objects, name);
    for (const each of dice.some(own, 0.8)) history.acknowledge([each], name);
  }
}

/** A host is found to hold something else, or to hold again what it was to hold. */
function driftOn(history: History, dice: Dice, at: { host: string; shard: string }): void {
  const plan = acknowledgedBy(history, at);
  const acknowledged = [...history.state().hosts.objectsOf({ shard: at.shard, plan }).values()];
  history.record(
    ...(dice.chance(0.4) && plan > 0
      ? [corrected(at.host, acknowledged, { shard: at.shard, plan })]
      : foundInstead({ ...at, plan, acknowledged, found: wiring(dice) })),
  );
}

/** All that makes packets get from `a` to `b`, but for acls that are left out by chance. */
function wiring(dice: Dice): OverlayObject[] {
  const vnis: Readonly<Record<string, number>> = { a: 1, b: 2 };
  return [
    network(1, 'a/s'),
    network(2, 'b/s'),
    ...seats.map(({ tenant: name, name: each, host: at, interface: port, ips }) =>
      binding(`${name}/${each}`, { vni: vnis[name] ?? 0, host: at, interface: port, ips: [...ips] }),
    ),
    ...routes(1, 2),
    ...dice.some(ranges, 0.3).flatMap((ports) => acls({ from: 'a/s', to: 'b/s', protocol: 'tcp', ports })),
    ...(dice.chance(0.2) ? cuts(dice.pick('a/s', 'b/s')) : []),
    tunnel('hv-1', '172.31.0.1'),
    tunnel('hv-2', '172.31.0.2'),
  ];
}
