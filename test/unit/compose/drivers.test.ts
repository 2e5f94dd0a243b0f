import { describe, expect, it } from 'vitest';
import { driverNames, driverOf, type OverlayPlace } from '../../../src/compose/drivers.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { nothingExpected, wholeSet } from '../../support/host-change.ts';

const shard = {
  shard: 'shard-1',
  tunnel: 'vxlan',
  vnis: { from: 5000, to: 5099 },
  revocationLimitSeconds: 60,
} as const;

const place = (): OverlayPlace => ({ folder: temporaryFolder(), ledger: 'ledger-1' });

describe('the driver of a shard', () => {
  it.each(driverNames)('is the one that its document names: %s', (overlay) => {
    const driver = driverOf(place(), { ...shard, overlay }, new Map());
    expect(driver.name).toBe(overlay);
  });

  it('reaches hosts that are files without a word on where they are, and switches by their documents alone', async () => {
    const files = driverOf(place(), { ...shard, overlay: 'embedded' }, new Map());
    expect(await files.read('hv-1', nothingExpected)).toEqual({ kind: 'nothing' });
    const host = { host: 'hv-1', shard: 'shard-1', tunnelIp: '192.0.2.1' };
    const switches = driverOf(place(), { ...shard, overlay: 'ovs' }, new Map([['hv-1', host]]));
    await expect(switches.read('hv-1', nothingExpected)).rejects.toThrow(/ovsdb: unix:PATH/);
    await expect(switches.mark('hv-2')).rejects.toThrow(OverlayUnavailable);
  });

  it('given a name that this version has no driver for, reaches no host', async () => {
    const driver = driverOf(place(), { ...shard, overlay: 'ovn' }, new Map());
    await expect(driver.mark('hv-1')).rejects.toThrow(OverlayUnavailable);
    await expect(driver.read('hv-1', nothingExpected)).rejects.toThrow(OverlayUnavailable);
    await expect(driver.apply('hv-1', wholeSet({ plan: 1, objects: [] }))).rejects.toThrow(
      /shard-1 is driven by ovn/,
    );
  });
});
