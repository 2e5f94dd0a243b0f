import { keyOf, type BindingObject, type OverlayObject } from '../../../events/overlay-objects.ts';
import { inTurn } from '../../runtime/in-turn.ts';
import { Fenced, FoundBeside, MarkDiffers } from '../faults.ts';
import { isSameMark, refusalOf } from '../fence.ts';
import type { HeldSet, HostChange } from '../port.ts';
import { changeRules, leavesPorts, qosIn } from './changing-rules.ts';
import { emptyHost } from './emptying.ts';
import { RowsDiffer } from './ovsdb/fault.ts';
import { flowChange } from './pipeline/change.ts';
import { eachFlow } from './pipeline/compile.ts';
import { requireOursAlone } from './reached.ts';
import type { ShardModel, StepChange } from './shard-model.ts';
import { forgetCachedFlows } from './switch/cached-flows.ts';
import {
  readBackStep,
  readBackWhole,
  writeFlows,
  type FlowsToPut,
  type WrittenFlows,
} from './switch/flows.ts';
import { findFlows } from './switch/found-flows.ts';
import { readHostMark, type FoundMark } from './switch/host-mark.ts';
import { wirePorts, type HostPorts } from './switch/host-ports.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { forgetLeftMark, letSpeak, tidyListeners } from './switch/make-bridge.ts';
import { heldOf, isFenceLost, markOfOwner, type MarkText } from './switch/mark.ts';
import { meddlingAmong } from './switch/meddling.ts';
import { limitsOf, portMeters, readBridgeMeters, removeMeters, setMeters } from './switch/meters.ts';
import { BundleRefused } from './switch/ofctl.ts';
import { ownNumbers, resetOpenFlowSettings } from './switch/openflow-settings.ts';
import { bindingKey, keyGoneOnWith } from './switch/own-ports.ts';
import { hostKey } from './switch/owner.ts';
import { readOthersSettings, type OthersSettings } from './switch/settings.ts';

/**
 * Changes one host. Ports and meters of the new set come first, beside those of the old one; then its flows and its mark, in
 * one step that is taken only where the old mark is; then what only the old set needed goes. Whatever is cut off in between is
 * completed by the next change, and is no part of what the host holds.
 */
export async function changeHost(at: HostSwitch, models: ShardModel, change: HostChange): Promise<HeldSet> {
  const first = await readHostMark(at);
  const found = (await letSpeak(at, first.standing)) ? await readHostMark(at) : first;
  requireLeadsOn(at, found, change);
  await tidyListeners(at, found.standing);
  try {
    const to = markOfOwner(at.owner, change);
    if (change.after.size === 0) return await emptyHost(at, found, to);
    const step = stepOf(found, change);
    if (step !== undefined && isTaken(found) && leavesPorts(at.host, step))
      await changeRules(at, models, { found, step });
    else await fillHost(at, models, { found, change, step });
    await requireOursAlone(at, models, change);
    return heldOf(to);
  } catch (fault) {
    const isLost = fault instanceof RowsDiffer || (fault instanceof BundleRefused && isFenceLost(fault));
    throw isLost ? new MarkDiffers(at.host, change.plan) : fault;
  }
}

/** Whether the bridge says of which host it is. Those of earlier versions do not: it is written there first. */
function isTaken({ standing: { bridge } }: FoundMark): boolean {
  return bridge?.row.external_ids.has(hostKey) === true;
}

function requireLeadsOn({ host }: HostSwitch, { mark }: FoundMark, change: HostChange): void {
  if (mark.kind === 'unreadable' && mark.ofAnother !== undefined)
    throw new Fenced({ host, plan: change.plan, held: mark.ofAnother, is: 'shard' });
  const refusal = refusalOf(host, mark, change);
  if (refusal !== undefined) throw refusal;
}

/** What a host is changed with. */
interface Filling {
  readonly found: FoundMark;
  readonly change: HostChange;
  readonly step: StepChange | undefined;
}

