import { cutFlows, droppedFlows, exemptFlows } from './cut-flows.ts';
import { addressFlows, externalsFlows } from './destination-flows.ts';
import { flowId, type Flow } from './flow.ts';
import { pairFlows, portsFlows } from './grant-flows.ts';
import type { SetModel } from './model.ts';
import { portFlows } from './port-flows.ts';
import { staticFlows } from './static-flows.ts';
import { acceptFlows, sourceFlows, tunnelFlows } from './tunnel-flows.ts';
import type { Unit } from './unit.ts';
import { unitsOf } from './units.ts';
import { Vantage, type HostWiring } from './vantage.ts';

/** Everything that the bridge of a host is to hold for a set of objects, by identity; the mark aside. */
export function flowsOf(model: SetModel, at: HostWiring): Map<string, Flow> {
  const flows = new Map<string, Flow>();
  for (const flow of eachFlow(model, at)) flows.set(flowId(flow), flow);
  return flows;
}

/**
 * The same one by one, each identity once: what concerns the host, which is its ports, whom they may reach, and who may reach them. There
 * may be a hundred thousand, and whoever writes or compares them keeps none. The model stays as it is until the last was taken.
 */
export function* eachFlow(model: SetModel, at: HostWiring): Generator<Flow> {
  const vantage = new Vantage(model, at);
  for (const unit of unitsOf(vantage)) yield* flowsOfUnit(vantage, unit);
}

/** The flows of a unit, as its host sees the set now. */
export function flowsOfUnit(vantage: Vantage, unit: Unit): Flow[] {
  switch (unit.kind) {
    case 'static':
      return staticFlows();
    case 'port':
      return portFlows(vantage, unit.endpoint);
    case 'tunnel':
      return tunnelFlows(vantage, unit.ip);
    case 'source':
      return sourceFlows(vantage, unit.vni);
    case 'accept':
      return acceptFlows(vantage, unit);
    case 'address':
      return addressFlows(vantage, unit);
    case 'externals':
      return externalsFlows(vantage, unit.vni);
    case 'pair':
      return pairFlows(vantage, unit);
    case 'ports':
      return portsFlows(vantage, unit.portSet);
    case 'cut':
      return cutFlows(vantage, unit);
    case 'exempt':
      return exemptFlows(vantage, unit);
    case 'dropped':
      return droppedFlows(vantage, unit);
  }
}
