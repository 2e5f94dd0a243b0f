import { describe, expect, it } from 'vitest';
import { randomIds } from '../../../src/runtime/ids.ts';
import { ChangeCauses, namesTold } from '../../../src/serve/change-told.ts';
import { fact, placed, tester } from '../../doubles/facts.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';

const arrival = (seq: number, subject: string): Parameters<ChangeCauses['note']>[0] => ({
  ...{ seq, subject, type: 'TenantDeclared', tenant: 'bank', author: `writer-${String(seq)}` },
  recordedAt: '2026-11-30T06:00:00.000Z',
});

describe('what led to a change', () => {
  it('is what was recorded of tenants since the last one, each counted once', () => {
    const causes = new ChangeCauses(['tenant']);
    for (const each of [arrival(1, 'tenant/bank'), arrival(2, 'overlay/east'), arrival(3, 'tenant/bank')])
      causes.note(each);
    expect(causes.take(2, '2026-11-30T06:00:00.250Z')).toEqual({
      ...{ authors: ['writer-1'], tenants: ['bank'], latencyMs: 250 },
    });
    expect(causes.take(2, '2026-11-30T06:00:00.250Z')).toEqual({ authors: [], tenants: [] });
    expect(causes.take(3, '2026-11-30T06:00:00.250Z')).toMatchObject({ authors: ['writer-3'] });
  });
});

describe('what led to the first change that a process drives', () => {
  it('is found in the ledger, behind the last plan of the shard, and counted once', async () => {
    const ledger = new MemoryLedger({ clock: new ManualClock('2026-11-30T06:00:00.000Z'), ids: randomIds });
    const by = (name: string): Promise<unknown> =>
      ledger.append({ events: [placed(name)], actor: { ...tester, name: `writer-of-${name}` } });
    await by('early');
    await ledger.append({ events: [{ ...fact('overlay/east'), type: 'ChangePlanned' }], actor: tester });
    await by('late');
    await by('later');
    const causes = new ChangeCauses(['tenant']);
    causes.note({ ...arrival(3, 'tenant/later'), author: 'writer-of-later' });
    await causes.addEarlier(ledger, { shard: 'east', to: 3 });
    expect(causes.take(9, '2026-11-30T06:00:01.000Z')).toMatchObject({
      ...{ authors: ['writer-of-late', 'writer-of-later'], latencyMs: 1_000 },
    });
  });
});

describe('names in a line of the log', () => {
  it('are as many as a person reads, and their number', () => {
    expect(namesTold('rules', ['a', 'b', 'a'])).toEqual({ rules: ['a', 'b'] });
    const many = Array.from({ length: 60 }, (_, at) => String(at));
    expect(namesTold('rules', many)).toEqual({ rules: many.slice(0, 50), rulesCount: 60 });
  });
});
