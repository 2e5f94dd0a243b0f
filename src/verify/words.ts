import type { Bound } from '../../events/estate.ts';
import {
  everything,
  isNothing,
  rowsOf,
  subtract,
  trafficOf,
  type Traffic,
} from '../../projections/isolation/header-sets/traffic.ts';
import type { Origin, Rule } from './origins.ts';

/** A protocol and its ports as text, `*` for all; `other` is every IP protocol without a name here. */
export interface TrafficRow {
  readonly protocol: string;
  readonly ports: string;
}

/** Rows as `connections` has them, and exact for differences too, where unnamed protocols need not mean all. */
export function trafficRows(traffic: Traffic): TrafficRow[] {
  if (isNothing(subtract(everything, traffic))) return [{ protocol: 'any', ports: '*' }];
  const named = rowsOf({ ...traffic, other: false });
  return traffic.other ? [...named, { protocol: 'other', ports: '*' }] : named;
}

/** `tcp/443,8000-8100`; `tcp` alone for all its ports; `any`. */
export function trafficWords(traffic: Traffic): string {
  return trafficRows(traffic)
    .map(({ protocol, ports }) => {
      if (protocol === 'other') return 'all other protocols';
      return ports === '*' ? protocol : `${protocol}/${ports}`;
    })
    .join(' ');
}

/** A rule as one line: `egress to globex/database, tcp/5432, only segment web`. */
export function ruleWords(rule: Rule): string {
  const peer = 'destination' in rule ? `egress to ${rule.destination}` : `ingress from ${sourceWords(rule)}`;
  return [
    peer,
    trafficWords(trafficOf(rule)),
    ...(rule.segment === undefined ? [] : [`only segment ${rule.segment}`]),
    ...(rule.guard === undefined ? [] : [`guard ${rule.guard}`]),
    ...boundWords(rule.from, 'from'),
    ...boundWords(rule.expires, 'until'),
  ].join(', ');
}

function sourceWords({ source }: { readonly source: string }): string {
  return source === '*' ? 'every tenant (*)' : source;
}

function boundWords(bound: Bound | undefined, word: string): string[] {
  return bound === undefined ? [] : [`${word} ${bound.text}`];
}

/** An event as one line: `seq 12, 2026-03-01T12:00:00.000Z: PolicyEnacted by sam (os-user), reason "...", source ...`. */
export function originWords({ seq, time, type, by, authenticated, reason, source }: Origin): string {
  return [
    `seq ${String(seq)}, ${time}: ${type} by ${by} (${authenticated})`,
    ...(reason === undefined ? [] : [`reason ${JSON.stringify(reason)}`]),
    ...(source === undefined ? [] : [`source ${source}`]),
  ].join(', ');
}

/** `a`, `a and b`, `a, b and c`; beyond a handful `a, b, c and 9 more`. */
export function listWords(words: readonly string[], most = 6): string {
  const shown = words.length > most ? words.slice(0, most - 1) : words.slice(0, -1);
  const rest = words.length > most ? `${String(words.length - shown.length)} more` : (words.at(-1) ?? '');
  return shown.length === 0 ? rest : `${shown.join(', ')} and ${rest}`;
}
