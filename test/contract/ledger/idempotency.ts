import { describe, expect, it } from 'vitest';
import { DuplicateWithDifferentContent } from '../../../src/ledger/faults.ts';
import type { AppendRequest } from '../../../src/ledger/port.ts';
import { fact, placed, tester } from '../../doubles/facts.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import type { OpenLedger } from './open.ts';

export function describeIdempotency(open: OpenLedger): void {
  describe('idempotency keys', () => {
    const request: AppendRequest = {
      events: [placed('alpha'), placed('beta')],
      actor: tester,
      reason: 'change 7',
      idempotencyKey: 'key-1',
    };

    it('given the same content again, later and after others, answers as the first time and adds nothing', async () => {
      const clock = new ManualClock();
      const ledger = await open(clock);
      await ledger.append({ events: [fact('verify')], actor: tester });
      expect(await ledger.append(request)).toEqual({ first: 1, last: 2, duplicate: false });
      await ledger.append({ events: [fact('verify')], actor: tester });
      clock.set('2027-01-01T00:00:00.000Z');
      expect(await ledger.append(request)).toEqual({ first: 1, last: 2, duplicate: true });
      expect((await ledger.head()).size).toBe(4);
    });

    it('given the same content under conditions that no longer hold, still answers as the first time', async () => {
      const ledger = await open();
      const conditions = [{ subjects: ['tenant'], unchangedSince: -1 }];
      await ledger.append({ ...request, conditions });
      expect(await ledger.append({ ...request, conditions })).toEqual({ first: 0, last: 1, duplicate: true });
    });

    it.each<[what: string, other: Partial<AppendRequest>]>([
      ['events', { events: [placed('alpha'), placed('gamma')] }],
      ['order', { events: [placed('beta'), placed('alpha')] }],
      ['number of events', { events: [placed('alpha')] }],
      ['actor', { actor: { name: 'somebody else', authenticated: 'asserted' } }],
      ['reason', { reason: 'change 8' }],
      ['source', { source: 'other/' }],
      ['correlation', { correlation: 'c-2' }],
      ['causation', { causation: 'c-3' }],
    ])('given another content (%s), refuses it', async (_, other) => {
      const ledger = await open();
      await ledger.append(request);
      await expect(ledger.append({ ...request, ...other })).rejects.toThrow(DuplicateWithDifferentContent);
      expect((await ledger.head()).size).toBe(2);
    });

    it('given one key many times at once, appends once', async () => {
      const ledger = await open();
      const results = await Promise.all(Array.from({ length: 50 }, () => ledger.append(request)));
      expect(results.filter(({ duplicate }) => !duplicate)).toEqual([
        { first: 0, last: 1, duplicate: false },
      ]);
      expect(results.every(({ first, last }) => first === 0 && last === 1)).toBe(true);
      expect((await ledger.head()).size).toBe(2);
    });

    it('given a refused append, does not remember its key', async () => {
      const ledger = await open();
      await ledger.append({ events: [placed('alpha')], actor: tester });
      const refused = { ...request, conditions: [{ subjects: ['tenant'], unchangedSince: -1 }] };
      await expect(ledger.append(refused)).rejects.toThrow('tenant/alpha');
      expect(await ledger.append(request)).toEqual({ first: 1, last: 2, duplicate: false });
    });
  });
}
