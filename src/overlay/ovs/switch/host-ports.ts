import type { BindingObject } from '../../../../events/overlay-objects.ts';
import type { Wiring } from '../pipeline/wiring.ts';
import { isWired, type WantedBridge } from './bridge-change.ts';
import type { HostSwitch } from './host-switch.ts';
import { changeBridge, makeBridge, takeBack } from './make-bridge.ts';
import type { OpenFlowConnection } from './openflow-connection.ts';
import { flushZones } from './meters.ts';
import { ownerKey, wiringOf, type OwnPort } from './own-ports.ts';
import {
  ownPortsOf,
  portsOfBridge,
  readOwnInterfaces,
  readSwitchPorts,
  zonesOfInterface,
  type SwitchPorts,
  type SwitchStanding,
} from './switch-view.ts';
import { isFinal, planWiring, type WiringPlan } from './wiring-plan.ts';

/** The ports of a host for a change of its set. */
interface PortsWanted {
  /** The host's bindings in the set before, and in the one to come. */
  readonly before: readonly BindingObject[];
  readonly after: readonly BindingObject[];
  readonly keptKey: (binding: BindingObject) => string | undefined;
  readonly isLed: boolean;
  readonly seed: string;
  /** The tunnel address of the host in the set to come; undefined where it has none, or no port. */
  readonly tunnelIp: string | undefined;
  /** Whether the host held nothing before. */
  readonly isFirst: boolean;
}

/** The ports of a host while a change is under way: those of the set before and those of the one to come. */
export interface HostPorts {
  readonly before: Wiring;
  readonly after: Wiring;
  /** Zones that were chosen now. */
  readonly newZones: readonly number[];
  /** Numbers of all ports of ours that were there before. */
  readonly ofports: readonly number[];
  /** Returns once the switch has the ports, and no connection of before is in a zone that was chosen now. */
  readonly settled: () => Promise<void>;
  /** Takes away what only the set before needed. Comes after `settled`. */
  readonly finish: () => Promise<void>;
}

/**
 * Makes the bridge and the ports that a set to come needs; those of the set before stay. The switch has them once they are settled.
 * Throws RowsDiffer where somebody changes the ports at once; InTheWay; OverlayUnavailable.
 */
export async function wirePorts(
  at: HostSwitch,
  { bridge }: SwitchStanding,
  wanted: PortsWanted,
): Promise<HostPorts> {
  if (bridge !== undefined && !wanted.isFirst) {
    const interfaces = Array.from((await readOwnInterfaces(at.database, at.bridge)).values());
    const ports = ownPortsOf(interfaces, at.bridge);
    const plan = planWiring({ ports, takenOfports: new Set(), takenZones: new Set() }, wanted);
    const isDone =
      plan.newZones.length === 0 &&
      isWired(bridgeOf(at, wanted, plan.after), { bridge: bridge.row, interfaces });
    if (isDone) return hostPorts({ ports, plan, wanted, settled: nothing, finish: nothing });
  }
  const seen = await readSwitchPorts(at.database, at.bridge);
  const ports = ownPortsOf(seen.interfaces.values(), at.bridge);
  const plan = planWiring({ ports, ...takenIn(seen, at.bridge) }, wanted);
  const tunnelIp = wanted.tunnelIp ?? tunnelIpIn(seen, at.bridge);
  const changed = await changeBridge(at, seen, bridgeOf(at, { ...wanted, tunnelIp }, plan.during));
  let made = seen.bridge;
  const settled = async (): Promise<void> => {
    made = await changed.followed();
    await flushZones(await heard(at, { isNew: seen.bridge === undefined, made }), plan.newZones);
  };
  const finish = async (): Promise<void> => {
    if (isFinal(plan) && tunnelIp === wanted.tunnelIp) return;
    // Whatever was changed since is no bridge that was made here, and refuses what leads on from it.
    const now = { ...(await readSwitchPorts(at.database, at.bridge)), bridge: made };
    await makeBridge(at, now, bridgeOf(at, { ...wanted, isFirst: false }, plan.after));
  };
  return hostPorts({ ports, plan, wanted, settled, finish });
}

/**
 * The connection to a bridge. One that was made now and is not heard over OpenFlow is taken away again: else a host that reaches the
 * database alone would keep a switch that it can never drive from whoever can.
 */
async function heard(
  at: HostSwitch,
  { isNew, made }: { isNew: boolean; made: SwitchPorts['bridge'] },
): Promise<OpenFlowConnection> {
  try {
    return await at.openFlow();
  } catch (fault) {
    if (isNew) await takeBack(at, made);
    throw fault;
  }
}

const nothing = (): Promise<void> => Promise.resolve();

function hostPorts(of: {
  ports: ReadonlyMap<string, OwnPort>;
  plan: WiringPlan;
  wanted: PortsWanted;
  settled: () => Promise<void>;
  finish: () => Promise<void>;
}): HostPorts {
  const { ports, plan, wanted, settled, finish } = of;
  return {
    before: wiringOf(ports, wanted.before),
    after: wiringOf(plan.after, wanted.after),
    newZones: plan.newZones,
    ofports: Array.from(ports.values(), ({ ofport }) => ofport),
    settled,
    finish,
  };
}

function bridgeOf(
  { bridge, owner, host }: HostSwitch,
  { tunnelIp, isFirst }: Pick<PortsWanted, 'tunnelIp' | 'isFirst'>,
  ports: ReadonlyMap<string, OwnPort>,
): WantedBridge {
  return { name: bridge, owner, host, ports, tunnelIp, isFirst };
}

/** The numbers and zones of a switch that others have. */
function takenIn(
  seen: SwitchPorts,
  bridge: string,
): { takenOfports: ReadonlySet<number>; takenZones: ReadonlySet<number> } {
  const others = Array.from(portsOfBridge(seen, seen.bridge?.row).values())
    .flatMap(({ interfaces }) => interfaces.map(({ row }) => row))
    .filter((row) => row.external_ids.get(ownerKey) !== bridge);
  const ofports = others.flatMap(({ ofport, ofport_request: asked }) => [ofport, asked]);
  return {
    takenOfports: new Set(ofports.filter((ofport) => ofport !== undefined)),
    takenZones: new Set(
      Array.from(seen.interfaces.values())
        .filter((row) => row.external_ids.get(ownerKey) !== bridge)
        .flatMap(zonesOfInterface),
    ),
  };
}

/** The address of the tunnels that a bridge has. */
function tunnelIpIn(seen: SwitchPorts, bridge: string): string | undefined {
  const tunnels = Array.from(seen.interfaces.values()).filter(
    ({ type, external_ids: ids }) => ids.get(ownerKey) === bridge && type !== '' && type !== 'internal',
  );
  return tunnels.map(({ options }) => options.get('local_ip')).find((ip) => ip !== undefined);
}
