import { keyOf, type OverlayObject } from '../../../../events/overlay-objects.ts';
import type { Delta } from '../../delta.ts';
import { flowsOfUnit } from './compile.ts';
import { differenceOf, flowId, type Flow, type FlowChange, type Flows } from './flow.ts';
import type { SetModel } from './model.ts';
import { networksFacing, unitsOfFacing, unitsOfLocality, unitsTouchedBy } from './touched.ts';
import { unitKey, type Unit } from './unit.ts';
import { Vantage } from './vantage.ts';
import type { Wiring } from './wiring.ts';

/** A host, and how it is wired before and after a change: only ports of bindings in the change may be wired otherwise. */
export interface Rewiring {
  readonly host: string;
  readonly before: Wiring;
  readonly after: Wiring;
}

/** What a change of objects comes to at a host, and of how many units that was worked out. */
export interface CompiledChange extends FlowChange {
  readonly units: number;
}

/**
 * Compiles a change of a set for one host, at the cost of what the change concerns there. The model leads from the former
 * set to the new one.
 */
export function flowChange(model: SetModel, change: Delta, at: Rewiring): CompiledChange {
  const { host, before, after } = at;
  const atBefore = new Vantage(model, { host, wiring: before });
  const keys = new Set([...change.removed, ...change.put.map(keyOf)]);
  const former = objectsAt(model, keys);
  const networks = networksHere([...former.values(), ...change.put], host);
  const wereLocal = networks.map((vni) => atBefore.isLocal(vni));

  const back = model.follow(change);
  const latter = objectsAt(model, keys);
  const atAfter = new Vantage(model, { host, wiring: after });
  const moved = networks.filter((vni, index) => atAfter.isLocal(vni) !== wereLocal[index]);
  const units = new Map<string, Unit>();
  const exchanged = [...exchangedFor(former, latter), ...exchangedFor(latter, former)];
  collect(units, atAfter, { moved, exchanged });
  const faced = facing(model, exchanged);

  model.follow(back);
  collect(units, atBefore, { moved, exchanged });
  collectFacing(units, atBefore, faced);
  const flowsBefore = flowsOfUnits(atBefore, units);
  model.follow(change);
  return { ...differenceOf(flowsBefore, flowsOfUnits(atAfter, units)), units: units.size };
}

type ObjectsByKey = ReadonlyMap<string, OverlayObject>;

function objectsAt(model: SetModel, keys: Iterable<string>): ObjectsByKey {
  const found = new Map<string, OverlayObject>();
  for (const key of keys) {
    const object = model.get(key);
    if (object !== undefined) found.set(key, object);
  }
  return found;
}

/** The networks of some bindings at a host. */
function networksHere(objects: readonly OverlayObject[], host: string): number[] {
  return [
    ...new Set(
      objects.flatMap((object) => (object.kind === 'binding' && object.host === host ? [object.vni] : [])),
    ),
  ];
}

interface Exchanged {
  readonly object: OverlayObject;
  /** What the other of both sets has in its place. */
  readonly counterpart: OverlayObject | undefined;
}

function exchangedFor(objects: ObjectsByKey, others: ObjectsByKey): Exchanged[] {
  return Array.from(objects, ([key, object]) => ({ object, counterpart: others.get(key) }));
}

/** What is touched as either set has it: an object that is gone still names units that say something else now. */
function collect(
  units: Map<string, Unit>,
  vantage: Vantage,
  { moved, exchanged }: { moved: readonly number[]; exchanged: readonly Exchanged[] },
): void {
  const add = (unit: Unit): void => {
    units.set(unitKey(unit), unit);
  };
  for (const vni of moved) for (const unit of unitsOfLocality(vantage, vni)) add(unit);
  for (const { object, counterpart } of exchanged)
    for (const unit of unitsTouchedBy(vantage, object, counterpart)) add(unit);
}

/** The networks of which a change may have made that they face externals, or do no longer, and whether they do now. */
function facing(model: SetModel, exchanged: readonly Exchanged[]): ReadonlyMap<number, boolean> {
  const networks = exchanged.flatMap(({ object }) => [...networksFacing(model, object)]);
  return new Map(networks.map((vni) => [vni, model.externalsFrom.has(vni)]));
}

/**
 * All that such a network finds, where it is so indeed. To ask in one of both sets is enough: a route or an address that the other one
 * alone has is exchanged itself.
 */
function collectFacing(
  units: Map<string, Unit>,
  vantage: Vantage,
  latter: ReadonlyMap<number, boolean>,
): void {
  for (const [vni, isFacing] of latter)
    if (vantage.model.externalsFrom.has(vni) !== isFacing)
      for (const unit of unitsOfFacing(vantage, vni)) units.set(unitKey(unit), unit);
}

function flowsOfUnits(vantage: Vantage, units: ReadonlyMap<string, Unit>): Flows {
  const flows = new Map<string, Flow>();
  for (const unit of units.values())
    for (const flow of flowsOfUnit(vantage, unit)) flows.set(flowId(flow), flow);
  return flows;
}
