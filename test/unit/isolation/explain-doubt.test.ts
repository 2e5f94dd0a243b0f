import { expect, test } from 'vitest';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { explain } from '../../../src/verify/explain/explain.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { endpoint, endpoints, host, policy, shard } from './documents.ts';
import { corrected, drift } from './drift.ts';
import { after, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { carriedOut, objects } from './small-estate.ts';
import { binding } from './wiring.ts';

/** The verdict on a flow, and the kinds of the gaps beside it. */
async function told(
  history: History,
  { to = 'b', at = { kind: 'now' }, lane = 'applied' }: { to?: string; at?: Instant; lane?: Lane } = {},
): Promise<string[]> {
  const clock = new ManualClock(history.now);
  const answer = await explain(ledgerOf(history), { from: 'a', to, traffic: 'tcp/443', at, lane, clock });
  return [answer.verdict, ...answer.gaps.map(({ kind }) => kind)];
}

/** An estate with a host on which nobody sits, of another shard. */
const withSpare = (): History => carriedOut().record(shard('west'), host('hv-3', '172.31.0.3', 'west'));

test('given a host of the ends that was found otherwise, it is unknown, now and before', async () => {
  const found = carriedOut().wait(20).record(drift('hv-2'));
  expect(await told(found)).toEqual(['unknown', 'drift']);
  expect(await told(found, { to: 'c' })).toEqual(['unknown', 'drift']);
  expect(await told(found, { lane: 'intended' })).toEqual(['allowed']);
  const mended = found.wait(10).record(corrected('hv-2', objects));
  expect(await told(mended)).toEqual(['allowed']);
  expect(await told(mended, { at: { kind: 'time', instant: after(10) } })).toEqual(['unknown', 'drift']);
});

test('given gaps at hosts and shards of others, the answer stands', async () => {
  const found = withSpare().wait(20).record(drift('hv-3', 'west'));
  expect(await told(found)).toEqual(['allowed', 'drift']);
  expect(await told(found, { to: 'c' })).toEqual(['denied', 'drift']);
});

test('given an acknowledgement, a plan or a port of the hosts of the ends in doubt, it is unknown', async () => {
  const evidence = { driver: 'embedded', objects: 1 };
  const acknowledged = (name: string, of: string): History =>
    withSpare().record({
      type: 'ChangeApplied',
      data: { shard: of, host: name, plan: 7, digest: 'f'.repeat(64), seenWhole: null, evidence },
    });
  expect(await told(acknowledged('hv-1', 'east'))).toEqual(['unknown', 'acknowledgement']);
  expect(await told(acknowledged('hv-3', 'west'))).toEqual(['allowed', 'acknowledgement']);
  const planned = (of: string): History =>
    withSpare().record({
      type: 'ChangePlanned',
      data: {
        ...{ shard: of, plan: 9, put: [], removed: [] },
        ...{ basis: 0, before: 'e'.repeat(64), after: 'f'.repeat(64) },
      },
    });
  expect((await told(planned('east')))[0]).toBe('unknown');
  expect((await told(planned('west')))[0]).toBe('allowed');
  const ghost = [...objects, binding('c/ghost', { vni: 3, host: 'hv-1', ips: ['10.3.0.9'] })];
  expect(await told(carriedOut(ghost))).toEqual(['unknown', 'interface']);
});

test('given an address that two hold, it is unknown who is meant; what is to come stays told by bounds', async () => {
  const same = { host: 'hv-1', ips: ['10.9.0.1'] };
  const contested = carriedOut().record(
    endpoints('a', [endpoint('a1', same)]),
    endpoints('b', [endpoint('b1', same)]),
    policy('b', { ingress: [{ source: 'a' }] }),
  );
  expect((await told(contested, { lane: 'intended' }))[0]).toBe('unknown');
  const toCome = { at: { kind: 'time', instant: after(900) }, lane: 'intended' } as const;
  expect(await told(carriedOut(), toCome)).toEqual(['allowed', 'ledger']);
});
