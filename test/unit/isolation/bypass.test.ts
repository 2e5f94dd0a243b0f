import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { foldedFor, gapsOf, judge, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { IsolationState } from '../../../projections/isolation/state.ts';
import { explain } from '../../../src/verify/explain/explain.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { expectEqual } from '../../support/expect-equal.ts';
import { byHand, closed, opened, settled } from './by-hand.ts';
import { host, shard } from './documents.ts';
import { corrected, foundInstead } from './drift.ts';
import { found, gaps } from './found.ts';
import { after, History, start } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { Dice } from './random-estate.ts';
import { carriedOut, objects } from './small-estate.ts';
import { randomTale } from './tales.ts';
import { acls, routes } from './wiring.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);
const at = { host: 'hv-2' };
const leak = [
  ...objects,
  ...routes(1, 3),
  ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] }),
];

async function verdict(history: History, lane: Lane = 'observed'): Promise<Report['verdict']> {
  const asked = { at: { kind: 'now' }, lane, clock: new ManualClock(history.now) } as const;
  return (await verify(ledgerOf(history), asked)).verdict;
}

/** The gaps that a bypass makes, by the lane and the state of now. */
function byHandNow(history: History, lane: Lane = 'observed'): string[] {
  return gaps(history, lane).filter((gap) => gap.startsWith('bypass'));
}

describe('what a person may have changed by hand', () => {
  test('is unknown on the observed lane from the moment at which that was said, and on no other', async () => {
    const history = carriedOut(objects).wait(10).record(opened(at));
    expect(byHandNow(history)).toEqual([
      `bypass host/hv-2: a bypass was opened there for east at seq ${String(history.seq)} (${after(10)}), and nobody saw the whole host since that was over: a person may have changed it by hand`,
    ]);
    expect(await verdict(history)).toBe('unknown');
    for (const lane of ['applied', 'intended'] as const) {
      expect(byHandNow(history, lane)).toEqual([]);
      expect(await verdict(history, lane)).toBe('proven');
    }
  });

  test.each<[string, DomainEvent[]]>([
    ['it is over', [closed(at)]],
    ['the host acknowledges something', []],
    [
      'a drift is put right',
      [
        ...foundInstead({ ...at, acknowledged: objects, found: leak }),
        corrected('hv-2', objects, { seenWhole: start }),
      ],
    ],
    ['the host was seen whole while it was open', [settled(at, objects, { seenWhole: start }), closed(at)]],
    [
      'the host was seen whole after an earlier one',
      [
        closed(at),
        opened({ ...at, bypass: 2 }),
        closed({ ...at, bypass: 2 }),
        settled(at, objects, { seenWhole: start }),
      ],
    ],
    ['another one was closed', [closed({ ...at, bypass: 2 }), settled(at, objects, { seenWhole: start })]],
    ['the host was seen to hold another set', [closed(at), settled(at, leak, { seenWhole: start })]],
    ['another host was seen whole', [closed(at), settled({ host: 'hv-1' }, objects, { seenWhole: start })]],
    [
      'it was retired, and came again',
      [{ type: 'HostRetired', data: { host: 'hv-2', shard: 'east' } }, host('hv-2', '172.31.0.2')],
    ],
  ])('stays so where %s', async (_what, events) => {
    const history = carriedOut(objects).wait(10).record(opened(at)).wait(5);
    for (const event of events) history.record(event);
    history.acknowledge(['hv-2']);
    expect(byHandNow(history)).toHaveLength(1);
    expect(await verdict(history)).toBe('unknown');
  });

  test.each<[string, DomainEvent[]]>([
    [
      'the whole host was seen to be right since that was over',
      [closed(at), settled(at, objects, { seenWhole: start })],
    ],
    [
      'the same, of the last of several',
      [
        opened({ ...at, bypass: 2 }),
        closed({ ...at, bypass: 2 }),
        settled({ ...at, bypass: 2 }, objects, { seenWhole: start }),
      ],
    ],
    [
      'it was retired meanwhile, came again, and was seen',
      [
        { type: 'HostRetired', data: { host: 'hv-2', shard: 'east' } },
        host('hv-2', '172.31.0.2'),
        settled(at, objects, { seenWhole: start }),
      ],
    ],
    ['somebody says that it is gone', [{ type: 'HostGone', data: { host: 'hv-2', shard: 'east' } }]],
  ])('is known again once %s', (_what, events) => {
    const history = carriedOut(objects).wait(10).record(opened(at)).wait(5);
    for (const event of events) {
      expect(byHandNow(history)).toHaveLength(1);
      history.record(event);
    }
    expect(byHandNow(history)).toEqual([]);
  });

  test('at a host that was said to be gone is known again once that is retired', () => {
    const history = carriedOut(objects).record({ type: 'HostGone', data: { host: 'hv-2', shard: 'east' } });
    history.record(opened(at));
    expect(byHandNow(history)).toHaveLength(1);
    history.record({ type: 'HostRetired', data: { host: 'hv-2', shard: 'east' } });
    expect(byHandNow(history)).toEqual([]);
  });

  test('is judged by what was found there, beside being unknown', async () => {
    const history = carriedOut(objects)
      .record(opened(at))
      .wait(10)
      .record(...foundInstead({ ...at, acknowledged: objects, found: leak }));
    expect(found(history, 'observed')).toEqual(['isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22']);
    expect(byHandNow(history)).toHaveLength(1);
    expect(await verdict(history)).toBe('violated');
  });

  test('is unknown of a flow between its ends, whatever it is said to carry, and known of others', async () => {
    const history = carriedOut(objects).record(shard('west'), host('hv-3', '172.31.0.3', 'west'));
    const told = async (lane: Lane): Promise<unknown> => {
      const asked = { from: 'a', to: 'b', traffic: 'tcp/443', at: { kind: 'now' }, lane } as const;
      const { verdict: said, answers, gaps: open } = await explain(ledgerOf(history), { ...asked, clock });
      return [said, answers.map(({ certain }) => certain), open.map(({ kind }) => kind)];
    };
    const clock = new ManualClock(history.now);
    history.record(opened({ host: 'hv-3', shard: 'west' }));
    expect(await told('observed')).toEqual(['allowed', [true], ['bypass']]);
    history.record(opened(at));
    expect(await told('observed')).toEqual(['unknown', [false], ['bypass', 'bypass']]);
    expect(await told('applied')).toEqual(['allowed', [true], []]);
  });

  test('is unknown for exactly that time, whoever asks of an interval, or when', async () => {
    const history = carriedOut(objects).wait(10).record(opened(at)).wait(10).record(closed(at)).wait(10);
    history.record(settled(at, objects, { seenWhole: history.now })).wait(10);
    const clock = new ManualClock(history.now);
    const from = { kind: 'time', instant: after(5) } as const;
    const interval = await verifyInterval(ledgerOf(history), { lane: 'observed', from, clock });
    expect(interval.gaps.map((gap) => [gap.kind, gap.about, gap.from, gap.to])).toEqual([
      ['bypass', 'host/hv-2', after(10), after(30)],
    ]);
    expect(interval.verdict).toBe('unknown');
    for (const [seconds, expected] of [
      [9, 'proven'],
      [10, 'unknown'],
      [29, 'unknown'],
      [30, 'proven'],
    ] as const) {
      const instant = after(seconds);
      const report = await verify(ledgerOf(history), {
        at: { kind: 'time', instant },
        lane: 'observed',
        clock,
      });
      expect([seconds, report.verdict]).toEqual([seconds, expected]);
    }
  });
});

