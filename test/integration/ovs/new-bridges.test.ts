import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import type { SwitchAddress } from '../../../src/overlay/ovs/switch/host-switch.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { expectedSet, wholeSet } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { base, bridge, shard } from './one-network.ts';

const first = { plan: 1, objects: base };
const held = { kind: 'objects', digest: digestOfObjects(base) };

/** So long a switch stands still while its database is told of a bridge. */
const stillMs = 700;

/** Of those who ask a switch that stands still no bound passes, however busy the machine is. */
const clock = { ...systemClock, elapsedMs: () => 0 };

describeNeeding(
  needsOfSwitch,
  'a bridge that is in the database, and that its switch is still to make',
  () => {
    const machine = new OvsSwitch();

    beforeEach(() => {
      machine.clear();
    });

    afterAll(() => {
      machine.end();
    });

    function driverOf(address: SwitchAddress = { ovsdb: machine.ovsdb }): OverlayDriver {
      return ovsDriver({ ledger: 'ledger-1', shard, hosts: new Map([['hv-1', address]]), clock });
    }

    /** Asks while a host is given its first set, and the database has its bridge and the switch, which stands still, has not. */
    async function meanwhile<Answer>(ask: (driver: OverlayDriver) => Promise<Answer>): Promise<Answer> {
      return machine.whileStill('ovs-vswitchd', stillMs, async () => {
        const given = driverOf().apply('hv-1', wholeSet(first));
        await vi.waitUntil(() => machine.tell('--no-wait', 'list-br').includes(bridge), { interval: 5 });
        const [answer] = await Promise.all([ask(driverOf()), given]);
        return answer;
      });
    }

    it('is waited for by whoever asks for its mark', async () => {
      expect((await meanwhile((driver) => driver.mark('hv-1'))).kind).toMatch(/nothing|marked/);
    });

    it('is waited for by whoever reads it', async () => {
      const reading = await meanwhile((driver) => driver.read('hv-1', expectedSet(base)));
      expect(reading.kind).toMatch(/nothing|objects/);
    });

    it('is at no moment found with flows of ours and without its mark', async () => {
      for (let round = 0; round < 10; round += 1) {
        machine.clear();
        const giving = { isOver: false };
        const given = driverOf()
          .apply('hv-1', wholeSet(first))
          .finally(() => {
            giving.isOver = true;
          });
        const kinds: string[] = [];
        while (!giving.isOver) kinds.push((await driverOf().mark('hv-1')).kind);
        await given;
        expect(kinds).not.toContain('unreadable');
      }
    });

    it('is waited for by whoever asks what it is able to do', async () => {
      const means = await meanwhile(async (driver) => driver.means?.('hv-1'));
      expect(means?.lacks).toEqual([]);
      expect(means?.words).toContain('datapath netdev of');
    });

    it('is waited for by whoever begins to watch it', async () => {
      const stop = new AbortController();
      await meanwhile(async (driver) => driver.watch?.('hv-1', stop.signal));
      stop.abort();
    });

    it('and is given another place for OpenFlow meanwhile, is heard there', async () => {
      await driverOf().apply('hv-1', wholeSet(first));
      const path = join(machine.folder, `${bridge}.ours`);
      const driver = driverOf({ ovsdb: machine.ovsdb, openflow: `unix:${path}` });
      await machine.whileStill('ovs-vswitchd', stillMs, async () => {
        const given = driver.apply('hv-1', wholeSet({ ...first, plan: 2 }));
        await vi.waitUntil(() => machine.tell('--no-wait', 'get-controller', bridge).includes(path), {
          interval: 5,
        });
        expect(await driver.mark('hv-1')).toMatchObject({ kind: 'marked' });
        await given;
      });
      expect(await driver.read('hv-1', expectedSet(base))).toMatchObject(held);
    });

    it('and never follows its database, is told as away', async () => {
      const hosts = new Map([['hv-1', { ovsdb: machine.ovsdb }]]);
      const driver = ovsDriver({ ledger: 'ledger-1', shard, hosts, clock: systemClock });
      const words = 'does not take what its database says';
      machine.signal('ovs-vswitchd', 'SIGSTOP');
      const given = driverOf().apply('hv-1', wholeSet(first));
      await vi.waitUntil(() => machine.tell('--no-wait', 'list-br').includes(bridge), { interval: 5 });
      const [asked] = await Promise.allSettled([driver.mark('hv-1')]);
      machine.signal('ovs-vswitchd', 'SIGCONT');
      await given;
      expect(asked).toHaveProperty('reason.message', expect.stringContaining(words));
    });

    it('is found beside a link to the socket of the database, and beside that socket itself', async () => {
      const elsewhere = join(temporaryFolder(), 'db.sock');
      renameSync(machine.ovsdb.slice('unix:'.length), elsewhere);
      symlinkSync(elsewhere, machine.ovsdb.slice('unix:'.length));
      await driverOf().apply('hv-1', wholeSet(first));
      expect(await driverOf().read('hv-1', expectedSet(base))).toMatchObject(held);
    });
  },
);
