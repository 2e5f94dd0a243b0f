import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { asKnownAt } from '../../../src/verify/as-known.ts';
import { NoSuchInstant } from '../../../src/verify/faults.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { host, shard } from './documents.ts';
import { corrected, drift } from './drift.ts';
import { foundLater } from './found-later.ts';
import { after, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { Dice } from './random-estate.ts';
import { carriedOut, objects } from './small-estate.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);
const seconds = (number: number): Instant => ({ kind: 'time', instant: after(number) });

function judged(history: History, at: Instant): Promise<Report> {
  return verify(ledgerOf(history), { lane: 'applied', at, clock: new ManualClock(history.now) });
}

/** The hosts that stand in the way of a proof at some seconds after the start. */
async function doubted(history: History, ...times: readonly number[]): Promise<string[][]> {
  const reports = await Promise.all(times.map((time) => judged(history, seconds(time))));
  return reports.map(({ gaps }) => gaps.map(({ about }) => about));
}

const found = (what: Partial<Extract<DomainEvent, { type: 'DriftDetected' }>['data']>): DomainEvent => ({
  type: 'DriftDetected',
  data: {
    ...{ shard: 'east', host: 'hv-2', plan: 1, expected: 'e'.repeat(64), found: 'nothing' },
    ...{ put: [], removed: [] },
    ...what,
  },
});

/** Carried out at once; hv-2 is found otherwise after 20 seconds and put right after 30. */
function drifted(): History {
  const history = carriedOut().wait(20).record(drift('hv-2'), drift('hv-2'));
  return history
    .wait(10)
    .record(corrected('hv-2', objects, { seenWhole: after(30) }))
    .wait(10);
}

describe('the time before a drift was found', () => {
  test('is unknown from when the host was last seen right, and the gap says what was found when', async () => {
    const { verdict, gaps } = await judged(drifted(), seconds(10));
    expect([verdict, gaps]).toEqual([
      'unknown',
      [
        {
          kind: 'drift',
          about: 'host/hv-2',
          problem: `was found at seq 15 (${after(20)}) to hold nothing instead of what it acknowledged, and was last seen right at seq 14 (${after(0)})`,
        },
      ],
    ]);
    expect(await doubted(drifted(), 0, 19.999, 20, 29.999, 30, 35)).toEqual([
      ...[['host/hv-2'], ['host/hv-2'], ['host/hv-2'], ['host/hv-2']],
      ...[[], []],
    ]);
  });

  test('ends at the last acknowledgement or correction, and not at an acknowledgement that does not count', async () => {
    const history = carriedOut().wait(10).acknowledge(['hv-2']).wait(10);
    history.record({
      type: 'ChangeApplied',
      data: {
        ...{ shard: 'east', host: 'hv-2', plan: 1, digest: digestOfObjects([]) },
        seenWhole: history.now,
        evidence: { driver: 'embedded', objects: 0 },
      },
    });
    history.wait(10).acknowledge(['hv-1']).record(drift('hv-2'));
    expect(await doubted(history, 5, 15)).toEqual([[], ['host/hv-2']]);
    const again = drifted().record(drift('hv-2')).record(corrected('hv-2', objects));
    expect(await doubted(again, 15, 35)).toEqual([['host/hv-2'], ['host/hv-2']]);
  });

  test('goes back beyond an acknowledgement for which nothing but a mark was read', async () => {
    const history = carriedOut().wait(10).acknowledge(['hv-2'], 'east', null).wait(10);
    history.record(drift('hv-2')).record(corrected('hv-2', objects)).wait(10).record(drift('hv-2'));
    const doubt = ['host/hv-2'];
    expect(await doubted(history, 5, 15, 25)).toEqual([[...doubt, ...doubt], [...doubt, ...doubt], doubt]);
    const { gaps } = await judged(history, seconds(15));
    expect(gaps.map(({ problem }) => problem)).toEqual([
      expect.stringContaining(`found at seq 16 (${after(20)})`),
      expect.stringContaining(`found at seq 18 (${after(30)})`),
    ]);
    for (const { problem } of gaps) expect(problem).toContain(`last seen right at seq 14 (${after(0)})`);
  });

  test('begins when the whole host was read, however late the entry came that says so', async () => {
    const history = carriedOut().wait(10).acknowledge(['hv-1']).wait(10);
    history.acknowledge(['hv-2'], 'east', after(15)).wait(10).record(drift('hv-2'));
    expect(await doubted(history, 10, 15, 15.001, 20, 29)).toEqual([
      ...[[], []],
      ...[['host/hv-2'], ['host/hv-2'], ['host/hv-2']],
    ]);
    const { gaps } = await judged(history, seconds(18));
    expect(gaps.map(({ problem }) => problem)).toEqual([
      expect.stringContaining(`last seen right at seq 16 (${after(15)})`),
    ]);
    const clock = new ManualClock(history.now);
    const all = await verifyInterval(ledgerOf(history), { lane: 'applied', clock, to: seconds(25) });
    expect(all.gaps.map(({ from, to }) => [from, to])).toEqual([[after(15.001), after(25)]]);
  });

  test('begins with the registration of a host that never acknowledged anything, and of one that was emptied', async () => {
    const evidence = { driver: 'embedded', objects: 0 };
    const history = carriedOut()
      .wait(10)
      .record(host('hv-3', '172.31.0.3'))
      .wait(10)
      .record(drift('hv-3'))
      .record({ type: 'HostRetired', data: { host: 'hv-3', shard: 'east' } })
      .record({
        type: 'HostCleared',
        data: { host: 'hv-3', shard: 'east', digest: digestOfObjects([]), evidence },
      })
      .wait(10)
      .record(host('hv-3', '172.31.0.3'))
      .wait(10)
      .record(drift('hv-3'))
      .record(corrected('hv-3', objects));
    const doubt = ['host/hv-3'];
    expect(await doubted(history, 5, 15, 25, 35, 40)).toEqual([[], doubt, [], doubt, []]);
  });

  test('says nothing of a host that was of another shard, and ends where it goes over to one', async () => {
    const history = carriedOut().record(shard('west')).wait(10).record(drift('hv-2', 'west'));
    expect(await doubted(history, 5)).toEqual([[]]);
    const over = carriedOut().record(shard('west')).wait(10);
    over
      .record(host('hv-2', '172.31.0.2', 'west'))
      .plan(objects, 'west')
      .acknowledge(['hv-2'], 'west');
    over.wait(10).record(drift('hv-2', 'west'));
    expect(await doubted(over, 5, 15)).toEqual([[], ['host/hv-2']]);
  });

  test.each([
    [found({ found: 'unreadable', problem: 'seven bytes' }), 'seven bytes'],
    [found({ found: 'unreadable' }), 'something that cannot be read'],
    [found({ found: 'foreign', problem: 'objects of ledger x' }), 'objects of ledger x'],
    [found({ found: 'foreign' }), "another ledger's objects"],
    [found({ found: 'objects', digest: 'd'.repeat(64), removed: ['acl/a'] }), 'another set of objects'],
    [found({ found: 'objects', digest: 'd'.repeat(64) }), 'the same objects under another mark'],
  ])('names what was found: %#', async (event, words) => {
    const { gaps } = await judged(carriedOut().wait(10).record(event), seconds(5));
    expect(gaps.map(({ problem }) => problem)).toEqual([
      expect.stringContaining(`to hold ${words} instead of what it acknowledged`),
    ]);
  });

  test('is nothing to the intended lane', async () => {
    const clock = new ManualClock(after(60));
    const report = await verify(ledgerOf(drifted()), { lane: 'intended', at: seconds(10), clock });
    expect([report.verdict, report.gaps]).toEqual(['proven', []]);
  });
});

describe('an answer as it was known at an entry', () => {
  test('is the one of then: before the drift was found it was proven, and after it not', async () => {
    const history = drifted();
    for (const [seq, verdicts] of [
      [14, ['proven', 'proven']],
      [15, ['unknown', 'unknown']],
      [17, ['unknown', 'proven']],
    ] as const) {
      const { ledger, clock } = await asKnownAt(ledgerOf(history), seq, new ManualClock(history.now));
      const before = await verify(ledger, { lane: 'applied', at: seconds(0), clock });
      const now = await verify(ledger, { lane: 'applied', at: { kind: 'now' }, clock });
      expect([before.verdict, now.verdict]).toEqual(verdicts);
      const all = await verifyInterval(ledger, { lane: 'applied', clock });
      expect(all.verdict).toBe(verdicts[0]);
    }
  });

  test('knows of the time up to the next entry, or up to now where there is none', async () => {
    const kinds = async (seq: number, to: number): Promise<string[]> => {
      const { ledger, clock } = await asKnownAt(ledgerOf(drifted()), seq, new ManualClock(after(40)));
      const asked = { lane: 'applied', clock } as const;
      const from = seconds(to - 5);
      const { verdict, gaps } = await verifyInterval(ledger, { ...asked, from, to: seconds(to) });
      expect((await verify(ledger, { ...asked, at: seconds(to) })).gaps.map(({ kind }) => kind)).toEqual(
        gaps.map(({ kind }) => kind),
      );
      return [verdict, ...gaps.map(({ kind }) => kind)];
    };
    expect(await kinds(14, 15)).toEqual(['proven']);
    expect(await kinds(14, 20)).toEqual(['proven']);
    expect(await kinds(14, 21)).toEqual(['unknown', 'ledger']);
    expect(await kinds(17, 38)).toEqual(['proven']);
    expect(await kinds(17, 45)).toEqual(['unknown', 'ledger']);
  });

  test('knows nothing of what came after, and there is none at an entry that is not there', async () => {
    const { ledger, clock } = await asKnownAt(ledgerOf(drifted()), 3, new ManualClock(after(40)));
    const { verdict, gaps } = await verify(ledger, { lane: 'applied', at: seconds(5), clock });
    expect([verdict, gaps.map(({ kind }) => kind)]).toEqual(['unknown', ['ledger']]);
    expect((await ledger.head()).size).toBe(12);
    await expect(asKnownAt(ledgerOf(drifted()), 99, new ManualClock(after(40)))).rejects.toThrow(
      NoSuchInstant,
    );
    const asked = verify(ledger, { lane: 'applied', at: { kind: 'seq', seq: 14 }, clock });
    await expect(asked).rejects.toThrow(NoSuchInstant);
  });
});

test('given random histories, each state is in doubt for the hosts that were found otherwise later, and each answer as known then is that of then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const { history } = randomTale(new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']));
      const expected = foundLater(history);
      for (const [index, { last }] of history.batches.entries()) {
        const at = { kind: 'seq', seq: last } as const;
        const { gaps } = await judged(history, at);
        const later = gaps.filter(({ problem }) => problem.startsWith('was found at seq'));
        expect(new Set(later.map(({ about }) => about.replace('host/', '')))).toEqual(expected[index]);
        const then = await asKnownAt(ledgerOf(history), last, new ManualClock(history.now));
        const known = await verify(then.ledger, { lane: 'applied', at: { kind: 'now' }, clock: then.clock });
        expect(known.gaps).toEqual(gaps.filter((gap) => !later.includes(gap)));
      }
    }),
    { numRuns: 8 * scale },
  );
});
