import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { entryBytesMax } from '../../../events/entry.ts';
import { EntryTooLarge } from '../../../src/ledger/faults.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import { collect, fact, placed, tester } from '../../doubles/facts.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { plainRoot } from '../../doubles/plain-root.ts';
import type { OpenLedger } from './open.ts';

export function describeAppending(open: OpenLedger): void {
  describe('appending', () => {
    it('given nothing, is empty', async () => {
      const ledger = await open();
      expect(await ledger.head()).toEqual({ size: 0, root: plainRoot([]) });
      expect(await collect(ledger.read())).toEqual([]);
    });

    it('given a batch, numbers it without a gap and keeps it as one batch', async () => {
      const ledger = await open();
      await ledger.append({ events: [placed('alpha')], actor: tester });
      const result = await ledger.append({ events: [placed('beta'), placed('gamma')], actor: tester });
      expect(result).toEqual({ first: 1, last: 2, duplicate: false });
      const envelopes = (await collect(ledger.read())).map(readEnvelope);
      expect(envelopes.map(({ subject }) => subject)).toEqual([
        'tenant/alpha',
        'tenant/beta',
        'tenant/gamma',
      ]);
      expect(envelopes.map(({ batch }) => [batch.index, batch.count])).toEqual([
        [0, 1],
        [0, 2],
        [1, 2],
      ]);
      const [first, second, third] = envelopes.map(({ batch }) => batch.id);
      expect(second).toBe(third);
      expect(first).not.toBe(second);
    });

    it('keeps everything that the caller said, as canonical bytes', async () => {
      const ledger = await open(new ManualClock('2026-03-01T12:00:00.000Z'));
      const said = {
        reason: 'audit',
        source: 'estate/',
        correlation: 'c-1',
        causation: 'c-0',
        idempotencyKey: 'k-1',
      };
      const event = { ...placed('alpha'), effectiveAt: '2026-02-01T00:00:00.000Z' };
      await ledger.append({ events: [event], actor: tester, ...said });
      const [stored] = await collect(ledger.read());
      const text = new TextDecoder().decode(stored?.bytes);
      const parsed: unknown = JSON.parse(text);
      expect(parsed).toMatchObject({
        v: 1,
        ...event,
        ...said,
        actor: tester,
        recordedAt: '2026-03-01T12:00:00.000Z',
      });
      expect(new TextDecoder().decode(canonicalBytes(parsed))).toBe(text);
    });

    it('states the Merkle root over the exact bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }), async (batches) => {
          const ledger = await open();
          for (const count of batches) {
            await ledger.append({
              events: Array.from({ length: count }, () => fact('verify')),
              actor: tester,
            });
          }
          const leaves = (await collect(ledger.read())).map(({ bytes }) => leafHash(bytes));
          expect(await ledger.head()).toEqual({ size: leaves.length, root: plainRoot(leaves) });
        }),
        { numRuns: 20 },
      );
    });

    it('given a clock that goes backwards, keeps time from doing so', async () => {
      const clock = new ManualClock('2026-03-01T12:00:00.000Z');
      const ledger = await open(clock);
      await ledger.append({ events: [fact('verify')], actor: tester });
      clock.set('2026-03-01T11:00:00.000Z');
      await ledger.append({ events: [fact('verify')], actor: tester });
      clock.set('2026-03-01T13:00:00.000Z');
      await ledger.append({ events: [fact('verify')], actor: tester });
      const times = (await collect(ledger.read())).map((entry) => readEnvelope(entry).recordedAt);
      expect(times).toEqual([
        '2026-03-01T12:00:00.000Z',
        '2026-03-01T12:00:00.000Z',
        '2026-03-01T13:00:00.000Z',
      ]);
    });

    it('refuses an empty batch', async () => {
      const ledger = await open();
      await expect(ledger.append({ events: [], actor: tester })).rejects.toThrow(RangeError);
      expect((await ledger.head()).size).toBe(0);
    });

    it('given one entry that is too large, keeps nothing of its batch and gives its numbers to the next', async () => {
      const ledger = await open();
      const tooLarge = fact('verify', 'x'.repeat(entryBytesMax));
      await expect(ledger.append({ events: [placed('alpha'), tooLarge], actor: tester })).rejects.toThrow(
        EntryTooLarge,
      );
      expect((await ledger.head()).size).toBe(0);
      expect(await ledger.append({ events: [placed('beta')], actor: tester })).toMatchObject({ first: 0 });
    });

    it('takes an entry of just the largest size', async () => {
      const ledger = await open();
      await ledger.append({ events: [fact('verify')], actor: tester });
      const [empty] = await collect(ledger.read());
      const room = entryBytesMax - (empty?.bytes.length ?? 0);
      await expect(
        ledger.append({ events: [fact('verify', 'x'.repeat(room + 1))], actor: tester }),
      ).rejects.toThrow(EntryTooLarge);
      await ledger.append({ events: [fact('verify', 'x'.repeat(room))], actor: tester });
      expect((await collect(ledger.read())).at(-1)?.bytes.length).toBe(entryBytesMax);
    });

    it('keeps out what no reader could take', async () => {
      const ledger = await open();
      await expect(ledger.append({ events: [fact('Not A Subject')], actor: tester })).rejects.toThrow(
        'envelope',
      );
      expect((await ledger.head()).size).toBe(0);
    });
  });
}