async function fillHost(at: HostSwitch, models: ShardModel, filling: Filling): Promise<void> {
  const { found, change } = filling;
  const wanted = portsWanted(at.host, models, filling);
  const ports = await wirePorts(at, found.standing, wanted);
  // The flows name ports by numbers that were chosen here: they are written while the switch follows its database.
  const { flows, written } = await writtenFlows(at, models, { filling, ports });
  await using bundle = written;
  await ports.settled();
  const connection = await at.openFlow();
  const there = await readBridgeMeters(connection);
  const meters = limitsOf(
    { qos: (endpoint) => qosIn(change, endpoint) },
    { endpoints: wanted.after.map(({ endpoint }) => endpoint), wiring: ports.after },
  );
  await setMeters(connection, { found: there, wanted: meters });
  await bundle.put();
  const [others, settings] = await Promise.all([
    readBack(at, markOfOwner(at.owner, change), { flows, added: bundle.added }),
    flows.kind === 'whole' ? readOthersSettings(at) : undefined,
  ]);
  if (settings !== undefined) await resetOpenFlowSettings(connection, ownNumbers(ports.ofports));
  await removeMeters(
    connection,
    ports.ofports.flatMap(portMeters).filter((id) => there.has(id) && !meters.has(id)),
  );
  await ports.finish();
  await forgetLeftMark(at, found.standing);
  if (settings === undefined) return;
  await requireNoMeddling(at, { others, settings });
  // Whatever was there before, and whoever put it, no packet goes by it any more. Through a new bridge none went.
  if (found.standing.bridge !== undefined) await forgetCachedFlows(at);
}

/**
 * Compiles and writes the flows of the set to come. Hosts take turns, since this process does one after the other anyway: so the switch
 * of one works at its ports and flows while those of the next are compiled.
 */
async function writtenFlows(
  at: HostSwitch,
  models: ShardModel,
  { filling, ports }: { filling: Filling; ports: HostPorts },
): Promise<{ flows: FlowsToPut; written: WrittenFlows }> {
  const { found, change } = filling;
  return await inTurn('flows of switches', async () => {
    const flows = compiled(at.host, models, { filling, ports });
    const to = markOfOwner(at.owner, change);
    const written = await writeFlows(at, { from: found.atBridge, to, flows, forget: ports.newZones });
    return { flows, written };
  });
}

/** Reads back what was put. Gives how many flows of others are beside a whole set; beside a step they are left alone. */
async function readBack(
  at: HostSwitch,
  to: MarkText,
  { flows, added }: { flows: FlowsToPut; added: number },
): Promise<number> {
  switch (flows.kind) {
    case 'whole':
      return readBackWhole(at, { to, flows: added });
    case 'step':
      await readBackStep(at, { to, ...flows });
      return 0;
  }
}

/**
 * A whole set is given where nothing is known of what is there. What somebody else put beside it stays, and where that may decide
 * about packets, the host does not hold the set, whatever its mark says.
 */
async function requireNoMeddling(
  at: HostSwitch,
  { others, settings }: { others: number; settings: OthersSettings },
): Promise<void> {
  const flows = others > 0 ? (await findFlows(at)).others : [];
  const meddling = meddlingAmong(at, { flows, settings });
  if (meddling !== undefined) throw new FoundBeside(meddling.problem);
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
  { found, change, step }: Filling,
): Parameters<typeof wirePorts>[2] {
  const { before, after } = bindingsOf(host, models, { change, step });
  const own = change.after.get(`host/${host}`);
  const isLed = step !== undefined && found.mark.kind === 'marked' && !isSameMark(found.mark, change);
  const had = new Map(before.map((binding) => [keyOf(binding), binding]));
  return {
    before,
    after,
    // A host that takes something whole keeps the connections of what it may have had before.
    isLed,
    keptKey: (binding) => (isLed ? keyGoneOnWith(binding, had) : bindingKey(binding)),
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

/** The flows of the set to come. The model is used without waiting for anything, since hosts share it. */
function compiled(
  host: string,
  models: ShardModel,
  { filling: { change, step }, ports }: { filling: Filling; ports: HostPorts },
): FlowsToPut {
  if (step === undefined) {
    const model = models.of({ digest: change.digest, objects: change.after.values() });
    return { kind: 'whole', flows: eachFlow(model, { host, wiring: ports.after }) };
  }
  const { add, remove } = flowChange(models.before(step), step, {
    host,
    before: ports.before,
    after: ports.after,
  });
  models.isLedOn(step);
  return { kind: 'step', add, remove };
}
