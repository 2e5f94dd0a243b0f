import { boundOnly, connections as meant, uncut } from '../oracle/connections.ts';
import { lanes, type Lane } from '../../projections/isolation/judging/lanes.ts';
import { connections } from '../../src/verify/connections.ts';
import { Broken } from './failures.ts';
import { requireReachAsMeant } from './reach-at-rest.ts';
import type { World } from './world.ts';

const now = { kind: 'now' } as const;

/** With everything at rest: the verifier proves it on every lane, and connections are those that the oracle reads. */
export async function requireAsMeant(world: World): Promise<void> {
  const { ledger, clock, parts } = world;
  for (const lane of lanes) {
    const { verdict, findings, gaps } = await parts.verify(ledger, { at: now, lane, clock });
    if (verdict !== 'proven' || findings.length > 0 || gaps.length > 0)
      throw new Broken(`at rest the ${lane} lane is ${verdict}: ${JSON.stringify({ findings, gaps })}`);
    await requireConnections(world, lane);
  }
  requireReachAsMeant(world);
}

export async function requireConnections(world: World, lane: Lane): Promise<void> {
  const { ledger, clock, expectation } = world;
  const { documents, quarantined } = expectation.now;
  const rows = uncut(meant(documents, world.instant), quarantined);
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
