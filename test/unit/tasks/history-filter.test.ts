import { describe, expect, it } from 'vitest';
import {
  keeperOf,
  requireKind,
  type HistoryFilter,
  type LoggedEntry,
} from '../../../src/tasks/history-filter.ts';
import { draftOf } from '../../../events/draft.ts';
import { samples } from '../events/samples.ts';
import { tester } from '../../doubles/facts.ts';

const noon = '2026-03-01T12:00:00.000Z';
const entryOfNobody: LoggedEntry = {
  ...{ seq: 7, v: 1, id: '019cd2a0-0000-7000-8000-000000000007', recordedAt: noon, actor: tester },
  ...{ type: 'PolicyEnacted', schemaVersion: 1, subject: 'tenant/acme/policy', data: {} },
  batch: { id: '019cd2a0-0000-7000-8000-00000000000b', index: 0, count: 1 },
};
const entry: LoggedEntry = { ...entryOfNobody, tenant: 'acme' };

describe('what the history is asked for', () => {
  const cases: readonly (readonly [HistoryFilter, boolean])[] = [
    [{}, true],
    [{ tenant: 'acme' }, true],
    [{ tenant: 'globex' }, false],
    [{ kinds: ['TenantRegistered', 'PolicyEnacted'] }, true],
    [{ kinds: ['TenantRegistered'] }, false],
    [{ by: tester.name }, true],
    [{ by: 'nobody' }, false],
    [{ subject: 'tenant/acme/' }, true],
    [{ subject: 'tenant/acme/policy' }, true],
    [{ subject: 'tenant/ac' }, false],
    [{ since: { kind: 'seq', seq: 7 }, until: { kind: 'seq', seq: 7 } }, true],
    [{ since: { kind: 'seq', seq: 8 } }, false],
    [{ until: { kind: 'seq', seq: 6 } }, false],
    [{ since: { kind: 'time', instant: noon }, until: { kind: 'time', instant: noon } }, true],
    [{ since: { kind: 'time', instant: '2026-03-01T12:00:00.001Z' } }, false],
    [{ until: { kind: 'time', instant: '2026-03-01T11:59:59.999Z' } }, false],
    [{ since: { kind: 'now' } }, false],
    [{ until: { kind: 'now' } }, true],
  ];

  it.each(cases)('given %j, keeps an entry of acme at noon: %s', (filter, keeps) => {
    expect(keeperOf(filter)(entry)).toBe(keeps);
  });

  it('finds packets that were dropped by either end, a tenant or an external, where the entry can be read', () => {
    const { type, data } = draftOf(samples.DropsObserved);
    const dropped = { ...entryOfNobody, subject: 'observed/shard-1', type, data: { ...data } };
    for (const tenant of ['acme', 'globex', 'internet']) expect(keeperOf({ tenant })(dropped)).toBe(true);
    expect(keeperOf({ tenant: 'initech' })(dropped)).toBe(false);
    expect(keeperOf({ tenant: 'acme' })({ ...dropped, data: { drops: 'acme' } })).toBe(false);
    expect(keeperOf({ tenant: 'acme' })({ ...dropped, type: 'PacketsCounted' })).toBe(false);
  });

  it('finds violations by either end, and by those as whom the packet passes, where the entry can be read', () => {
    for (const sample of [samples.IsolationViolated, samples.IsolationRestored]) {
      const { subject, type, tenant = '', data } = draftOf(sample);
      const told = { ...entryOfNobody, subject, type, tenant, data: { ...data } };
      for (const end of ['acme', 'globex']) expect(keeperOf({ tenant: end })(told)).toBe(true);
      expect(keeperOf({ tenant: 'initech' })(told)).toBe(false);
      expect(keeperOf({ tenant: 'globex' })({ ...told, data: {} })).toBe(false);
      const former = { from: 'initech/app', to: 'acme/web' };
      const passing = { ...told, data: { ...data, former } };
      expect(keeperOf({ tenant: 'initech' })(passing)).toBe(type === 'IsolationViolated');
    }
  });

  it('finds an attestation by those whom it is about, where the entry can be read', () => {
    const { subject, type, data } = draftOf(samples.IsolationAttested);
    const told = { ...entryOfNobody, subject, type, data: { ...data } };
    for (const end of ['acme', 'globex']) expect(keeperOf({ tenant: end })(told)).toBe(true);
    expect(keeperOf({ tenant: 'initech' })(told)).toBe(false);
    expect(keeperOf({ tenant: 'acme' })({ ...told, data: {} })).toBe(false);
  });

  it('given a kind of event that is misspelt, names the nearest', () => {
    expect(requireKind('PolicyEnacted')).toBe('PolicyEnacted');
    expect(() => requireKind('PolicyEnactd')).toThrow(
      'there is no event PolicyEnactd; did you mean PolicyEnacted?',
    );
  });
});
