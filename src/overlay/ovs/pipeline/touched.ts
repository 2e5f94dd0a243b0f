import type {
  BindingObject,
  HostObject,
  NetworkObject,
  OverlayObject,
  QuarantineAcl,
} from '../../../../events/overlay-objects.ts';
import { isEndpoint } from './binding-index.ts';
import { cutUnitsOf } from './cut-flows.ts';
import { judgeOf } from './grant-flows.ts';
import type { NetworkPair, SetModel } from './model.ts';
import type { Unit } from './unit.ts';
import {
  acceptUnits,
  addressUnits,
  bindingsFoundBy,
  exemptUnits,
  unitsOfJudge,
  unitsOfRoute,
  unitsOfSource,
} from './units.ts';
import type { Vantage } from './vantage.ts';

/**
 * The units of a host that an object has a part in, whether the set holds it or not. `counterpart` is what the other of both
 * sets has in its place. What depends on whether a network has a port here comes with the network (unitsOfLocality).
 */
export function* unitsTouchedBy(
  vantage: Vantage,
  object: OverlayObject,
  counterpart: OverlayObject | undefined,
): Generator<Unit> {
  switch (object.kind) {
    case 'network':
      yield* unitsOfNetwork(vantage, object);
      return;
    case 'binding':
      yield* unitsOfBinding(vantage, object);
      return;
    case 'route':
      yield* unitsOfRoute(vantage.model, object);
      yield* unitsOfWay(vantage, object);
      return;
    case 'acl':
      if (object.tier === 'quarantine') yield* unitsOfCut(vantage, object);
      else for (const pair of vantage.model.pairsNaming(object)) yield* pairUnits(vantage, pair);
      return;
    case 'qos':
      yield { kind: 'port', endpoint: object.endpoint };
      return;
    case 'host': {
      yield { kind: 'tunnel', ip: object.tunnelIp };
      const isMoved = counterpart?.kind !== 'host' || counterpart.tunnelIp !== object.tunnelIp;
      if (isMoved && object.host !== vantage.host) yield* unitsBehind(vantage, object);
      return;
    }
  }
}

/** The units that say something else once a network has a port here, or has none any more. */
export function* unitsOfLocality(vantage: Vantage, vni: number): Generator<Unit> {
  yield* unitsOfSource(vantage, vni);
  yield* unitsOfJudge(vantage, vni);
  for (const from of vantage.model.routesTo.of(vni)) yield* unitsOfWay(vantage, { from, to: vni });
}

/** The networks that may have a route to some external where they had none, or the other way round, since an object came or went. */
export function networksFacing({ routesTo }: SetModel, object: OverlayObject): Iterable<number> {
  if (object.kind === 'route') return [object.from];
  return object.kind === 'binding' && !isEndpoint(object) ? routesTo.of(object.vni) : [];
}

/** The units that say something else once a network has a route to some external, or has none any more. */
export function* unitsOfFacing(vantage: Vantage, vni: number): Generator<Unit> {
  if (!vantage.isLocal(vni)) return;
  yield { kind: 'externals', vni };
  yield* addressUnits(vni, bindingsFoundBy(vantage, vni));
}

function* unitsOfNetwork(vantage: Vantage, network: NetworkObject): Generator<Unit> {
  const { model } = vantage;
  const { vni, segment } = network;
  for (const pair of model.pairsNaming(network)) yield* pairUnits(vantage, pair);
  for (const acl of [...model.cutsFrom.of(segment), ...model.cutsTo.of(segment)])
    yield* cutUnitsOf(model, acl);
  for (const to of model.routesFrom.of(vni)) yield* exemptUnits({ from: vni, to });
  for (const from of model.routesTo.of(vni)) yield* exemptUnits({ from, to: vni });
}

function* unitsOfBinding(vantage: Vantage, binding: BindingObject): Generator<Unit> {
  const { endpoint, vni, host } = binding;
  const isHere = host === vantage.host;
  if (isHere) yield { kind: 'port', endpoint };
  const ip = vantage.model.host(host)?.tunnelIp;
  if (ip !== undefined) yield { kind: 'accept', vni, ip };
  // What an external sends is asked for its sender, wherever its gateway is.
  if (!isEndpoint(binding)) yield { kind: 'source', vni };
  // A gateway's router asks for whatever its network finds.
  if (isHere && !isEndpoint(binding)) yield* unitsOfSource(vantage, vni);
  yield* unitsFinding(vantage, binding);
}

/** How networks find a binding, those that do so here: by a port of their own, or since it is here. */
function* unitsFinding(vantage: Vantage, binding: BindingObject): Generator<Unit> {
  for (const vni of vantage.sourcesOf(binding.vni)) {
    if (binding.host !== vantage.host && !vantage.isLocal(vni)) continue;
    if (isEndpoint(binding)) yield* addressUnits(vni, [binding]);
    else yield { kind: 'externals', vni };
  }
}

/** What one network finds in another, and from where it is heard. */
function* unitsOfWay(vantage: Vantage, { from, to }: { from: number; to: number }): Generator<Unit> {
  yield { kind: 'source', vni: from };
  yield { kind: 'externals', vni: from };
  yield* acceptUnits(vantage, from);
  const { bindings } = vantage.model;
  yield* addressUnits(
    from,
    vantage.isLocal(from) ? bindings.ofNetwork(to) : bindings.at({ vni: to, host: vantage.host }),
  );
}

/** What is behind the tunnel address of another host. */
function* unitsBehind(vantage: Vantage, { host, tunnelIp: ip }: HostObject): Generator<Unit> {
  for (const binding of vantage.model.bindings.ofHost(host)) {
    yield { kind: 'accept', vni: binding.vni, ip };
    yield* unitsFinding(vantage, binding);
  }
}

function* unitsOfCut(vantage: Vantage, acl: QuarantineAcl): Generator<Unit> {
  const { networks, routesFrom, routesTo } = vantage.model;
  const { side } = acl;
  yield* cutUnitsOf(vantage.model, acl);
  const isOfAll = acl.from === '*' && acl.to === '*';
  for (const from of isOfAll ? routesFrom.keys() : networks.of(acl.from))
    for (const to of routesFrom.of(from)) yield* exemptUnit(vantage, { side, from, to });
  for (const to of networks.of(acl.to))
    for (const from of routesTo.of(to)) yield* exemptUnit(vantage, { side, from, to });
}

function* exemptUnit(vantage: Vantage, pair: NetworkPair): Generator<Unit> {
  if (vantage.isLocal(judgeOf(pair))) yield { kind: 'exempt', ...pair };
}

function* pairUnits(vantage: Vantage, pair: NetworkPair): Generator<Unit> {
  if (!vantage.isLocal(judgeOf(pair))) return;
  yield { kind: 'pair', ...pair };
  yield { kind: 'ports', portSet: vantage.model.portSetOf(pair) };
}
