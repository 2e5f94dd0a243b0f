import {
  keyOf,
  type BindingObject,
  type OverlayObject,
  type QosObject,
} from '../../../events/overlay-objects.ts';
import type { HostChange } from '../port.ts';
import { flowChange } from './pipeline/change.ts';
import type { FlowChange } from './pipeline/flow.ts';
import type { PortWiring, Wiring } from './pipeline/wiring.ts';
import type { ShardModel, StepChange } from './shard-model.ts';
import { putFlows, readBackStep } from './switch/flows.ts';
import type { FoundMark } from './switch/host-mark.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { markOfOwner } from './switch/mark.ts';
import { limitsOf, portMeters, readBridgeMeters, removeMeters, setMeters } from './switch/meters.ts';
import { wiringOf } from './switch/own-ports.ts';
import { ownPortsOf, readInterfacesOf } from './switch/switch-view.ts';

/** Whether a change leaves all ports of a host as they are: those of endpoints and externals, and those of its tunnels. */
export function leavesPorts(host: string, { put, former }: StepChange): boolean {
  const isOfPorts = (object: OverlayObject | undefined): boolean =>
    (object?.kind === 'binding' || object?.kind === 'host') && object.host === host;
  return !put.some(isOfPorts) && ![...former.values()].some(isOfPorts);
}

/**
 * Changes what is let through at a host, and how much, where its ports stay as they are. Only those ports are asked for that the
 * changed flows name: a host may have thousands.
 */
export async function changeRules(
  at: HostSwitch,
  models: ShardModel,
  { found, step }: { found: FoundMark; step: StepChange },
): Promise<void> {
  const { change, wiring } = await compiledWithPorts(at, models, step);
  const limits = limitsChanged(at.host, step);
  const wanted = limitsOf({ qos: (endpoint) => qosIn(step, endpoint) }, { endpoints: limits, wiring });
  const connection = await at.openFlow();
  const there = limits.length === 0 ? new Map<number, number>() : await readBridgeMeters(connection);
  await setMeters(connection, { found: there, wanted });
  const to = markOfOwner(at.owner, step);
  const flows = { kind: 'step', ...change } as const;
  await putFlows(at, { from: found.atBridge, to, flows, forget: [] });
  await readBackStep(at, { to, ...change });
  const ports = limits.map((endpoint) => wiring.portOf(endpoint)).filter((port) => port !== undefined);
  await removeMeters(
    connection,
    ports.flatMap(({ ofport }) => portMeters(ofport)).filter((id) => there.has(id) && !wanted.has(id)),
  );
}

/** Compiles a change, asks for the ports that it needed and did not know, and compiles it anew, until it knows all of them. */
async function compiledWithPorts(
  at: HostSwitch,
  models: ShardModel,
  step: StepChange,
): Promise<{ change: FlowChange; wiring: Wiring }> {
  const wiring = new AskedWiring();
  for (;;) {
    const change = flowChange(models.before(step), step, { host: at.host, before: wiring, after: wiring });
    models.isLedOn(step);
    if (wiring.asked.size === 0) return { change, wiring };
    const bindings = Array.from(wiring.asked, (endpoint) => bindingIn(step, endpoint)).filter(
      (binding) => binding !== undefined,
    );
    const rows = await readInterfacesOf(at.database, {
      bridge: at.bridge,
      devices: bindings.map(({ interface: name }) => name),
    });
    wiring.learn(wiringOf(ownPortsOf(rows, at.bridge), bindings));
  }
}

/** The wiring of those ports that were learned. Of any other it notes that it was asked, and gives a port that is none. */
class AskedWiring implements Wiring {
  readonly asked = new Set<string>();
  readonly #known = new Map<string, PortWiring | undefined>();

  portOf(endpoint: string): PortWiring | undefined {
    if (this.#known.has(endpoint)) return this.#known.get(endpoint);
    this.asked.add(endpoint);
    return { ofport: 0, zone: 0 };
  }

  /** Learns what was asked. */
  learn(wiring: Wiring): void {
    for (const endpoint of this.asked) this.#known.set(endpoint, wiring.portOf(endpoint));
    this.asked.clear();
  }
}

/** The local endpoints whose limits a change touches. */
function limitsChanged(host: string, step: StepChange): string[] {
  const keys = [...step.removed, ...step.put.map(keyOf)].filter((key) => key.startsWith('qos/'));
  return keys
    .map((key) => key.slice('qos/'.length))
    .filter((endpoint) => bindingIn(step, endpoint)?.host === host);
}

function bindingIn({ after }: StepChange, endpoint: string): BindingObject | undefined {
  const object = after.get(`binding/${endpoint}`);
  return object?.kind === 'binding' ? object : undefined;
}

/** What the set to come says of the rates of an endpoint. */
export function qosIn({ after }: HostChange, endpoint: string): QosObject | undefined {
  const object = after.get(`qos/${endpoint}`);
  return object?.kind === 'qos' ? object : undefined;
}
