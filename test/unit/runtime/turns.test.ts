import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/runtime/turns.ts';

describe('taking turns', () => {
  it('lets one work at a time, and others while one waits', async () => {
    const turns = new Turns();
    const said: string[] = [];
    const answer = Promise.withResolvers<undefined>();
    const one = turns.with(async ({ aside }) => {
      said.push('one begins');
      await Promise.resolve();
      said.push('one waits');
      await aside(() => answer.promise);
      said.push('one ends');
    });
    const other = turns.with(() => {
      said.push('other');
      answer.resolve(undefined);
      return Promise.resolve();
    });
    await Promise.all([one, other]);
    expect(said).toEqual(['one begins', 'one waits', 'other', 'one ends']);
  });

  it('ends for all with the first fault', async () => {
    const turns = new Turns();
    const first = new Error('first');
    const waits = turns.with(({ aside }) => aside(() => Promise.reject(new Error('second'))));
    const fails = turns.with(() => Promise.reject(first));
    const late = turns.with(() => Promise.resolve('never'));
    await Promise.allSettled([waits, fails, late]);
    await expect(fails).rejects.toBe(first);
    await expect(late).rejects.toBe(first);
    await expect(waits).rejects.toBe(first);
  });
});
