import { expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { emptyApplied, foldApplied, vnisInUse, type Applied } from '../../../projections/applied/applied.ts';

const digest = '0'.repeat(64);
const network = (vni: number): OverlayObject => ({ kind: 'network', vni, segment: `t/s${vni}` });

function plan(applied: Applied, number: number, change: { put?: OverlayObject[]; removed?: string[] }): void {
  const { put = [], removed = [] } = change;
  const data = { shard: 'a', plan: number, basis: 0, put, removed, before: digest, after: digest };
  foldApplied(applied, { type: 'ChangePlanned', data });
}

function acknowledge(applied: Applied, host: string, number: number): void {
  const data = { shard: 'a', host, plan: number, digest, evidence: { driver: 'embedded', objects: 1 } };
  foldApplied(applied, { type: 'ChangeApplied', data });
}

it('keeps the planned set, and what each host acknowledged', () => {
  const applied = emptyApplied();
  foldApplied(applied, { type: 'TenantPlaced', data: { tenant: 't', shard: 'a' } });
  plan(applied, 1, { put: [network(1), { kind: 'route', from: 1, to: 2 }] });
  acknowledge(applied, 'h', 1);
  plan(applied, 2, { put: [network(2)], removed: ['network/1/t/s1', 'route/1/2', 'network/9/t/s9'] });
  const shard = applied.shards.get('a');
  expect([...(shard?.objects.keys() ?? [])]).toEqual(['network/2/t/s2']);
  expect(shard).toMatchObject({ plan: 2, digest });
  expect(shard?.hosts.get('h')).toEqual({ plan: 1, digest });
});

it('counts a VNI as in use until every host has acknowledged that it is gone', () => {
  const applied = emptyApplied();
  const inUse = (): number[] => [...vnisInUse(applied, () => ['h', 'i'])].sort();
  plan(applied, 1, { put: [network(1), network(2), { kind: 'route', from: 1, to: 2 }] });
  expect(inUse()).toEqual([1, 2]);
  plan(applied, 2, { removed: ['network/1/t/s1'] });
  expect(inUse()).toEqual([1, 2]);
  acknowledge(applied, 'h', 2);
  expect(inUse()).toEqual([1, 2]);
  acknowledge(applied, 'i', 2);
  expect(inUse()).toEqual([2]);
});
