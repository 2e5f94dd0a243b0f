import childProcess, { type ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net, { type Socket } from 'node:net';
import { afterAll, vi } from 'vitest';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { ovsProbe } from '../../../src/overlay/ovs/probe.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import type { SwitchAddress } from '../../../src/overlay/ovs/switch/host-switch.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { DriverFault } from '../../doubles/memory-overlay.ts';
import { OvsSwitch } from '../../support/ovs-switch.ts';
import { hostsOfTown } from './town.ts';
import type { HostPlace, OverlayUnderTest } from './under-test.ts';

/** The switches of all hosts that a test named so far; the next test clears those that it finds used. */
const switches = new Map<string, OvsSwitch>();
const used = new Set<string>();

/** What the next bundle of flows comes to. */
let failing: DriverFault | undefined;

const sockets: Socket[] = [];
let bytes = 0;

watch();

afterAll(() => {
  for (const each of switches.values()) each.end();
  switches.clear();
});

export function openOvsOverlay(): OverlayUnderTest {
  failing = undefined;
  for (const host of used) switches.get(host)?.clear();
  used.clear();
  return {
    driver: ({ ledger, shard }) => ovsDriver({ ledger, shard, hosts: new Hosts(), clock: systemClock }),
    probe: ({ ledger }) => {
      const places = hostsOfTown.map((place) => ({ ...place, address: addressOf(place.host) }));
      return ovsProbe({ ledger, places, clock: systemClock, elsewhere: () => undefined });
    },
    failNext: (_shard, fault) => {
      failing = fault;
    },
    cutOff: ({ host }) => switchOf(host).cutOff(),
    spoil: (at) => {
      tell(at, 'group modify group_id=0x150e0000,type=all,bucket=actions=note:01.02.03');
    },
    tear: () => undefined,
    litter: (at) => {
      const note = Array.from(Buffer.from('isoledger fence'), (byte) => byte.toString(16)).join('.');
      tell(at, `group add group_id=0x40000001,type=all,bucket=actions=note:${note}`);
    },
    takeAway: () => undefined,
    slipIn: () => undefined,
    work: () =>
      bytes + sockets.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0),
  };
}

function tell({ shard, host }: HostPlace, ...lines: readonly string[]): void {
  switchOf(host).askBridge(bridgeNameOf(shard), ['bundle', '-'], `${lines.join('\n')}\n`);
}

/** Every host that is asked about has a switch. */
class Hosts extends Map<string, SwitchAddress> {
  override get(host: string): SwitchAddress {
    return addressOf(host);
  }
}

function addressOf(host: string): SwitchAddress {
  return { ovsdb: switchOf(host).ovsdb };
}

function switchOf(host: string): OvsSwitch {
  used.add(host);
  const found = switches.get(host) ?? new OvsSwitch();
  switches.set(host, found);
  return found;
}

/** Sees what programs and sockets are given and give, and lets changes of flows fail. */
function watch(): void {
  const { spawn } = childProcess;
  vi.spyOn(childProcess, 'spawn').mockImplementation(
    (name: string, args: readonly string[], options: object) => {
      const fault = args.includes('bundle') ? failing : undefined;
      if (fault !== undefined) failing = undefined;
      const script = fault === 'not-done' ? 'exit 1' : '"$@"; exit 1';
      const child: ChildProcess =
        fault === undefined
          ? spawn(name, args, options)
          : spawn('sh', ['-c', script, name, name, ...args], options);
      child.stdout?.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      return child;
    },
  );
  const { connect } = net;
  vi.spyOn(net, 'connect').mockImplementation((...args: Parameters<typeof connect>) => {
    const socket = connect(...args);
    sockets.push(socket);
    return socket;
  });
  syncBuiltinESMExports();
}
