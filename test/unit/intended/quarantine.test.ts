import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import {
  copyQuarantine,
  foldQuarantine,
  isCut,
  isInQuarantine,
  noQuarantine,
  quarantinedNames,
  quarantineOnly,
  type Quarantine,
} from '../../../projections/intended/quarantine.ts';
import { samples } from '../events/samples.ts';
import { external, tenant } from '../isolation/documents.ts';

const tenantCut = (name: string): DomainEvent => ({ type: 'TenantQuarantined', data: { tenant: name } });
const segmentCut = (holder: string, segment: string): DomainEvent => ({
  type: 'SegmentQuarantined',
  data: { tenant: holder, segment },
});
const externalCut = (name: string): DomainEvent => ({
  type: 'ExternalQuarantined',
  data: { external: name },
});
const tenantFreed: DomainEvent = { type: 'TenantReleased', data: { tenant: 'a' } };
const segmentFreed: DomainEvent = { type: 'SegmentReleased', data: { tenant: 'a', segment: 's' } };
const externalFreed: DomainEvent = { type: 'ExternalReleased', data: { external: 'x' } };

function after(...events: readonly DomainEvent[]): Quarantine {
  const quarantine = noQuarantine();
  for (const event of events) foldQuarantine(quarantine, event);
  return quarantine;
}

function namesAfter(...events: readonly DomainEvent[]): string[] {
  return quarantinedNames(after(...events));
}

describe('quarantine', () => {
  it('begins, and is over when the tenant, segment or external is released', () => {
    const all = [tenantCut('a'), tenantCut('b'), segmentCut('a', 's'), externalCut('x'), tenantCut('a')];
    expect(namesAfter(...all)).toEqual(['a', 'a/s', 'b', 'x']);
    expect(namesAfter(...all, tenantFreed)).toEqual(['a/s', 'b', 'x']);
    expect(namesAfter(...all, segmentFreed)).toEqual(['a', 'b', 'x']);
    expect(namesAfter(...all, externalFreed)).toEqual(['a', 'a/s', 'b']);
  });

  it('of a tenant, of its segment, and of an external of that name are three things', () => {
    const quarantine = after(segmentCut('a', 's'));
    expect(isInQuarantine(quarantine, { kind: 'segment', name: 'a/s' })).toBe(true);
    expect(isInQuarantine(quarantine, { kind: 'tenant', name: 'a' })).toBe(false);
    expect(isInQuarantine(after(tenantCut('a')), { kind: 'external', name: 'a' })).toBe(false);
    expect(isInQuarantine(after(tenantCut('a')), { kind: 'tenant', name: 'a' })).toBe(true);
    expect(isInQuarantine(after(externalCut('a')), { kind: 'tenant', name: 'a' })).toBe(false);
  });

  it('of one alone is that of nobody else', () => {
    expect(quarantineOnly({ kind: 'tenant', name: 'a' })).toEqual(after(tenantCut('a')));
    expect(quarantineOnly({ kind: 'segment', name: 'a/s' })).toEqual(after(segmentCut('a', 's')));
    expect(quarantineOnly({ kind: 'external', name: 'x' })).toEqual(after(externalCut('x')));
  });

  it('of a copy is not that of the first', () => {
    const first = after(tenantCut('a'), externalCut('x'));
    const copy = copyQuarantine(first);
    foldQuarantine(copy, tenantFreed);
    foldQuarantine(copy, segmentCut('a', 's'));
    expect([quarantinedNames(first), quarantinedNames(copy)]).toEqual([
      ['a', 'x'],
      ['a/s', 'x'],
    ]);
  });

  it('ends with a tenant, and with it that of its segments, but not that of others', () => {
    const gone: DomainEvent = { type: 'TenantRetired', data: { tenant: 'a' } };
    const all = [tenantCut('a'), segmentCut('a', 's'), segmentCut('ab', 's'), externalCut('x')];
    expect(namesAfter(...all, gone)).toEqual(['ab/s', 'x']);
    expect(namesAfter(...all, gone, tenant('a', { segments: ['s'] }))).toEqual(['ab/s', 'x']);
  });

  it('ends with a segment, and not with a change of its tenant that keeps it', () => {
    const changed = (...segments: string[]): DomainEvent => ({
      ...samples.TenantChanged,
      ...tenant('a', { segments }),
    });
    const all = [segmentCut('a', 's'), segmentCut('a', 't'), tenantCut('a')];
    expect(namesAfter(...all, changed('s', 'u'))).toEqual(['a', 'a/s']);
    expect(namesAfter(...all, changed('u'), changed('s', 't'))).toEqual(['a']);
  });

  it('ends with an external, and not with a change of it', () => {
    const gone: DomainEvent = { type: 'ExternalRetired', data: { external: 'x' } };
    expect(namesAfter(externalCut('x'), external('x'))).toEqual(['x']);
    expect(namesAfter(externalCut('x'), gone, external('x'))).toEqual([]);
  });

  it('takes every kind of event', () => {
    const cut = new Set(
      Object.values(samples).flatMap((event) => (namesAfter(event).length > 0 ? [event.type] : [])),
    );
    expect(cut).toEqual(new Set(['TenantQuarantined', 'SegmentQuarantined', 'ExternalQuarantined']));
  });
});

describe('two ends', () => {
  const cuts = (quarantine: Quarantine): string[] => {
    const ends = ['a/s', 'a/t', 'b/s', 'x'];
    return ends
      .flatMap((from) => ends.map((to) => ({ from, to })))
      .filter((pair) => isCut(quarantine, pair))
      .map(({ from, to }) => `${from} ${to}`);
  };

  it('are cut from each other where either is in quarantine, by itself or with its tenant', () => {
    expect(cuts(noQuarantine())).toEqual([]);
    expect(cuts(after(tenantCut('a')))).toEqual([
      ...['a/s b/s', 'a/s x', 'a/t b/s', 'a/t x'],
      ...['b/s a/s', 'b/s a/t', 'x a/s', 'x a/t'],
    ]);
    expect(cuts(after(segmentCut('a', 's')))).toEqual([
      ...['a/s a/t', 'a/s b/s', 'a/s x', 'a/t a/s', 'b/s a/s', 'x a/s'],
    ]);
    expect(cuts(after(externalCut('x')))).toEqual(['a/s x', 'a/t x', 'b/s x', 'x a/s', 'x a/t', 'x b/s']);
  });
});
