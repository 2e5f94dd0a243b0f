import type { BindingObject } from '../../../../events/overlay-objects.ts';
import { addressesOf } from './binding-index.ts';
import { cutUnitsOf } from './cut-flows.ts';
import { sides } from './grant-index.ts';
import type { SetModel } from './model.ts';
import { unitKey, type Unit } from './unit.ts';
import type { Vantage } from './vantage.ts';

/** The units of a host that may have flows. Each comes once. */
export function* unitsOf(vantage: Vantage): Generator<Unit> {
  const { model, host } = vantage;
  yield { kind: 'static' };
  for (const ip of model.hostsByTunnel.keys()) yield { kind: 'tunnel', ip };
  for (const { endpoint } of model.bindings.ofHost(host)) yield { kind: 'port', endpoint };
  yield* unitsOfCuts(model);
  const local = vantage.localNetworks();
  const heard = new Set(Array.from(local).flatMap((vni) => [...vantage.sourcesOf(vni)]));
  for (const vni of heard) yield* unitsOfSource(vantage, vni);
  const portSets = new Set<string>();
  for (const vni of local)
    for (const unit of unitsOfJudge(vantage, vni)) {
      // Many pairs have one port set.
      if (unit.kind === 'ports' && portSets.has(unit.portSet)) continue;
      if (unit.kind === 'ports') portSets.add(unit.portSet);
      // A route between two networks that are both here comes with the one that it leads from.
      const isOfRoute = unit.kind === 'dropped' || unit.kind === 'exempt';
      if (isOfRoute && unit.from !== vni && local.has(unit.from)) continue;
      yield unit;
    }
}

/** The units of all that quarantine drops; several acls may have one. */
function unitsOfCuts(model: SetModel): Iterable<Unit> {
  const units = new Map<string, Unit>();
  for (const end of model.cutsFrom.keys())
    for (const acl of model.cutsFrom.of(end))
      for (const unit of cutUnitsOf(model, acl)) units.set(unitKey(unit), unit);
  return units.values();
}

/** The units that say from where a network is heard, and whom it finds. */
export function* unitsOfSource(vantage: Vantage, vni: number): Generator<Unit> {
  yield { kind: 'source', vni };
  yield* acceptUnits(vantage, vni);
  yield { kind: 'externals', vni };
  yield* addressUnits(vni, bindingsFoundBy(vantage, vni));
}

/** The bindings that a network finds, as far as its packets to them come by here. */
export function* bindingsFoundBy(vantage: Vantage, vni: number): Generator<BindingObject> {
  const { bindings } = vantage.model;
  const isLocal = vantage.isLocal(vni);
  for (const to of vantage.reachOf(vni)) {
    if (isLocal) yield* bindings.ofNetwork(to);
    else if (vantage.isLocal(to)) yield* bindings.at({ vni: to, host: vantage.host });
  }
}

/** The units by which a network is accepted from tunnel addresses. */
export function* acceptUnits({ model }: Vantage, vni: number): Generator<Unit> {
  const ips = new Set<string>();
  for (const carrier of model.bindings.carriersOf(vni)) {
    const ip = model.host(carrier)?.tunnelIp;
    if (ip === undefined || ips.has(ip)) continue;
    ips.add(ip);
    yield { kind: 'accept', vni, ip };
  }
}

/** The units of a network's pairs: what is granted at its side, exempt of a cut, and dropped. */
export function* unitsOfJudge({ model }: Vantage, vni: number): Generator<Unit> {
  for (const pair of model.pairsOf(vni)) {
    yield { kind: 'pair', ...pair };
    yield { kind: 'ports', portSet: model.portSetOf(pair) };
  }
  for (const to of model.routesFrom.of(vni)) yield* unitsOfRoute(model, { from: vni, to });
  for (const from of model.routesTo.of(vni)) if (from !== vni) yield* unitsOfRoute(model, { from, to: vni });
}

export function* unitsOfRoute(model: SetModel, { from, to }: { from: number; to: number }): Generator<Unit> {
  // Where nothing is cut, nothing is exempt.
  if (model.cutsFrom.size > 0) yield* exemptUnits({ from, to });
  yield { kind: 'dropped', from, to };
}

/** A pair of networks with a route, as cuts of both sides may exempt it. */
export function* exemptUnits({ from, to }: { from: number; to: number }): Generator<Unit> {
  for (const side of sides) yield { kind: 'exempt', side, from, to };
}

/** The units of the addresses of some endpoints, as a network finds them. Endpoints of several networks may have one address. */
export function* addressUnits(vni: number, bindings: Iterable<BindingObject>): Generator<Unit> {
  const ips = new Set<string>();
  for (const binding of bindings)
    for (const { ip } of addressesOf(binding)) {
      if (ips.has(ip)) continue;
      ips.add(ip);
      yield { kind: 'address', vni, ip };
    }
}
