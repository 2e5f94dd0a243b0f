import { expect, it, onTestFinished } from 'vitest';
import { copyEntries } from '../../../src/ledger/copy.ts';
import { openEventStoreLedger } from '../../../src/ledger/eventstoredb/ledger.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { estateProjection } from '../../../src/projector/estate-projection.ts';
import { unfolded } from '../../../src/projector/projection.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { startEventStore } from '../../doubles/eventstoredb/event-store.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { soundParts } from '../../simulation/settings.ts';
import { simulate } from '../../simulation/simulate.ts';

/** What a ledger says of itself by its last entry: the estate as it is kept, and the verdicts. */
async function told(ledger: Ledger): Promise<unknown> {
  const { state, cursor } = await unfolded(estateProjection).catchUp(ledger);
  const { size } = await ledger.head();
  const at = { kind: 'seq', seq: size - 1 } as const;
  const ask = (lane: Report['lane']): Promise<Report> => verify(ledger, { at, lane, clock: systemClock });
  return {
    estate: estateProjection.save(state),
    cursor,
    intended: await ask('intended'),
    applied: await ask('applied'),
  };
}

it('a history with faults and crashes in it is the same history in EventStoreDB', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.info(`simulated history: seed ${String(seed)}`);
  let lived: MemoryLedger | undefined;
  const ledger: typeof soundParts.ledger = (of) => (lived = new MemoryLedger(of));
  await simulate({ seed, steps: 100, parts: () => ({ ...soundParts, ledger }) });
  if (lived === undefined) throw new Error('nothing was lived through');
  const server = await startEventStore();
  onTestFinished(() => server.stop());
  const means = { clock: systemClock, ids: randomIds };
  const copy = await openEventStoreLedger({ url: server.url, create: true, ...means, idOfNew: lived.id });
  onTestFinished(() => copy.close());
  const { root, size } = await copyEntries({ from: lived, to: copy }, () => undefined);
  expect({ root, size }).toEqual(await lived.head());
  expect(size).toBeGreaterThan(50);
  expect(await told(copy)).toEqual(await told(lived));
});
