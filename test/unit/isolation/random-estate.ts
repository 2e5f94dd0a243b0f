import type { DomainEvent } from '../../../events/catalogue.ts';
import type { EgressRule, IngressRule, Service } from '../../../events/estate.ts';
import type { Ports, Protocol } from '../../../events/names.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { bound, endpoint, endpoints, external, host, idOf, policy, shard, tenant } from './documents.ts';
import { after, type History } from './history.ts';
import type { Kind } from './plain-meaning.ts';
import { cut, network, tunnel } from './wiring.ts';

/** Small random choices from a seed (mulberry32), so that a failing test is repeated by its seed. */
export class Dice {
  readonly protocols: readonly [Protocol, ...Protocol[]];
  #state: number;

  constructor(
    seed: number,
    protocols: readonly [Protocol, ...Protocol[]] = ['tcp', 'tcp', 'udp', 'sctp', 'icmp', 'any', 'any'],
  ) {
    this.#state = seed >>> 0;
    this.protocols = protocols;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit;
  }

  chance(probability: number): boolean {
    return this.below(1) < probability;
  }

  pick<Choice>(...choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[Math.floor(this.below(choices.length))] ?? choices[0];
  }

  some<Choice>(choices: readonly Choice[], probability: number): Choice[] {
    return choices.filter(() => this.chance(probability));
  }

  times<Item>(most: number, make: () => Item): Item[] {
    return Array.from({ length: Math.floor(this.below(most + 1)) }, make);
  }
}

/** One packet of each kind that rules of random estates can tell apart. */
export const kinds: readonly Kind[] = [
  ...['tcp', 'udp'].flatMap((protocol) =>
    [0, 9, 10, 19, 20, 29, 30, 65_535].map((port) => ({ protocol, port })),
  ),
  { protocol: 'sctp', port: 10 },
  { protocol: 'icmp', port: 0 },
  { protocol: 'other', port: 0 },
];

const tenants = ['a', 'b', 'c'];
const segments = ['s', 't'];
const externals = ['x', 'y'];
/** Every address that random estates use, and one on either side. */
export const addresses = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const cidrs = [
  '10.0.0.0/29',
  '10.0.0.0/30',
  '10.0.0.4/30',
  '10.0.0.2/31',
  '10.0.0.6/31',
  '10.0.0.5/32',
] as const;
export type Place = readonly [host: string, port: string];
export const places: readonly [Place, ...Place[]] = [
  ['hv-1', 'vm-1'],
  ['hv-1', 'vm-2'],
  ['hv-1', 'vm-3'],
  ['hv-2', 'vm-1'],
  ['hv-2', 'vm-2'],
  ['hv-2', 'vm-3'],
];

type Traffic = { protocol: Protocol } | { protocol: Protocol; ports: Ports };

function traffic(dice: Dice): Traffic {
  const protocol = dice.pick(...dice.protocols);
  if (protocol === 'icmp' || protocol === 'any' || dice.chance(0.3)) return { protocol };
  const lists: readonly [Ports, ...Ports[]] = [
    [[10, 19]],
    [[20, 29]],
    [[10, 29]],
    [
      [10, 10],
      [20, 65_535],
    ],
    [[1, 9]],
  ];
  return { protocol, ports: dice.pick(...lists) };
}

/** Shards, hosts, tenants, externals, endpoints and policies as one batch. */
export function randomEstate(dice: Dice): DomainEvent[] {
  return [
    shard('east', { revocationLimitSeconds: dice.pick(0, 10, 60) }),
    shard('west', { revocationLimitSeconds: dice.pick(0, 20, 60) }),
    host('hv-1', '172.31.0.1'),
    host('hv-2', '172.31.0.2', dice.pick('east', 'west')),
    ...randomDocuments(dice),
    ...dice.some(quarantines('begin'), 0.08),
  ];
}

/** The beginning, or the end, of the quarantine of each tenant, segment and external. */
function quarantines(turn: 'begin' | 'end'): DomainEvent[] {
  const begins = turn === 'begin';
  return [
    ...tenants.map((tenant): DomainEvent => ({
      type: begins ? 'TenantQuarantined' : 'TenantReleased',
      data: { tenant },
    })),
    ...tenants.flatMap((tenant) =>
      segments.map((segment): DomainEvent => ({
        type: begins ? 'SegmentQuarantined' : 'SegmentReleased',
        data: { tenant, segment },
      })),
    ),
    ...externals.map((external): DomainEvent => ({
      type: begins ? 'ExternalQuarantined' : 'ExternalReleased',
      data: { external },
    })),
  ];
}

