import type { Flow } from './flow.ts';
import { grantNote } from './notes.ts';
import type { NetworkPair } from './model.ts';
import { portSetMatch, portSetParts, portSetText, portSetValue } from './port-set.ts';
import { hex, matchOf } from './spelling.ts';
import { goTo, sideNumbers, tables } from './tables.ts';
import type { Vantage } from './vantage.ts';

/** Which ports the grants from one network to another allow, at the side that is here. */
export function pairFlows(vantage: Vantage, pair: NetworkPair): Flow[] {
  if (!vantage.isLocal(judgeOf(pair))) return [];
  const grants = vantage.model.grantsOf(pair);
  const portSet = portSetText(grants);
  if (portSet === '') return [];
  const { side, from, to } = pair;
  return [
    {
      table: tables.rules,
      priority: 100,
      match: `reg7=${hex(from)},reg8=${hex(to)},reg9=${sideNumbers[side]}`,
      actions: `set_field:${portSetValue(vantage.portSetId(portSet))}->xxreg3,${grantNote(grants)},${goTo(tables.ports)}`,
    },
  ];
}

/** The parts of a port set by which some pair is judged here: their number is the sum of the parts, not a product. */
export function portsFlows(vantage: Vantage, portSet: string): Flow[] {
  if (!isUsed(vantage, portSet)) return [];
  const match = portSetMatch(vantage.portSetId(portSet));
  return portSetParts(portSet).map((part) => ({
    table: tables.ports,
    priority: 100,
    match: matchOf(part, match),
    actions: goTo(tables.commit),
  }));
}

/** The network whose hosts judge a pair at one side. */
export function judgeOf({ side, from, to }: NetworkPair): number {
  return side === 'egress' ? from : to;
}

function isUsed(vantage: Vantage, portSet: string): boolean {
  for (const vni of vantage.model.judgesBy(portSet).keys()) if (vantage.isLocal(vni)) return true;
  return false;
}
