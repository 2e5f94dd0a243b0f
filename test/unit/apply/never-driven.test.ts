import { expect, it } from 'vitest';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

it('a host that does not answer before the first plan of its shard is told as one that is away', async () => {
  const stage = new Stage();
  await stage.enact(town);
  await stage.quarantine('globex');
  const silent = (): Promise<never> => Promise.reject(new OverlayUnavailable('no answer'));
  const driver: OverlayDriver = { name: 'silent', mark: silent, read: silent, apply: silent };
  const of = { driverFor: () => driver, shards: ['shard-2'], timeoutMs: 0 };
  const { shards } = await stage.sync({ ...of, only: 'cuts', reads: 'marks' });
  expect(shards).toMatchObject([{ plan: 0, upToDate: [] }]);
  expect(shards[0]?.absent).toEqual(['hv-3', 'hv-4'].map((host) => ({ host, problem: 'no answer' })));
});
