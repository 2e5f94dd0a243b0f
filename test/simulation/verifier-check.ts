import { ofKind } from '../bench/estate/documents.ts';
import { boundOnly, connections as meant } from '../oracle/connections.ts';
import { connections } from '../../src/verify/connections.ts';
import { Broken } from './failures.ts';
import { addressesIn, arrivals } from './plain/arrivals.ts';
import { isNothing, nothing, union, without, wordsOf, type Traffic } from './plain/traffic.ts';
import { holderOf } from './plain/view.ts';
import type { World } from './world.ts';

const now = { kind: 'now' } as const;

/** With everything at rest: the verifier proves it on both lanes, and connections are those that the oracle reads. */
export async function requireAsMeant(world: World): Promise<void> {
  const { ledger, clock, parts } = world;
  for (const lane of ['intended', 'applied'] as const) {
    const { verdict, findings, gaps } = await parts.verify(ledger, { at: now, lane, clock });
    if (verdict !== 'proven' || findings.length > 0 || gaps.length > 0)
      throw new Broken(`at rest the ${lane} lane is ${verdict}: ${JSON.stringify({ findings, gaps })}`);
    await requireConnections(world, lane);
  }
  requireReach(world);
}

async function requireConnections(world: World, lane: 'intended' | 'applied'): Promise<void> {
  const { ledger, clock, expectation } = world;
  const { documents, quarantined } = expectation.now;
  const rows = meant(documents, world.instant).filter(({ from, to }) => {
    const [source, target] = [holderOf(from), holderOf(to)];
    return source === target || !(quarantined.has(source) || quarantined.has(target));
  });
  const expected = lane === 'intended' ? rows : boundOnly(rows, documents);
  const { connections: found } = await connections(ledger, { at: now, lane, clock });
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Broken(
      `the ${lane} lane has other connections than the oracle:\n${difference(found, expected)}`,
    );
}

function difference(found: readonly object[], expected: readonly object[]): string {
  const [has, should] = [found, expected].map((rows) => rows.map((row) => JSON.stringify(row)));
  const more = (has ?? []).filter((row) => should?.includes(row) !== true).map((row) => `+ ${row}`);
  const less = (should ?? []).filter((row) => has?.includes(row) !== true).map((row) => `- ${row}`);
  return [...more, ...less].join('\n');
}

/** What hosts let by, port by port, is what the documents allow between those who sit there: no more and no less. */
function requireReach(world: World): void {
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
  const { documents } = expectation.now;
  const familyOf = (address: string): string => (address.includes(':') ? 'six' : 'four');
  const ports = new Map<string, Seated>();
  for (const { tenant, endpoints } of ofKind(documents, 'Endpoints')) {
    for (const { segment, host, interface: port, ip } of endpoints) {
      ports.set(`${host} ${port}`, { end: `${tenant}/${segment}`, families: [ip].flat().map(familyOf) });
    }
  }
  for (const { external, gateway, cidrs } of ofKind(documents, 'External')) {
    if (gateway === undefined) continue;
    ports.set(`${gateway.host} ${gateway.interface}`, { end: external, families: cidrs.map(familyOf) });
  }
  return ports;
}