/** Changes of an estate: what is retired, the documents that come, and before or after them who is cut off or released. */
export function randomChanges(dice: Dice): DomainEvent[] {
  const retired = [
    ...dice.some(tenants, 0.1).map((tenant): DomainEvent => ({ type: 'TenantRetired', data: { tenant } })),
    ...dice
      .some(externals, 0.1)
      .map((external): DomainEvent => ({ type: 'ExternalRetired', data: { external } })),
  ];
  const turns = [
    ...dice.some(quarantines('begin'), 0.07),
    ...dice.some(quarantines('end'), 0.15),
    ...dice.some(tenants, 0.15).map((tenant): DomainEvent => ({ type: 'PolicyRevoked', data: { tenant } })),
  ];
  const documents = dice.chance(0.7) ? randomReplacements(dice) : [];
  return dice.chance(0.5) ? [...retired, ...documents, ...turns] : [...retired, ...turns, ...documents];
}

/** All documents anew (ports change hands), or some tenants and policies. */
function randomReplacements(dice: Dice): DomainEvent[] {
  const all = randomDocuments(dice);
  if (dice.chance(0.4)) return all;
  const some = dice.some(
    all.filter(({ type }) => type === 'TenantRegistered' || type === 'PolicyEnacted'),
    0.6,
  );
  return some.length > 0 ? some : all;
}

function randomDocuments(dice: Dice): DomainEvent[] {
  const free = dice.some(places, 0.8);
  const gateways = externals.map(() => (dice.chance(0.7) ? free.pop() : undefined));
  // Two externals never have an equal prefix.
  const wide = dice.pick(...cidrs);
  const prefixes = [wide, dice.pick(...cidrs)].filter((prefix, index) => index === 0 || prefix !== wide);
  return [
    ...tenants.map((name) => randomTenant(dice, name)),
    ...externals.map((name, index) => {
      const [at, port] = gateways[index] ?? [];
      const gateway =
        at === undefined || port === undefined ? {} : { gateway: { host: at, interface: port } };
      const classification = dice.pick('internal', 'internal', 'public');
      return external(name, { classification, cidrs: [prefixes[index] ?? '10.0.0.8/32'], ...gateway });
    }),
    ...tenants.map((name) => randomEndpoints(dice, name, free)),
    ...tenants.map((name) => policy(name, randomRules(dice))),
  ];
}

function randomTenant(dice: Dice, name: string): DomainEvent {
  const services: Service[] = dice.chance(0.5)
    ? [{ name: `${name}-api`, segment: dice.pick('s', 't'), ...traffic(dice) }]
    : [];
  return tenant(name, {
    classification: dice.pick('internal', 'internal', 'internal', 'confidential'),
    isolation: dice.chance(0.1) ? 'air-gapped' : 'logical',
    intraTenant: dice.pick('allow', 'segments'),
    segments: dice.chance(0.8) ? segments : ['s'],
    services,
  });
}

/** An endpoint has the name of a segment: names must not tell what something is. */
const endpointNames = ['e1', 's'];

/** The endpoints of a tenant, at places of which no two are the same. */
function randomEndpoints(dice: Dice, name: string, free: Place[]): DomainEvent {
  const put = endpointNames.flatMap((each) => {
    const place = dice.chance(0.6) ? free.pop() : undefined;
    if (place === undefined) return [];
    const ips = dice.chance(0.8) ? [randomAddress(dice)] : ['10.0.0.1', '10.0.0.6'];
    const segment = dice.pick(...(['s', 't'] as const));
    return [endpoint(each, { host: place[0], interface: place[1], segment, ips })];
  });
  const names = put.map((each) => each.name);
  return endpoints(
    name,
    put,
    endpointNames.filter((each) => !names.includes(each)),
  );
}

function randomAddress(dice: Dice): string {
  return `10.0.0.${String(dice.pick(1, 2, 3, 4, 5, 6, 7))}`;
}

