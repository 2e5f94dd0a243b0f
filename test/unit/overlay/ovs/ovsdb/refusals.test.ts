import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHostFault } from '../../../../../src/overlay/faults.ts';
import { OvsdbClient } from '../../../../../src/overlay/ovs/ovsdb/client.ts';
import { parseOvsdbEndpoints } from '../../../../../src/overlay/ovs/ovsdb/endpoint.ts';
import { RowsDiffer } from '../../../../../src/overlay/ovs/ovsdb/fault.ts';
import { commentOn, expectRows, insertRow } from '../../../../../src/overlay/ovs/ovsdb/operations.ts';
import { bridgeTable, switchTable } from '../../../../../src/overlay/ovs/ovsdb/tables.ts';
import { systemClock } from '../../../../../src/runtime/clock.ts';
import { foundText } from '../../../../../src/runtime/found-text.ts';
import { peerThat } from '../../../../doubles/ovsdb-peer.ts';

/** Words of RFC 7047 and of servers, and any others. */
const error = fc.oneof(
  fc.constantFrom(
    ...['unknown database', 'unknown column', 'foo', 'constraint violation', 'timed out', 'aborted'],
    ...['syntax error', 'referential integrity violation', 'not leader', 'I/O error', 'unknown method'],
  ),
  fc.string(),
);

const refusal = fc.oneof(
  fc.record({ error, details: fc.string() }),
  fc.record({ error }),
  fc.record({ error: fc.oneof(fc.integer(), fc.object(), fc.boolean()) }),
);

const named = { kind: 'named', name: 'x' } as const;

/** What is asked of a switch. The second operation of a change is its guard. */
const guard = expectRows(bridgeTable, [], { columns: ['name'], rows: [] });
const asked: readonly (readonly [string, (client: OvsdbClient) => Promise<unknown>])[] = [
  ['rows of the switch', (client) => client.select(switchTable)],
  ['rows of a bridge', (client) => client.select(bridgeTable)],
  [
    'a change',
    (client) => client.transact([commentOn('x'), guard, insertRow(bridgeTable, { name: 'x' }, named)]),
  ],
  ['whether it takes chosen UUIDs', (client) => client.takesChosenUuids()],
];

async function outcomeOf(
  ask: (client: OvsdbClient) => Promise<unknown>,
  answer: { readonly result: unknown; readonly error: unknown },
): Promise<PromiseSettledResult<unknown>> {
  using peer = await peerThat((message, send) => {
    if (message.kind === 'question') send({ id: message.id, ...answer });
  });
  using client = new OvsdbClient({ endpoints: parseOvsdbEndpoints(peer.endpoint), clock: systemClock });
  const [outcome] = await Promise.allSettled([ask(client)]);
  return outcome;
}

describe('whatever a server refuses, in any words', () => {
  it.each(asked)('is a fault of its host, where it is asked for %s', async (_, ask) => {
    const answer = fc.oneof(
      fc.tuple(fc.nat(3), refusal).map(([at, refused]) => ({
        result: [...Array.from({ length: at }, () => ({})), refused],
        error: null,
      })),
      fc.oneof(refusal, error).map((refused) => ({ result: null, error: refused })),
    );
    await fc.assert(
      fc.asyncProperty(answer, async (given) => {
        const outcome = await outcomeOf(ask, given);
        if (outcome.status === 'rejected' && !(outcome.reason instanceof RowsDiffer))
          expect(isHostFault(outcome.reason), String(outcome.reason)).toBe(true);
        // Only the guard may say that somebody else was faster.
        if (outcome.status === 'rejected' && outcome.reason instanceof RowsDiffer)
          expect(given.result).toMatchObject([{}, { error: 'timed out' }]);
      }),
      { numRuns: 100 },
    );
  });

  it.each(['foo', 'unknown database', 'constraint violation'])(
    'is told in its own words: %s',
    async (word) => {
      const refused = { error: word, details: 'No column datapath_types in table Open_vSwitch.' };
      const asking = outcomeOf((client) => client.select(switchTable), { result: [refused], error: null });
      expect(await asking).toMatchObject({ reason: { category: 'unreachable' } });
      expect(await asking).toHaveProperty(
        'reason.message',
        expect.stringContaining(foundText(`${word}: ${refused.details}`)),
      );
    },
  );
});
