import {
  everything,
  isNothing,
  rowsOf,
  subtract,
  type Traffic,
} from '../../projections/isolation/header-sets/traffic.ts';
import { rowWords } from '../words/traffic-words.ts';

/** A protocol and its ports as text, `*` for all; `other` is every IP protocol without a name here. */
export interface TrafficRow {
  readonly protocol: string;
  readonly ports: string;
}

/** Rows as `connections` has them. They are exact for differences too, where unnamed protocols need not mean all. */
export function trafficRows(traffic: Traffic): TrafficRow[] {
  if (isNothing(subtract(everything, traffic))) return [{ protocol: 'any', ports: '*' }];
  const named = rowsOf({ ...traffic, other: false });
  return traffic.other ? [...named, { protocol: 'other', ports: '*' }] : named;
}

/** `tcp/443,8000-8100`; `tcp` alone for all its ports; `any`. */
export function trafficWords(traffic: Traffic): string {
  return trafficRows(traffic)
    .map((row) => (row.protocol === 'other' ? 'all other protocols' : rowWords(row)))
    .join(' ');
}
