import type { Delta } from '../../delta.ts';
import type { Flow } from './flow.ts';
import {
  guessesOfAccept,
  guessesOfAddress,
  guessesOfExternal,
  guessesOfPort,
  guessesOfTunnel,
} from './guesses-of-places.ts';
import { guessesOfCut, guessesOfPair, guessesOfRoute } from './guesses-of-rules.ts';
import { numberIn, fieldsOf } from './match-fields.ts';
import { tables } from './tables.ts';
import type { Vantage } from './vantage.ts';

/** A place among a host's flows at which something else was found than is wanted, or nothing. */
export interface FlowDifference {
  /** A flow with the identity of the place. */
  readonly at: Flow;
  readonly found: Flow | undefined;
}

/** So many guesses are made. */
const guessesMax = 300;

/** Of equal guesses those come first that are likelier: somebody edits a rule sooner than a network. */
const likelihood = ['acl', 'route', 'qos', 'binding', 'host', 'network'] as const;

/**
 * Changes of objects that could have made differences, the likelier ones first: what a missing flow rests on is gone; what a
 * flow beyond says is there. None of them is known to be right.
 */
export function guessesAt(vantage: Vantage, differences: Iterable<FlowDifference>): Delta[] {
  const guesses = new Map<string, Delta>();
  for (const difference of differences) {
    if (guesses.size >= guessesMax) break;
    for (const guess of guessesOf(vantage, difference)) guesses.set(JSON.stringify(guess), guess);
  }
  return [...guesses.values()].sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf({ removed: [key = ''], put: [object] }: Delta): number {
  return likelihood.findIndex((kind) => kind === object?.kind || key.startsWith(`${kind}/`));
}

function guessesOf(vantage: Vantage, { at, found }: FlowDifference): Iterable<Delta> {
  const fields = fieldsOf(at.match);
  const [from, to] = [numberIn(fields, 'reg0'), numberIn(fields, 'reg1')];
  switch (at.table) {
    case tables.classify:
    case tables.source:
      return guessesOfPort(vantage, { ofport: numberIn(fields, 'in_port'), fields, found });
    case tables.output: {
      const ip = fields.get('tun_dst') ?? fields.get('tun_ipv6_dst');
      if (ip !== undefined) return guessesOfTunnel(vantage, ip);
      return guessesOfPort(vantage, { ofport: numberIn(fields, 'reg6'), fields, found });
    }
    case tables.accept:
      return guessesOfAccept(vantage, fields);
    case tables.asked:
    case tables.destination:
      return guessesOfAddress(vantage, { from, fields, found });
    case tables.cutEgress:
      return guessesOfCut(vantage, { side: 'egress', from, to, found });
    case tables.cutIngress:
      return guessesOfCut(vantage, { side: 'ingress', from, to, found });
    case tables.external:
      return guessesOfExternal(vantage, from);
    case tables.sender:
      return guessesOfAddress(vantage, { from: to, fields, found });
    case tables.rules:
      return guessesOfPair(vantage, { fields, found });
    case tables.dropped:
      return guessesOfRoute({ from, to });
    default:
      return [];
  }
}
