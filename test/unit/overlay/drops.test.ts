import { describe, expect, it } from 'vitest';
import type { EventData } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import { dropsKey } from '../../../events/observation.ts';
import { dropsEvents, grownDrops } from '../../../src/overlay/drops.ts';
import type { DropCount } from '../../../src/overlay/port.ts';

const noon = '2026-03-01T12:00:00.000Z';
const later = '2026-03-01T13:00:00.000Z';
const at = { shard: 'east', host: 'hv-1', readAt: later };

function count(packets: number, rest: Partial<DropCount> = {}): DropCount {
  return { from: 'a/s', to: 'b/s', by: 'default', packets, ...rest };
}

type Known = NonNullable<Parameters<typeof grownDrops>[0]>;

function knownAtNoon(...counts: readonly DropCount[]): Known {
  return {
    readAt: noon,
    counters: new Map(counts.map((one) => [dropsKey(one), { total: one.packets }])),
  };
}

function told(known: Known | undefined, counts: readonly DropCount[]): EventData<'DropsObserved'>[] {
  return dropsEvents(at, known, counts).flatMap((event) => {
    draftOf(event);
    return event.type === 'DropsObserved' ? [event.data] : [];
  });
}

describe('counters of dropped packets', () => {
  it('that were never observed are told from their beginning, and since nobody knows when', () => {
    expect(told(undefined, [count(5)])).toEqual([
      { ...at, since: null, drops: [{ from: 'a/s', to: 'b/s', by: 'default', packets: 5, total: 5 }] },
    ]);
  });

  it('are told by how much they grew, since they were observed', () => {
    const none = count(3, { from: null, by: 'quarantine' });
    expect(
      told(knownAtNoon(count(5), none), [count(7), none, count(1, { to: null, by: 'no-address' })]),
    ).toEqual([
      {
        ...at,
        since: noon,
        drops: [
          { from: 'a/s', to: 'b/s', by: 'default', packets: 2, total: 7 },
          { from: 'a/s', to: null, by: 'no-address', packets: 1, total: 1 },
        ],
      },
    ]);
  });

  it('are not told where none grew', () => {
    expect(told(knownAtNoon(count(5)), [count(5), count(0, { to: 'c/s' })])).toEqual([]);
    expect(told(undefined, [])).toEqual([]);
  });

  it('that are lower than they were began anew, and never count backwards', () => {
    expect(grownDrops(knownAtNoon(count(5)), [count(2)])).toMatchObject([{ packets: 2, total: 2 }]);
    expect(grownDrops(knownAtNoon(count(5)), [count(0)])).toEqual([]);
  });

  it('of one pair and cause are one, and have an end', () => {
    expect(grownDrops(undefined, [count(2), count(3)])).toMatchObject([{ packets: 5, total: 5 }]);
    const most = count(Number.MAX_SAFE_INTEGER);
    expect(grownDrops(undefined, [most, most])).toMatchObject([{ total: Number.MAX_SAFE_INTEGER }]);
  });

  it('are divided among several events where one could not hold them', () => {
    const many = Array.from({ length: 2000 }, (_, index) =>
      count(1, { from: `tenant-${String(index)}/segment` }),
    );
    const events = told(undefined, many);
    expect(events.length).toBeGreaterThan(1);
    expect(events.flatMap(({ drops }) => drops)).toHaveLength(2000);
  });
});
