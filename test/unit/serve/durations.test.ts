import { describe, expect, it } from 'vitest';
import { Durations } from '../../../src/serve/durations.ts';

describe('durations', () => {
  it('are counted by each bound that they are within, for each name', () => {
    const durations = new Durations();
    for (const seconds of [0.01, 0.2, 100]) durations.note('east', seconds);
    durations.note('west', 0);
    const east = durations.all().get('east');
    expect(east).toMatchObject({ count: 3, sum: 100.21 });
    expect(east?.buckets.filter(({ atMost }) => [0.01, 0.1, 0.25, 60].includes(atMost))).toEqual([
      ...[
        { atMost: 0.01, count: 1 },
        { atMost: 0.1, count: 1 },
      ],
      ...[
        { atMost: 0.25, count: 2 },
        { atMost: 60, count: 2 },
      ],
    ]);
    expect(
      durations
        .all()
        .get('west')
        ?.buckets.every(({ count }) => count === 1),
    ).toBe(true);
  });
});
