import { sideBySide } from '../../runtime/side-by-side.ts';
import { isHostFault, OverlayUnavailable, requireFit, type HostFault } from '../faults.ts';
import type { HostPlace, OverlayProbe, Packet, ProbeResult } from '../port.ts';
import type { ConfiguredInterface } from './ovsdb/tables.ts';
import { isLearnedCookie } from './pipeline/learned.ts';
import { hex } from './pipeline/spelling.ts';
import { tables, tunnelPorts } from './pipeline/tables.ts';
import { readHostMark } from './switch/host-mark.ts';
import { HostSwitch, type SwitchAddress, type SwitchSettings } from './switch/host-switch.ts';
import { isCookieOf } from './switch/owner.ts';
import { ownPortsOf, readOwnInterfaces } from './switch/switch-view.ts';
import { Unixctl } from './switch/unixctl.ts';
import { follow, type TracedBridge, type TracedOverlay } from './tracing/walk.ts';

/** A host of a shard, and how its switch is reached. */
export interface SwitchPlace extends HostPlace {
  readonly address: SwitchAddress;
}

/** The switches of all shards of this overlay. */
export interface TracedSwitches extends SwitchSettings, Pick<TracedOverlay, 'elsewhere'> {
  readonly ledger: string;
  readonly places: readonly SwitchPlace[];
}

/** How many hosts are asked at once. */
const hostsAtOnce = 16;

/** How long one answer of a tracer may take, in milliseconds. */
const traceMs = 10_000;

/**
 * Answers for shards on Open vSwitch, by the tracer of each switch that a packet meets. Every host is asked for its mark first, so
 * that each is named that keeps the overlay from answering.
 */
export function ovsProbe(switches: TracedSwitches): OverlayProbe {
  return {
    probe: async (from, packet) => {
      using tracing = await OvsTracing.open(switches);
      return await tracing.probe(from, packet);
    },
  };
}

/** Hosts as they stand at one time, for many packets: connections are kept, and which ports are there is not asked again. */
export class OvsTracing implements OverlayProbe, Disposable {
  readonly #overlay: TracedOverlay;
  readonly #kept: DisposableStack;

  private constructor(overlay: TracedOverlay, kept: DisposableStack) {
    this.#overlay = overlay;
    this.#kept = kept;
  }

  /** Throws what `probe` throws of hosts that cannot be read. */
  static async open(switches: TracedSwitches): Promise<OvsTracing> {
    using kept = new DisposableStack();
    const faults: HostFault[] = [];
    const bridges = await sideBySide(switches.places, {
      atOnce: hostsAtOnce,
      work: async (place) => {
        try {
          return await bridgeAt(place, switches, kept);
        } catch (fault) {
          if (!isHostFault(fault)) throw fault;
          faults.push(named(place, fault));
          return undefined;
        }
      },
    });
    requireFit(faults);
    const overlay = {
      bridges: bridges.filter((bridge) => bridge !== undefined),
      elsewhere: switches.elsewhere,
    };
    return new OvsTracing(overlay, kept.move());
  }

  probe(from: string, packet: Packet): Promise<ProbeResult> {
    return follow(this.#overlay, from, packet);
  }

  [Symbol.dispose](): void {
    this.#kept.dispose();
  }
}

/** A socket is named by its path alone, and one host of a name may be in two shards. */
function named({ shard, host }: HostPlace, fault: HostFault): HostFault {
  return fault instanceof OverlayUnavailable
    ? new OverlayUnavailable(`host ${host} of ${shard}: ${fault.message}`, fault)
    : fault;
}

/** The bridge of a host; undefined where the host holds nothing. */
async function bridgeAt(
  { shard, host, address }: SwitchPlace,
  switches: TracedSwitches,
  kept: DisposableStack,
): Promise<TracedBridge | undefined> {
  const { ledger, clock } = switches;
  const at = kept.use(new HostSwitch(host, { ledger, shard }, { address, settings: switches }));
  const { mark, standing } = await readHostMark(at);
  if (mark.kind === 'unreadable')
    throw new OverlayUnavailable(
      `${mark.problem}: isoledger rebuild --shard ${shard} restores it, and records what was found`,
    );
  if (mark.kind === 'nothing' || standing.bridge === undefined) return undefined;
  const interfaces = await readOwnInterfaces(at.database, at.bridge);
  const daemon = kept.use(new Unixctl({ host, endpoints: at.endpoints, clock, requestMs: traceMs }));
  return tracedBridge(at, daemon, [...interfaces.values()]);
}

function tracedBridge(
  at: HostSwitch,
  daemon: Unixctl,
  interfaces: readonly ConfiguredInterface[],
): TracedBridge {
  const ports = [...ownPortsOf(interfaces, at.bridge).values()];
  const endpoints = new Map(ports.map(({ endpoint, ofport }) => [ofport, endpoint]));
  const macs = new Map<number, Promise<string | undefined>>();
  return {
    host: at.host,
    bridge: at.bridge,
    tunnels: tunnelsOf(interfaces),
    portsOf: (name) => ports.filter(({ endpoint }) => endpoint === name).map(({ ofport }) => ofport),
    endpointOf: (ofport) => endpoints.get(ofport),
    macOf: (ofport) => {
      const mac = macs.get(ofport) ?? readMac(at, ofport);
      macs.set(ofport, mac);
      return mac;
    },
    isOwn: (cookie) => isCookieOf(at.owner, cookie) || isLearnedCookie(cookie),
    trace: (flow) => daemon.ask('ofproto/trace', at.bridge, flow, ...opening),
  };
}

/** A packet passes at most two ports on a host, and to the connections of either it is new. */
const opening = ['--ct-next', 'trk,new', '--ct-next', 'trk,new'];

function tunnelsOf(interfaces: readonly ConfiguredInterface[]): TracedBridge['tunnels'] {
  return new Map(
    (['vxlan', 'geneve'] as const).flatMap((type) =>
      interfaces
        .filter((row) => row.type === type && row.ofport_request === tunnelPorts[type])
        .map(({ options }) => options.get('local_ip'))
        .filter((ip) => ip !== undefined)
        .map((ip) => [type, ip] as const),
    ),
  );
}

/** Where a port is in the database and no flow sends to it, it is nobody's: a change was cut off, or is under way. */
async function readMac({ ofctl }: HostSwitch, ofport: number): Promise<string | undefined> {
  let mac: string | undefined;
  await ofctl.dumpFlows(
    (line) => {
      mac = /set_field:([0-9a-f:]{17})->eth_dst/.exec(line)?.[1] ?? mac;
    },
    `table=${String(tables.output)},reg6=${hex(ofport)}`,
  );
  return mac;
}
