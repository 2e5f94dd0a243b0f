import { beforeEach, describe, expect, it } from 'vitest';
import type { DomainEvent, EventData } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import {
  appliedShard,
  emptyApplied,
  foldApplied,
  type Applied,
} from '../../../projections/applied/applied.ts';
import type { HostDrops } from '../../../projections/applied/host-drops.ts';

type Drops = EventData<'DropsObserved'>['drops'];

const noon = '2026-03-01T12:00:00.000Z';
const later = '2026-03-01T13:00:00.000Z';
const network = (vni: number, segment: string): OverlayObject => ({ kind: 'network', vni, segment });
const digest = digestOfObjects([]);

let applied: Applied;
beforeEach(() => {
  applied = emptyApplied();
});

function record(...events: readonly DomainEvent[]): void {
  for (const event of events) foldApplied(applied, event);
}

function observe(readAt: string, drops: Drops): void {
  record({ type: 'DropsObserved', data: { shard: 'east', host: 'hv-1', readAt, since: null, drops } });
}

function plan(number: number, change: { put?: OverlayObject[]; removed?: string[] }): void {
  const data = { shard: 'east', plan: number, basis: 0, before: digest, after: digest };
  record({ type: 'ChangePlanned', data: { ...data, put: [], removed: [], ...change } });
}

function acknowledge(number: number): void {
  const data = { shard: 'east', host: 'hv-1', plan: number, digest, seenWhole: null };
  record({ type: 'ChangeApplied', data: { ...data, evidence: { driver: 'embedded', objects: 1 } } });
}

function known(): HostDrops | undefined {
  return appliedShard(applied, 'east').drops.get('hv-1');
}

describe('the counters of a host', () => {
  it('are known as they were read last, with all that was ever observed', () => {
    observe(noon, [
      { from: 'a/s', to: 'b/s', by: 'default', packets: 5, total: 5 },
      { from: 'a/s', to: null, by: 'no-address', packets: 1, total: 1 },
    ]);
    // It began anew in between.
    observe(later, [{ from: 'a/s', to: 'b/s', by: 'default', packets: 3, total: 3 }]);
    expect(known()?.readAt).toBe(later);
    expect([...(known()?.counters.values() ?? [])]).toEqual([
      { from: 'a/s', to: 'b/s', by: 'default', packets: 8, total: 3, grewAt: later },
      { from: 'a/s', to: null, by: 'no-address', packets: 1, total: 1, grewAt: noon },
    ]);
  });

  it('are told apart by what dropped the packets', () => {
    const between = { from: null, to: 'b/s', packets: 1, total: 1 };
    observe(noon, [
      { ...between, by: 'quarantine' },
      { ...between, by: 'default' },
    ]);
    expect(known()?.counters.size).toBe(2);
  });

  it('are forgotten where the host holds a set without a network of their ends', () => {
    plan(1, { put: [network(1, 'a/s'), network(2, 'b/s'), network(3, 'x')] });
    acknowledge(1);
    observe(noon, [
      { from: 'a/s', to: 'b/s', by: 'default', packets: 1, total: 1 },
      { from: 'b/s', to: 'x', by: 'default', packets: 1, total: 1 },
      { from: null, to: 'x', by: 'quarantine', packets: 1, total: 1 },
    ]);
    plan(2, { removed: ['network/2/b/s'] });
    expect(known()?.counters.size).toBe(3);
    plan(3, { put: [network(4, 'b/t')] });
    // An acknowledgement of what is not the last plan says nothing of the last set.
    acknowledge(2);
    expect(known()?.counters.size).toBe(3);
    acknowledge(3);
    expect([...(known()?.counters.keys() ?? [])]).toEqual(['quarantine * x']);
  });

  it('are forgotten once the host was emptied', () => {
    observe(noon, [{ from: 'a/s', to: 'b/s', by: 'default', packets: 1, total: 1 }]);
    record({ type: 'HostRetired', data: { host: 'hv-1', shard: 'east' } });
    expect(known()).toBeDefined();
    const data = { shard: 'east', host: 'hv-1', digest, evidence: { driver: 'embedded', objects: 0 } };
    record({ type: 'HostCleared', data });
    expect(known()).toBeUndefined();
  });
});
