import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../../events/codec/decode.ts';
import type { EventDraft } from '../../../events/draft.ts';
import { Conflict } from '../../../src/ledger/faults.ts';
import type { AppendResult, Condition, Ledger } from '../../../src/ledger/port.ts';
import { collect, fact, placed, seqs, tester } from '../../doubles/facts.ts';
import type { OpenLedger } from './open.ts';

async function given(ledger: Ledger, subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) await ledger.append({ events: [fact(subject)], actor: tester });
}

function appendIf(ledger: Ledger, ...conditions: readonly Condition[]): Promise<AppendResult> {
  return ledger.append({ events: [fact('verify')], actor: tester, conditions });
}

export function describeConditions(open: OpenLedger): void {
  describe('conditions', () => {
    const history = ['tenant/a', 'tenant/ab', 'host/h1', 'tenant/a', 'tenants', 'tenant/a-b', 'shard/s'];

    it.each<[prefixes: string[], latest: number | undefined]>([
      [['tenant/a'], 3],
      [['tenant/ab'], 1],
      [['tenant/a-b'], 5],
      [['tenant'], 5],
      [['tenants'], 4],
      [['host', 'tenant/ab'], 2],
      [['tenant/'], undefined],
      [['tenant/b'], undefined],
      [['ten'], undefined],
      [['external'], undefined],
      [[], undefined],
    ])(
      'given %j, holds from the latest entry under them on (%s) and not before',
      async (subjects, latest) => {
        const ledger = await open();
        await given(ledger, history);
        if (latest !== undefined) {
          for (let unchangedSince = -1; unchangedSince < latest; unchangedSince += 1) {
            const conflict = await appendIf(ledger, { subjects, unchangedSince }).catch(
              (error: unknown) => error,
            );
            expect(conflict).toBeInstanceOf(Conflict);
            expect(conflict).toMatchObject({
              subject: history[latest],
              since: unchangedSince,
              found: latest,
            });
          }
        }
        expect((await ledger.head()).size).toBe(history.length);
        const result = await appendIf(ledger, { subjects, unchangedSince: latest ?? -1 });
        expect(result).toEqual({ first: history.length, last: history.length, duplicate: false });
      },
    );

    it('given several, all must hold, and the latest entry that breaks one is named', async () => {
      const ledger = await open();
      await given(ledger, history);
      const holds = { subjects: ['external'], unchangedSince: 0 };
      const brokenEarly = { subjects: ['host'], unchangedSince: 0 };
      const brokenLate = { subjects: ['tenant/a'], unchangedSince: 2 };
      await expect(appendIf(ledger, holds, brokenLate, brokenEarly)).rejects.toMatchObject({
        since: 2,
        found: 3,
      });
      await expect(appendIf(ledger, brokenEarly, holds)).rejects.toMatchObject({ since: 0, found: 2 });
    });

    it('given a conflict, uses no position up', async () => {
      const ledger = await open();
      await given(ledger, ['tenant/a', 'tenant/a']);
      await expect(appendIf(ledger, { subjects: ['tenant/a'], unchangedSince: 0 })).rejects.toThrow(Conflict);
      expect(await ledger.append({ events: [fact('host/h')], actor: tester })).toMatchObject({ first: 2 });
      expect(await seqs(ledger.read())).toEqual([0, 1, 2]);
    });

    it('given 200 appends at once that each want to be first, lets one win and tells the others who did', async () => {
      const ledger = await open();
      const attempt = (event: EventDraft): Promise<AppendResult> =>
        ledger.append({
          events: [event, fact('verify')],
          actor: tester,
          conditions: [{ subjects: [event.subject], unchangedSince: -1 }],
        });
      const attempts = Array.from({ length: 200 }, (_, index) => attempt(placed(`t${String(index % 10)}`)));
      const outcomes = await Promise.allSettled(attempts);
      const kept = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
      const refused = outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .map(({ reason }): unknown => reason);
      expect(kept.map(({ first }) => first).sort((one, other) => one - other)).toEqual([
        0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
      ]);
      expect(refused).toHaveLength(190);
      const subjects = (await collect(ledger.read())).map((entry) => readEnvelope(entry).subject);
      expect(subjects).toHaveLength(20);
      for (const conflict of refused) {
        expect(conflict).toBeInstanceOf(Conflict);
        if (conflict instanceof Conflict) expect(subjects[conflict.found]).toBe(conflict.subject);
      }
    });
  });
}
