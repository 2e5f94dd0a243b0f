import { Broken } from './failures.ts';
import { addressesIn, arrivals } from './plain/arrivals.ts';
import { isNothing, nothing, union, without, wordsOf, type Traffic } from './plain/traffic.ts';
import type { World } from './world.ts';

/** What hosts let by, port by port, is what the documents allow between those who sit there: no more and no less. */
export function requireReachAsMeant(world: World): void {
  const { hosts, expectation, allowance } = world;
  const judged = { edition: expectation.now, instant: world.instant };
  const holders = hosts.sound();
  const around = { holders, tunnels: expectation.tunnels, addresses: addressesIn(holders) };
  const reached = new Map<string, Traffic>();
  for (const source of holders) {
    for (const { from, to, traffic } of arrivals(source, around)) {
      const key = `${from} -> ${to}`;
      reached.set(key, union(reached.get(key) ?? nothing, traffic));
    }
  }
  const ports = occupiedPorts(world);
  for (const [from, source] of ports) {
    for (const [to, target] of ports) {
      if (from === to) continue;
      const key = `${from} -> ${to}`;
      const [lets, allowed] = [
        reached.get(key) ?? nothing,
        allowance.between(judged, source.end, target.end),
      ];
      const isPossible = source.families.some((family) => target.families.includes(family));
      const [more, less] = [without(lets, allowed), isPossible ? without(allowed, lets) : nothing];
      if (!isNothing(more)) throw new Broken(`at rest ${key} lets by ${wordsOf(more)} too much`);
      if (!isNothing(less)) throw new Broken(`at rest ${key} does not let by ${wordsOf(less)}`);
      reached.delete(key);
    }
  }
  const [stray] = [...reached].filter(([key, traffic]) => !isNothing(traffic) && !isLoop(key));
  if (stray !== undefined)
    throw new Broken(`at rest ${stray[0]} lets by ${wordsOf(stray[1])}, where nobody sits`);
}

function isLoop(key: string): boolean {
  const [from, to] = key.split(' -> ');
  return from === to;
}

interface Seated {
  readonly end: string;
  readonly families: readonly string[];
}

/** Who sits at which port by the documents, and which families of addresses they have. */
function occupiedPorts({ expectation }: World): Map<string, Seated> {
  const familyOf = (address: string): string => (address.includes(':') ? 'six' : 'four');
  const occupied = [...expectation.now.seats].filter(([, { documented }]) => documented);
  return new Map(occupied.map(([port, { end, ips }]) => [port, { end, families: ips.map(familyOf) }]));
}
