import childProcess, { type SpawnOptions } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net, { type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { objectsAfter } from '../../../src/overlay/delta.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { flowsOf } from '../../../src/overlay/ovs/pipeline/compile.ts';
import { addLine, differenceOf, type Flows } from '../../../src/overlay/ovs/pipeline/flow.ts';
import { SetModel } from '../../../src/overlay/ovs/pipeline/model.ts';
import { ovsProbe } from '../../../src/overlay/ovs/probe.ts';
import type { SwitchAddress } from '../../../src/overlay/ovs/switch/host-switch.ts';
import { metersOf } from '../../../src/overlay/ovs/switch/meters.ts';
import { bridgeNameOf, cookieOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { wiringOf } from '../../../src/overlay/ovs/switch/own-ports.ts';
import { ownPortsOf } from '../../../src/overlay/ovs/switch/switch-view.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { DriverFault } from '../../doubles/memory-overlay.ts';
import { OvsSwitch } from '../../support/ovs-switch.ts';
import { hostsOfTown } from './town.ts';
import type { HostPlace, OverlayUnderTest } from './under-test.ts';

type Objects = ReadonlyMap<string, OverlayObject>;

/** What a host holds, as a test gave it, and who gave it. */
interface Given {
  readonly ledger: string;
  readonly objects: Objects;
}

/** The switches of all hosts that were named so far; a test clears those that the one before used. */
const switches = new Map<string, OvsSwitch>();
const used = new Set<string>();

/** What the next bundle of flows comes to. */
let failing: DriverFault | undefined;

/** What programs read and wrote, in bytes; sockets tell by themselves. */
let programBytes = 0;
const sockets: Socket[] = [];

export function openOvsOverlay(): OverlayUnderTest {
  failing = undefined;
  for (const place of used) switches.get(place)?.clear();
  used.clear();
  const given = new Map<string, Given>();
  const edit = (at: HostPlace, change: (objects: Objects) => Objects): void => {
    const { ledger, objects } = given.get(nameOf(at)) ?? { ledger: '', objects: new Map() };
    const after = change(objects);
    rewrite(at, { ledger, before: objects, after });
    given.set(nameOf(at), { ledger, objects: after });
  };
  return {
    driver: (of) => rememberingDriver(of, given),
    probe: ({ ledger }) => {
      const places = hostsOfTown.map((place) => ({ ...place, address: addressOf(place) }));
      return ovsProbe({ ledger, places, clock: systemClock, elsewhere: () => undefined });
    },
    failNext: (_shard, fault) => {
      failing = fault;
    },
    cutOff: (at) => switchOf(at).cutOff(),
    spoil: (at) => {
      tell(at, ['group modify group_id=0x150e0000,type=all,bucket=actions=note:01.02.03']);
    },
    // A bundle is taken whole or not at all. What comes before it are ports and meters that no flow names.
    tear: (at) => {
      const bridge = bridgeNameOf(at.shard);
      const ids = `external_ids={isoledger=${bridge},isoledger-endpoint=torn}`;
      const row = ['--', 'set', 'interface', 'vm-torn', 'ofport_request=30000', ids];
      switchOf(at).tell(
        '--may-exist',
        'add-port',
        bridge,
        'vm-torn',
        '--',
        'set',
        'port',
        'vm-torn',
        `external_ids:isoledger=${bridge}`,
        ...row,
      );
      switchOf(at).askBridge(bridge, ['del-meters', 'meter=60000']);
      switchOf(at).askBridge(bridge, ['add-meter', 'meter=60000,kbps,band=type=drop,rate=7']);
    },
    litter: (at) => {
      const note = Array.from(Buffer.from('isoledger fence'), (byte) => byte.toString(16)).join('.');
      tell(at, [`group add group_id=0x40000001,type=all,bucket=actions=note:${note}`]);
    },
    takeAway: (at, object) => {
      edit(at, (objects) => objectsAfter(objects, { put: [], removed: [keyOf(object)] }));
    },
    slipIn: (at, object) => {
      edit(at, (objects) => objectsAfter(objects, { put: [object], removed: [] }));
    },
    tells: (at, sets) => {
      const [before, after] = [sets.before, sets.after].map((objects) =>
        contentOf(at, objectsByKey(objects)),
      );
      return !isDeepStrictEqual(before, after);
    },
    work: () =>
      programBytes + sockets.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0),
  };
}

/** The driver, which notes what it gave to whom: a switch does not tell in objects what it holds. */
function rememberingDriver(of: { ledger: string; shard: string }, given: Map<string, Given>): OverlayDriver {
  const driver = ovsDriver({ ...of, hosts: new SwitchesOf(of.shard), clock: systemClock });
  return {
    name: driver.name,
    mark: (host) => driver.mark(host),
    read: (host, expected) => driver.read(host, expected),
    apply: async (host, change) => {
      const remember = (): void => {
        given.set(nameOf({ shard: of.shard, host }), { ledger: of.ledger, objects: change.after });
      };
      try {
        const held = await driver.apply(host, change);
        remember();
        return held;
      } catch (fault) {
        // Some that failed were taken all the same.
        const mark =
          fault instanceof OverlayUnavailable ? await driver.mark(host).catch(() => undefined) : undefined;
        if (mark?.kind === 'marked' && mark.digest === change.digest) remember();
        throw fault;
      }
    },
    ...(driver.watch && { watch: driver.watch.bind(driver) }),
  };
}

/** Every host that is asked about has a switch. */
class SwitchesOf extends Map<string, SwitchAddress> {
  readonly #shard: string;

  constructor(shard: string) {
    super();
    this.#shard = shard;
  }

  override get(host: string): SwitchAddress {
    return addressOf({ shard: this.#shard, host });
  }
}

function addressOf(at: HostPlace): SwitchAddress {
  return { ovsdb: switchOf(at).ovsdb };
}

function nameOf({ shard, host }: HostPlace): string {
  return `${shard} ${host}`;
}

/** One device is on one bridge: so two shards' hosts of one name, which have the same devices here, are two switches. */
function switchOf(at: HostPlace): OvsSwitch {
  used.add(nameOf(at));
  const found = switches.get(nameOf(at)) ?? new OvsSwitch();
  switches.set(nameOf(at), found);
  return found;
}

function tell(at: HostPlace, lines: readonly string[]): void {
  switchOf(at).askBridge(bridgeNameOf(at.shard), ['bundle', '-'], `${lines.join('\n')}\n`);
}

/** What the switch of a host has for a set: flows, and rates by meter. */
function contentOf(at: HostPlace, objects: Objects): { flows: Flows; meters: ReadonlyMap<number, number> } {
  const model = SetModel.of(objects.values());
  const local = [...model.bindings.ofHost(at.host)];
  const bridge = bridgeNameOf(at.shard);
  const wiring = wiringOf(ownPortsOf(switchOf(at).interfaces(), bridge), local);
  const meters = local.flatMap(({ endpoint }) => {
    const [port, qos] = [wiring.portOf(endpoint), model.qos(endpoint)];
    return port === undefined || qos === undefined ? [] : [...metersOf(port, qos)];
  });
  const flows = objects.size === 0 ? new Map<string, never>() : flowsOf(model, { host: at.host, wiring });
  return { flows, meters: new Map(meters) };
}

/** Makes the flows and meters of one set those of another; mark and ports stay. */
function rewrite(
  at: HostPlace,
  { ledger, before, after }: { ledger: string; before: Objects; after: Objects },
): void {
  const [old, now] = [contentOf(at, before), contentOf(at, after)];
  const { add, remove } = differenceOf(old.flows, now.flows);
  const cookie = cookieOf({ ledger, shard: at.shard }, 0);
  tell(at, [
    ...remove.map(
      ({ table, priority, match }) =>
        `flow delete_strict table=${String(table)},priority=${String(priority)}${match && ','}${match}`,
    ),
    ...add.map((flow) => addLine(flow, cookie)),
  ]);
  for (const [id, kilobits] of now.meters)
    switchOf(at).askBridge(bridgeNameOf(at.shard), [
      old.meters.has(id) ? 'mod-meter' : 'add-meter',
      `meter=${String(id)},kbps,band=type=drop,rate=${String(kilobits)}`,
    ]);
}

/** Ends all switches that were named. */
export function endSwitches(): void {
  for (const each of switches.values()) each.end();
  switches.clear();
  used.clear();
  sockets.length = 0;
  programBytes = 0;
}

/** Sees what programs and sockets are given and give, and lets changes of flows fail, until the function that is returned is called. */
export function watchPrograms(): () => void {
  const { spawn } = childProcess;
  const spawning = vi.spyOn(childProcess, 'spawn');
  spawning.mockImplementation((name: string, args: readonly string[], options: SpawnOptions) => {
    const fault = args.includes('bundle') ? failing : undefined;
    if (fault !== undefined) failing = undefined;
    const script = fault === 'not-done' ? 'exit 1' : '"$@"; exit 1';
    const child =
      fault === undefined
        ? spawn(name, args, options)
        : spawn('sh', ['-c', script, name, name, ...args], options);
    const [input] = options.stdio ?? [];
    if (typeof input === 'number') programBytes += fstatSync(input).size;
    child.stdout?.on('data', (chunk: Buffer) => {
      programBytes += chunk.length;
    });
    return child;
  });
  const { connect } = net;
  const connecting = vi.spyOn(net, 'connect');
  connecting.mockImplementation((...args: Parameters<typeof connect>) => {
    const socket = connect(...args);
    sockets.push(socket);
    return socket;
  });
  syncBuiltinESMExports();
  return () => {
    spawning.mockRestore();
    connecting.mockRestore();
    syncBuiltinESMExports();
  };
}
