import { describe, expect, it } from 'vitest';
import type { Estate } from '../../../src/projector/estate-projection.ts';
import type { Projected } from '../../../src/projector/projection.ts';
import { hostsTold, hostsUntold } from '../../../src/tasks/hosts-told.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

const told = {
  intent: 'quarantine',
  subject: { kind: 'tenant', name: 'acme' },
} as const;

/** A town that has cut acme off, and then another plan that hv-1 does not take. */
async function afterwards(change: string): Promise<Projected<Estate>> {
  const stage = new Stage();
  await stage.enact(town);
  await stage.sync();
  await stage.quarantine('acme');
  await stage.sync({ only: 'cuts' });
  await stage.enact(change);
  const without = (driver: OverlayDriver): OverlayDriver => ({
    name: driver.name,
    mark: (host) => driver.mark(host),
    read: (host, expected) => driver.read(host, expected),
    apply: (host, change_) =>
      host === 'hv-1' ? Promise.reject(new OverlayUnavailable('away')) : driver.apply(host, change_),
  });
  const { estate } = await stage.sync({
    timeoutMs: 0,
    driverFor: ({ shard }) => without(stage.overlay(shard)),
  });
  return estate;
}

const untold = (estate: Projected<Estate>): readonly string[] =>
  hostsUntold({ shards: ['shard-1'], estate }, told).hosts.map(({ host }) => host);

describe('a host that does not hold the last plan', () => {
  it('cuts off whom an earlier one cut off, where nothing about that was touched since', async () => {
    const late = `
{ kind: Tenant, tenant: late, shard: shard-1, segments: [one] }
---
kind: Endpoints
tenant: late
endpoints: [{ name: one-1, segment: one, ip: 10.9.0.1, mac: "02:00:0a:09:00:01", host: hv-2, interface: vm-late-1 }]`;
    expect(untold(await afterwards(late))).toEqual([]);
  });

  it('is not known to where another endpoint of theirs came', async () => {
    const more = `
kind: Endpoints
tenant: acme
endpoints: [{ name: web-1, segment: web, ip: 10.1.0.9, mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-web-1 }]`;
    expect(untold(await afterwards(more))).toEqual(['hv-1']);
  });
});

it('a host that was never driven and does not answer is known to cut nobody off, also where nothing says that it carries them', async () => {
  const stage = new Stage();
  await stage.enact(town);
  await stage.quarantine('globex');
  const silent = (): Promise<never> => Promise.reject(new OverlayUnavailable('no answer'));
  const driver: OverlayDriver = { name: 'silent', mark: silent, read: silent, apply: silent };
  const cut = { shards: ['shard-2'], timeoutMs: 0, only: 'cuts', reads: 'marks' } as const;
  const subject = { kind: 'tenant', name: 'globex' } as const;
  const [first, retired] = [
    await stage.sync({ ...cut, driverFor: () => driver }),
    await stage
      .enact(
        town
          .split('---')
          .filter((document) => !document.includes('hv-4'))
          .join('---'),
        'all',
      )
      .then(() => stage.sync({ ...cut, driverFor: () => driver })),
  ];
  expect(hostsTold(first, { intent: 'quarantine', subject })).toMatchObject([
    { host: 'hv-3', cut: false, why: 'no answer' },
    { host: 'hv-4', cut: false, why: 'no answer' },
  ]);
  expect(hostsTold(retired, { intent: 'quarantine', subject })).toMatchObject([
    { host: 'hv-3', cut: false },
    { host: 'hv-4', cut: false, why: 'retired, and not emptied yet: no answer' },
  ]);
  // Once one was reached, it is known what it carries.
  const { shards, estate } = await stage.sync(cut);
  expect(hostsTold({ shards, estate }, { intent: 'quarantine', subject })).toMatchObject([
    { host: 'hv-3' },
    { host: 'hv-4', cut: true, why: 'retired, and empty now' },
  ]);
});
