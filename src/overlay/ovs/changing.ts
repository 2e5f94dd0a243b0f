import { keyOf, type BindingObject, type OverlayObject } from '../../../events/overlay-objects.ts';
import { Fenced, MarkDiffers, OverlayUnavailable } from '../faults.ts';
import { isSameMark, refusalOf } from '../fence.ts';
import type { HeldSet, HostChange } from '../port.ts';
import { changeRules, leavesPorts } from './changing-rules.ts';
import { meddlingAmong } from './compare.ts';
import { emptyHost } from './emptying.ts';
import { RowsDiffer } from './ovsdb/fault.ts';
import { flowChange } from './pipeline/change.ts';
import { flowsOf } from './pipeline/compile.ts';
import type { SetModel } from './pipeline/model.ts';
import type { ShardModel, StepChange } from './shard-model.ts';
import { dumpFlows, putFlows, readBackStep, readBackWhole, type FlowsToPut } from './switch/flows.ts';
import { readHostMark, type FoundMark } from './switch/host-mark.ts';
import { wirePorts, type HostPorts } from './switch/host-ports.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { forgetLeftMark } from './switch/make-bridge.ts';
import { heldOf, isFenceLost, markOfOwner, type MarkText } from './switch/mark.ts';
import {
  limitsOf,
  portMeters,
  readBridgeMeters,
  removeMeters,
  setMeters,
  type Meters,
} from './switch/meters.ts';
import { BundleRefused } from './switch/ofctl.ts';
import { bindingKey } from './switch/own-ports.ts';

/**
 * Changes one host. Ports and meters of the new set come first, beside those of the old one; then its flows and its mark, in
 * one step that is taken only where the old mark is; then what only the old set needed goes. Whatever is cut off in between is
 * completed by the next change, and is no part of what the host holds.
 */
export async function changeHost(at: HostSwitch, models: ShardModel, change: HostChange): Promise<HeldSet> {
  const found = await readHostMark(at);
  requireLeadsOn(at, found, change);
  try {
    const to = markOfOwner(at.owner, change);
    if (change.after.size === 0) return await emptyHost(at, found, to);
    const step = stepOf(found, change);
    if (step !== undefined && leavesPorts(at.host, step)) await changeRules(at, models, { found, step });
    else await fillHost(at, models, { found, change, step });
    return heldOf(to);
  } catch (fault) {
    const isLost = fault instanceof RowsDiffer || (fault instanceof BundleRefused && isFenceLost(fault));
    throw isLost ? new MarkDiffers(at.host, change.plan) : fault;
  }
}

function requireLeadsOn({ host }: HostSwitch, { mark }: FoundMark, change: HostChange): void {
  if (mark.kind === 'unreadable' && mark.ofAnother !== undefined)
    throw new Fenced({ host, plan: change.plan, held: mark.ofAnother, is: 'shard' });
  const refusal = refusalOf(host, mark, change);
  if (refusal !== undefined) throw refusal;
}

async function fillHost(
  at: HostSwitch,
  models: ShardModel,
  { found, change, step }: { found: FoundMark; change: HostChange; step: StepChange | undefined },
): Promise<void> {
  const ports = await wirePorts(at, found.standing, portsWanted(at.host, models, { found, change, step }));
  // The switch follows its database meanwhile.
  const { flows, meters } = compiled(at.host, models, { change, step, ports });
  await ports.settled();
  const connection = await at.openFlow();
  const there = await readBridgeMeters(connection);
  await setMeters(connection, { found: there, wanted: meters });
  const to = markOfOwner(at.owner, change);
  await putFlows(at, { from: found.atBridge, to, flows, forget: ports.newZones });
  const others = await readBack(at, to, flows);
  await removeMeters(
    connection,
    ports.ofports.flatMap(portMeters).filter((id) => there.has(id) && !meters.has(id)),
  );
  await ports.finish();
  await forgetLeftMark(at, found.standing);
  if (others > 0) await requireNoMeddling(at);
}

