import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { sideBySide } from '../../../src/runtime/side-by-side.ts';

describe('work side by side', () => {
  it('is done for each item, at most so many at a time, and its results are in the order of the items', async () => {
    let [running, most] = [0, 0];
    const work = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = 10 - item; turns > 0; turns -= 1) await nextTurn();
      running -= 1;
      return item * 2;
    };
    expect(await sideBySide([0, 1, 2, 3, 4], { atOnce: 3, work })).toEqual([0, 2, 4, 6, 8]);
    expect(most).toBe(3);
    expect(await sideBySide([], { atOnce: 3, work })).toEqual([]);
  });

  it('that fails is told once all that was begun has ended, and no more is begun', async () => {
    const done: string[] = [];
    const work = async (item: string): Promise<void> => {
      if (item === 'bad') throw new Error('no good');
      for (let turns = 5; turns > 0; turns -= 1) await nextTurn();
      done.push(item);
    };
    const items = ['slow', 'bad', 'late', 'later'];
    await expect(sideBySide(items, { atOnce: 2, work })).rejects.toThrow('no good');
    expect(done).toEqual(['slow']);
  });
});