function randomRules(dice: Dice): { egress: EgressRule[]; ingress: IngressRule[] } {
  const names = [
    ...tenants,
    ...externals,
    'a/s',
    'a/t',
    'b/s',
    'b/t',
    'c/s',
    'a-api',
    'b-api',
    'c-api',
  ] as const;
  const common = (): Omit<EgressRule, 'destination'> => ({
    id: idOf(dice.below(1)),
    ...traffic(dice),
    ...(dice.chance(0.3) ? { segment: dice.pick('s', 't') } : {}),
    ...(dice.chance(0.3) ? { guard: 'approved' } : {}),
    ...(dice.chance(0.2) ? { from: bound(after(Math.floor(dice.below(90)))) } : {}),
    ...(dice.chance(0.2) ? { expires: bound(after(Math.floor(dice.below(90)))) } : {}),
  });
  return {
    egress: dice.times(4, () => ({ destination: dice.pick('a', ...names), ...common() })),
    ingress: dice.times(4, () => ({ source: dice.pick('*', '*', '*', ...names), ...common() })),
  };
}

/** A plan or two for either shard, acknowledged by some hosts; `hv-2` may be of either. */
export function randomRollout(history: History, dice: Dice): History {
  for (const name of dice.some(['east', 'west', 'east', 'west'], 0.7)) {
    // What a later plan has in common with an earlier one must be delivered all the while.
    history.plan([...dice.some(history.planned(name), 0.8), ...randomObjects(dice)], name);
    for (const each of dice.some(['hv-1', 'hv-2'], 0.6))
      history.acknowledge([each], name, whenSeen(history, dice));
  }
  return history;
}

/** When the whole of a host was seen that is driven now: now, a while ago, or never. */
export function whenSeen({ now }: History, dice: Dice): string | null {
  return dice.pick(now, now, after(-Math.floor(dice.below(20)), now), null);
}

/** Overlay objects of any make: right only by chance. */
export function randomObjects(dice: Dice): OverlayObject[] {
  const vnis = [1, 2, 3] as const;
  const named = ['a/s', 'a/t', 'b/s', 'b/t', 'c/s', 'x', 'y'] as const;
  const objects: OverlayObject[] = [];
  for (const vni of vnis) for (const end of dice.some(named, 0.3)) objects.push(network(vni, end));
  for (const name of ['a/e1', 'a/s', 'b/e1', 'b/s', 'c/e1', 'x', 'y']) {
    if (dice.chance(0.75)) objects.push(randomBinding(dice, name));
  }
  for (const from of vnis) {
    for (const to of vnis) if (dice.chance(0.5)) objects.push({ kind: 'route', from, to });
  }
  for (let count = 0; count < 14; count += 1) {
    const [from, to] = [dice.pick(...named), dice.pick(...named)];
    const side = dice.pick('egress', 'ingress');
    objects.push({
      kind: 'acl',
      id: idOf(dice.below(1)),
      side,
      from,
      to,
      ...traffic(dice),
      action: 'allow',
      tier: 'grant',
    });
  }
  for (const side of dice.some(['egress', 'ingress'] as const, 0.3)) {
    const [from, to] = [dice.pick('*', ...named), dice.pick('*', '*', ...named)];
    objects.push(cut({ side, from, to, ...(dice.chance(0.5) ? { wholly: true } : {}) }));
  }
  for (const [name, tunnelIp] of [
    ['hv-1', '172.31.0.1'],
    ['hv-2', '172.31.0.2'],
  ] as const) {
    if (dice.chance(0.9)) objects.push(tunnel(name, dice.chance(0.9) ? tunnelIp : '172.31.0.1'));
  }
  return objects;
}

function randomBinding(dice: Dice, name: string): OverlayObject {
  const [at, port] = dice.pick(...places);
  const isExternal = !name.includes('/');
  const wide = dice.pick(...cidrs);
  const ips = isExternal || dice.chance(0.1) ? [wide] : [randomAddress(dice)];
  const except = isExternal ? { except: dice.some(cidrs, 0.3) } : {};
  const vni = dice.pick(1, 2, 3);
  return { kind: 'binding', endpoint: name, vni, host: at, interface: port, ips, ...except };
}