/** Reads back what was put. Gives how many flows of others are beside a whole set; beside a step they are left alone. */
async function readBack(at: HostSwitch, to: MarkText, flows: FlowsToPut): Promise<number> {
  switch (flows.kind) {
    case 'whole':
      return readBackWhole(at, { to, flows: flows.flows.size });
    case 'step':
      await readBackStep(at, { to, ...flows });
      return 0;
  }
}

/**
 * A whole set is given where nothing is known of what is there. What somebody else put beside it stays, and where that may decide
 * about packets, the host does not hold the set, whatever its mark says.
 */
async function requireNoMeddling(at: HostSwitch): Promise<void> {
  const meddling = meddlingAmong(at, (await dumpFlows(at)).values());
  if (meddling !== undefined) throw new OverlayUnavailable(meddling.problem);
}

/** The change as a step from what the host holds; undefined where it is put whole. A host without objects has no flows. */
function stepOf({ mark, atBridge }: FoundMark, change: HostChange): StepChange | undefined {
  const { from } = change;
  const isStep =
    typeof from !== 'string' && atBridge.kind === 'marked' && mark.kind === 'marked' && mark.objects > 0;
  return isStep ? { ...change, from } : undefined;
}

function portsWanted(
  host: string,
  models: ShardModel,
  of: { found: FoundMark; change: HostChange; step: StepChange | undefined },
): Parameters<typeof wirePorts>[2] {
  const { found, change, step } = of;
  const { before, after } = bindingsOf(host, models, { change, step });
  const own = change.after.get(`host/${host}`);
  const isLed = step !== undefined && found.mark.kind === 'marked' && !isSameMark(found.mark, change);
  const keys = new Set(before.map(bindingKey));
  return {
    before,
    after,
    // A host that takes something whole keeps the connections of what it may have had before.
    isKept: (binding) => !isLed || keys.has(bindingKey(binding)),
    seed: `${String(change.plan)}/${change.digest}`,
    tunnelIp: own?.kind === 'host' && after.length > 0 ? own.tunnelIp : undefined,
    isFirst: found.mark.kind !== 'marked' || found.mark.objects === 0,
  };
}

/** The host's bindings in the set before and in the one to come. */
function bindingsOf(
  host: string,
  models: ShardModel,
  { change, step }: { change: HostChange; step: StepChange | undefined },
): { before: BindingObject[]; after: BindingObject[] } {
  if (step === undefined) return { before: [], after: localBindings(host, change.after.values()) };
  const before = [...models.before(step).bindings.ofHost(host)];
  const after = new Map(before.map((binding) => [keyOf(binding), binding]));
  for (const key of [...step.removed, ...step.put.map(keyOf)]) after.delete(key);
  for (const binding of localBindings(host, step.put)) after.set(keyOf(binding), binding);
  return { before, after: [...after.values()] };
}

function localBindings(host: string, objects: Iterable<OverlayObject>): BindingObject[] {
  const bindings: BindingObject[] = [];
  for (const object of objects) if (object.kind === 'binding' && object.host === host) bindings.push(object);
  return bindings;
}

/** The flows and meters of the set to come. The model is used without waiting for anything, since hosts share it. */
function compiled(
  host: string,
  models: ShardModel,
  of: { change: HostChange; step: StepChange | undefined; ports: HostPorts },
): { flows: FlowsToPut; meters: Meters } {
  const { change, step, ports } = of;
  if (step !== undefined) {
    const rewiring = { host, before: ports.before, after: ports.after };
    const model = models.before(step);
    const { add, remove } = flowChange(model, step, rewiring);
    models.isLedOn(step);
    return {
      flows: { kind: 'step', add, remove },
      meters: limitsOf(model, { endpoints: endpointsAt(model, host), wiring: ports.after }),
    };
  }
  const model = models.of({ digest: change.digest, objects: change.after.values() });
  const flows = flowsOf(model, { host, wiring: ports.after });
  return {
    flows: { kind: 'whole', flows },
    meters: limitsOf(model, { endpoints: endpointsAt(model, host), wiring: ports.after }),
  };
}

function endpointsAt(model: SetModel, host: string): string[] {
  return Array.from(model.bindings.ofHost(host), ({ endpoint }) => endpoint);
}
