import { describe, expect, it } from 'vitest';
import type { Filter, Ledger, SubscriptionItem } from '../../../src/ledger/port.ts';
import { collect, fact, tester } from '../../doubles/facts.ts';
import type { OpenLedger } from './open.ts';

type Seen = number | 'caught-up' | 'fell-behind';

function seenOf(item: SubscriptionItem): Seen {
  return item.kind === 'entry' ? item.entry.seq : item.kind;
}

/** Follows from `after`, does what `when` says on each item, and stops after `until`. */
async function follow(
  ledger: Ledger,
  options: {
    after: number;
    filter?: Filter;
    until: (seen: readonly Seen[]) => boolean;
    when?: (seen: Seen) => Promise<unknown>;
  },
): Promise<Seen[]> {
  const { until, when, ...rest } = options;
  const stop = new AbortController();
  const seen: Seen[] = [];
  for await (const item of ledger.subscribe({ ...rest, signal: stop.signal })) {
    seen.push(seenOf(item));
    await when?.(seenOf(item));
    if (until(seen)) stop.abort();
  }
  return seen;
}

async function appendFacts(ledger: Ledger, ...subjects: string[]): Promise<void> {
  await ledger.append({ events: subjects.map((subject) => fact(subject)), actor: tester });
}

export function describeSubscribing(open: OpenLedger): void {
  describe('subscribing', () => {
    it.each([-1, 0, 1, 2, 3])(
      'given a start after %i, gives the rest and then says that this is all',
      async (after) => {
        const ledger = await open();
        await appendFacts(ledger, 'verify', 'verify', 'verify', 'verify');
        const seen = await follow(ledger, { after, until: (items) => items.at(-1) === 'caught-up' });
        expect(seen).toEqual([...[0, 1, 2, 3].filter((seq) => seq > after), 'caught-up']);
      },
    );

    it('given entries that come later, says that it fell behind, gives them, and says when it has caught up', async () => {
      const ledger = await open();
      await appendFacts(ledger, 'verify');
      const seen = await follow(ledger, {
        after: -1,
        until: (items) => items.filter((item) => item === 'caught-up').length === 3,
        when: async (item) => {
          if (item === 'caught-up') await appendFacts(ledger, 'verify', 'verify');
        },
      });
      expect(seen).toEqual([
        0,
        'caught-up',
        'fell-behind',
        1,
        2,
        'caught-up',
        'fell-behind',
        3,
        4,
        'caught-up',
      ]);
    });

    it('given a filter, is silent about all else', async () => {
      const ledger = await open();
      await appendFacts(ledger, 'tenant/a', 'tenant/ab');
      let rounds = 0;
      const seen = await follow(ledger, {
        after: -1,
        filter: { subjects: ['tenant/a'] },
        until: (items) => items.filter((item) => item === 'caught-up').length === 2,
        when: async (item) => {
          if (item === 'caught-up' && rounds++ === 0) {
            await appendFacts(ledger, 'tenant/ab');
            await appendFacts(ledger, 'host/h', 'tenant/a');
          }
        },
      });
      expect(seen).toEqual([0, 'caught-up', 'fell-behind', 4, 'caught-up']);
    });

    it('given a start beyond the head, waits for it', async () => {
      const ledger = await open();
      await appendFacts(ledger, 'verify');
      const seen = await follow(ledger, {
        after: 2,
        until: (items) => items.includes(3),
        when: (item) =>
          item === 'caught-up' ? appendFacts(ledger, 'verify', 'verify', 'verify') : Promise.resolve(),
      });
      expect(seen).toEqual(['caught-up', 'fell-behind', 3]);
    });

    it('given many writers, loses nothing and doubles nothing over several subscriptions', async () => {
      const ledger = await open();
      const writing = Promise.all(Array.from({ length: 600 }, () => appendFacts(ledger, 'verify')));
      const entries: number[] = [];
      while (entries.length < 600) {
        const stopAt = entries.length + 97;
        const seen = await follow(ledger, {
          after: entries.length - 1,
          until: (items) => items.includes(stopAt) || items.includes(599),
        });
        entries.push(...seen.filter((item) => typeof item === 'number'));
      }
      await writing;
      expect(entries).toEqual(Array.from({ length: 600 }, (_, seq) => seq));
    });

    it('given an abort while it waits, or before it begins, ends without an error', async () => {
      const ledger = await open();
      const stop = new AbortController();
      const waiting = collect(ledger.subscribe({ after: -1, signal: stop.signal }));
      setTimeout(() => {
        stop.abort();
      }, 40);
      expect(await waiting).toEqual([{ kind: 'caught-up' }]);
      expect(await collect(ledger.subscribe({ after: -1, signal: stop.signal }))).toEqual([]);
    });
  });
}
