import { describe, expect, it } from 'vitest';
import { driverNames, driverOf, probeOf, type OverlayPlace } from '../../../src/compose/drivers.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { DrivenShard } from '../../../src/overlay/port.ts';
import { hostsOfTown, objectsFor } from '../../contract/driver/town.ts';
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

describe('the probe of an estate that is driven by two drivers', () => {
  const sent = { src: '10.2.0.1', dst: '10.1.0.1', protocol: 'tcp', srcPort: 40_000, dstPort: 443 };

  /** The town, with files of every host, whatever drives it now. */
  async function townDrivenBy(
    overlays: Readonly<Record<string, string>>,
  ): Promise<{ at: OverlayPlace; shards: DrivenShard[] }> {
    const at = place();
    for (const { shard: name, host } of hostsOfTown) {
      const driver = driverOf(at, { ...shard, shard: name, overlay: 'embedded' }, new Map());
      await driver.apply(host, wholeSet({ plan: 1, objects: await objectsFor('open', name) }));
    }
    const shards = Object.entries(overlays).map(([name, overlay]) => {
      const hosts = hostsOfTown.filter((host) => host.shard === name);
      return {
        shard: { ...shard, shard: name, overlay },
        hosts: new Map(
          hosts.map(({ host }) => [
            host,
            { host, shard: name, tunnelIp: `172.31.0.${host.replace('hv-', '')}` },
          ]),
        ),
      };
    });
    return { at, shards };
  }

  it('answers by the driver of the sender', async () => {
    const { at, shards } = await townDrivenBy({ 'shard-1': 'embedded', 'shard-2': 'embedded' });
    const { to } = await probeOf(at, shards).probe('globex/app-1', sent);
    expect(to).toBe('acme/web-1');
  });

  it('says that nothing travels from a host of one to a host of the other', async () => {
    const { at, shards } = await townDrivenBy({ 'shard-1': 'ovs', 'shard-2': 'embedded' });
    expect(await probeOf(at, shards).probe('globex/app-1', sent)).toEqual({
      delivered: false,
      to: null,
      rule: 'host hv-1 is of the overlay ovs, and nothing travels there from the overlay embedded',
    });
  });

  it('does not answer by files that were left of hosts that are switches now', async () => {
    const { at, shards } = await townDrivenBy({ 'shard-1': 'embedded', 'shard-2': 'ovs' });
    await expect(probeOf(at, shards).probe('globex/app-1', sent)).rejects.toThrow(
      /host hv-3 of shard-2: nothing says how the switch of host hv-3 is reached.*hv-4/,
    );
  });
});