test('what may be there by hand is told by the entries alone, in any history', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { history } = randomTale(new Dice(seed), 5);
      const expected = byHand(history);
      const state = new IsolationState(foldedFor('observed'));
      history.batches.forEach((batch, index) => {
        state.follow(batch);
        const told = state.hosts
          .gaps()
          .filter(({ kind }) => kind === 'bypass')
          .map(
            ({ about, problem }) =>
              `${about.replace('host/', '')} ${/for (\S+) at/.exec(problem)?.[1] ?? ''}`,
          );
        expectEqual(told.sort(), [...(expected[index] ?? [])].sort(), `batch ${String(index)}`);
      });
    }),
    // A host comes again to another shard there.
    { numRuns: 150 * scale, examples: [[1_257_676_840]] },
  );
});

test('no other lane, and no finding, knows of it: all is as without it', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { history } = randomTale(new Dice(seed), 4);
      const without = new History();
      for (const { entries, recordedAt } of history.batches) {
        without.wait((Date.parse(recordedAt) - Date.parse(without.now)) / 1000);
        without.record(
          ...entries.map((event): DomainEvent => (event.type.startsWith('Bypass') ? quiet : event)),
        );
      }
      for (const lane of ['intended', 'applied', 'observed'] as const) {
        const [told, plain] = [history, without].map((one) => {
          const question = { state: one.state(undefined, lane), instant: history.now, wanted: allPairs };
          const known = { since: start, until: history.now, drifts: [], takenBack: [] };
          const others = gapsOf(lane, question, known).filter(({ kind }) => kind !== 'bypass');
          return { findings: judge(lane, question), gaps: others };
        });
        expectEqual(told, plain, lane);
      }
    }),
    { numRuns: 60 * scale },
  );
});

const quiet: DomainEvent = {
  type: 'EntrySkipped',
  data: { sink: 's', seq: 0, entry: '00000000-0000-7000-8000-000000000000' },
};
