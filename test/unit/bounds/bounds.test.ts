import { beforeEach, describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import { dueBounds, emptyBounds, foldBounds, type Bounds } from '../../../projections/bounds/bounds.ts';
import { bound, policy } from '../isolation/documents.ts';
import { after, History, start } from '../isolation/history.ts';

/** Bounds as `kind tenant side seconds`. */
function words(due: ReturnType<typeof dueBounds>): string[] {
  return due.map(({ kind, passed: { tenant, side, bound: at } }) =>
    [kind, tenant, side, (Date.parse(at.instant) - Date.parse(start)) / 1000].join(' '),
  );
}

/** What an event of its passing says of each bound that is due. */
function passings(due: ReturnType<typeof dueBounds>): DomainEvent[] {
  return due.map(({ kind, passed }) => ({
    type: kind === 'opens' ? 'GrantOpened' : 'GrantLapsed',
    data: passed,
  }));
}

describe('time bounds to come', () => {
  let bounds: Bounds;
  beforeEach(() => {
    bounds = emptyBounds();
  });

  /** Records events at a number of seconds after the start, and folds them. */
  function record(seconds: number, ...events: readonly DomainEvent[]): void {
    const { batches } = new History().wait(seconds).record(...events);
    for (const entry of batches.flatMap(({ entries }): readonly Entry[] => entries))
      foldBounds(bounds, entry);
  }

  function due(seconds: number): string[] {
    return words(dueBounds(bounds, after(seconds)));
  }

  const timed = policy('a', {
    egress: [{ destination: 'b', from: bound(after(10)), expires: bound(after(30)) }],
    ingress: [{ source: '*', expires: bound(after(20)) }],
  });

  it('are due from their instant on, in the order in which they pass', () => {
    record(0, timed);
    expect(due(9.999)).toEqual([]);
    expect(due(10)).toEqual(['opens a egress 10']);
    expect(due(29)).toEqual(['opens a egress 10', 'lapses a ingress 20']);
    expect(due(30)).toEqual(['opens a egress 10', 'lapses a ingress 20', 'lapses a egress 30']);
  });

  it('are due no more once their passing is recorded, each by itself', () => {
    record(0, timed);
    record(25, ...passings(dueBounds(bounds, after(10))));
    expect(due(60)).toEqual(['lapses a ingress 20', 'lapses a egress 30']);
    record(31, ...passings(dueBounds(bounds, after(31))));
    expect(due(60)).toEqual([]);
    expect(bounds).toEqual(emptyBounds());
  });

  it('never pass if they lay behind when the policy was enacted: it was judged with them', () => {
    record(10, timed);
    expect(due(60)).toEqual(['lapses a ingress 20', 'lapses a egress 30']);
    record(60, timed);
    expect(due(90)).toEqual([]);
    expect(bounds).toEqual(emptyBounds());
  });

  it('go with the policy that has them', () => {
    record(0, timed, policy('b', { ingress: [{ source: 'a', expires: bound(after(20)) }] }));
    record(5, policy('a', { egress: [{ destination: 'b' }] }));
    expect(due(60)).toEqual(['lapses b ingress 20']);
    record(6, { type: 'PolicyRevoked', data: { tenant: 'b' } });
    expect(bounds).toEqual(emptyBounds());
    record(7, timed, { type: 'TenantRetired', data: { tenant: 'a' } });
    expect(bounds).toEqual(emptyBounds());
  });

  it('of many tenants are in one order, by instant and then by name', () => {
    record(
      0,
      policy('b', { ingress: [{ source: '*', from: bound(after(20)) }] }),
      policy('a', {
        egress: [{ destination: 'b', expires: bound(after(20)) }],
        ingress: [{ source: 'b', from: bound(after(5)) }],
      }),
    );
    expect(due(20)).toEqual(['opens a ingress 5', 'lapses a egress 20', 'opens b ingress 20']);
  });

  it('that passed unbeknown, and events about other things, change nothing', () => {
    const data = { tenant: 'a', side: 'egress', rule: '0'.repeat(24), bound: bound(after(1)) } as const;
    record(2, { type: 'GrantLapsed', data }, { type: 'TenantQuarantined', data: { tenant: 'a' } });
    expect(bounds).toEqual(emptyBounds());
  });
});
