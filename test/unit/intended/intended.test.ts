import { beforeEach, describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import {
  copyIntended,
  emptyIntended,
  foldIntended,
  type Intended,
} from '../../../projections/intended/intended.ts';
import { samples } from '../events/samples.ts';
import { endpoint, endpoints, external, policy, tenant } from '../isolation/documents.ts';

let intended: Intended;
beforeEach(() => {
  intended = emptyIntended();
});

function record(...events: readonly DomainEvent[]): void {
  for (const event of events) foldIntended(intended, event);
}

function quarantined(name: string): DomainEvent {
  return { type: 'TenantQuarantined', data: { tenant: name } };
}

/** Who is touched by events, by the log that others bring themselves up to date with. */
function touchedBy(...events: readonly DomainEvent[]): unknown {
  const from = intended.changes.end;
  record(...events);
  const touched = intended.changes.since(from);
  return touched === undefined ? 'everyone' : [...touched];
}

describe('a policy', () => {
  const asks = policy('a', { egress: [{ destination: 'b' }], ingress: [{ source: 'x' }] });

  it('that is revoked names nobody any longer, and nothing took its place', () => {
    record(asks);
    expect([...intended.naming.of('b')]).toEqual(['a']);
    record({ type: 'PolicyRevoked', data: { tenant: 'a' } });
    expect([intended.policies.size, ...intended.naming.of('b')]).toEqual([0]);
    record({ type: 'PolicyRevoked', data: { tenant: 'a' } });
    expect(intended.policies.size).toBe(0);
  });

  it('that is revoked in a copy is still in force in the first', () => {
    record(asks, policy('c', { egress: [{ destination: 'b' }] }));
    const copy = copyIntended(intended);
    foldIntended(copy, { type: 'PolicyRevoked', data: { tenant: 'a' } });
    expect([...copy.naming.of('b')]).toEqual(['c']);
    expect([...intended.naming.of('b')]).toEqual(['a', 'c']);
    expect([copy.policies.has('a'), intended.policies.has('a')]).toEqual([false, true]);
  });
});

it('a retired tenant leaves no policy, quarantine, segment or endpoint', () => {
  record(
    tenant('a'),
    endpoints('a', [endpoint('e1', { host: 'h-1', ips: ['10.0.0.1'] })]),
    policy('a', { egress: [{ destination: 'b' }] }),
    quarantined('a'),
    { type: 'SegmentQuarantined', data: { tenant: 'a', segment: 's' } },
    { type: 'TenantRetired', data: { tenant: 'a' } },
  );
  expect([...intended.naming.of('b')]).toEqual([]);
  expect({ ...intended, changes: undefined }).toEqual({ ...emptyIntended(), changes: undefined });
});

it('a VNI is held until it is released', () => {
  record({ type: 'VniAllocated', data: { shard: 'east', vni: 7, segment: 'a/s' } });
  expect(intended.vnis.get('a/s')).toEqual({ shard: 'east', vni: 7 });
  record({ type: 'VniReleased', data: { shard: 'east', vni: 7, segment: 'a/s' } });
  expect(intended.vnis.size).toBe(0);
});

describe('the log of changes', () => {
  it('says which tenants the events since then touched', () => {
    expect(touchedBy(tenant('a'), policy('b', {}), quarantined('a'))).toEqual(['a', 'b']);
    expect(touchedBy({ type: 'SegmentQuarantined', data: { tenant: 'd', segment: 's' } })).toEqual(['d']);
    expect(touchedBy()).toEqual([]);
    expect(touchedBy({ type: 'VniAllocated', data: { shard: 'east', vni: 7, segment: 'c/s' } })).toEqual([
      'c',
    ]);
  });

  it('says that everyone is touched by what belongs to no tenant', () => {
    expect(touchedBy(tenant('a'), external('x'))).toBe('everyone');
    expect(touchedBy({ type: 'VniReleased', data: { shard: 'east', vni: 7, segment: 'x' } })).toBe(
      'everyone',
    );
    expect(touchedBy({ type: 'ExternalQuarantined', data: { external: 'x' } })).toBe('everyone');
  });

  it('takes every kind of event, and says of what hosts do that it touches nobody', () => {
    const about = Map.groupBy(Object.values(samples), (event) => String(touchedBy(event)));
    expect([...about.keys()].sort()).toEqual(['', 'acme', 'everyone']);
    expect(about.get('')?.map(({ type }) => type)).toEqual([
      ...['HostGone', 'ChangePlanned', 'ChangeApplied', 'ChangeFailed', 'HostCleared'],
      ...['ShardHeld', 'ShardResumed', 'BypassOpened', 'BypassClosed'],
      ...['DriftDetected', 'DriftCorrected', 'BypassSettled', 'DropsObserved'],
      ...['IsolationViolated', 'IsolationRestored', 'IsolationAttested', 'StateKept'],
      ...['EntrySkipped', 'RoleTaken'],
    ]);
  });

  it('remembers the latest changes only, and says so to whoever comes too late', () => {
    const from = intended.changes.end;
    for (let count = 0; count < 9000; count += 1) record(quarantined(`t-${String(count)}`));
    expect(intended.changes.since(from)).toBeUndefined();
    expect(intended.changes.end).toBe(from + 9000);
    expect(intended.changes.since(from + 8998)).toEqual(new Set(['t-8998', 't-8999']));
  });
});
