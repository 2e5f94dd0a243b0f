/// <reference lib="esnext.temporal" />
import { ofKind } from '../../bench/estate/documents.ts';
import { connections } from '../../oracle/connections.ts';
import type { Edition } from '../expectation.ts';
import { everything, nothing, trafficOf, union, type Traffic } from './traffic.ts';
import { holderOf } from './view.ts';

/** An estate, judged at an instant (UTC with milliseconds). */
export interface Judged {
  readonly edition: Edition;
  readonly instant: string;
}

type Rows = ReadonlyMap<string, Traffic>;

/** What estates allow, by the oracle that reads documents as they were written; each answer is worked out once. */
export class Allowance {
  /** By documents, then by how many of their time bounds have passed. */
  readonly #known = new WeakMap<Edition['documents'], { bounds: number[]; rows: Map<number, Rows> }>();

  /** What may open connections from one end to another; everything within a segment, nothing across a quarantine. */
  between(judged: Judged, from: string, to: string): Traffic {
    if (from === to) return everything;
    const { quarantined } = judged.edition;
    if (quarantined.has(from) || quarantined.has(to)) return nothing;
    const [source, target] = [holderOf(from), holderOf(to)];
    if (source !== target && (quarantined.has(source) || quarantined.has(target))) return nothing;
    return this.agreed(judged, from, to);
  }

  /** The same between two different ends, as if nobody were in quarantine. */
  agreed(judged: Judged, from: string, to: string): Traffic {
    return this.#rowsOf(judged).get(`${from} ${to}`) ?? nothing;
  }

  #rowsOf({ edition: { documents }, instant }: Judged): Rows {
    const known = this.#known.get(documents) ?? {
      bounds: boundsOf(documents),
      rows: new Map<number, Rows>(),
    };
    this.#known.set(documents, known);
    const time = Date.parse(instant);
    const passed = known.bounds.filter((bound) => bound <= time).length;
    const rows = known.rows.get(passed) ?? rowsAt(documents, instant);
    known.rows.set(passed, rows);
    return rows;
  }
}

function rowsAt(documents: Edition['documents'], instant: string): Rows {
  const rows = new Map<string, Traffic>();
  for (const { from, to, protocol, ports } of connections(documents, instant)) {
    const key = `${from} ${to}`;
    rows.set(key, union(rows.get(key) ?? nothing, trafficOf(protocol, rangesOf(ports))));
  }
  return rows;
}

function rangesOf(text: string): (readonly [number, number])[] | undefined {
  if (text === '*') return undefined;
  return text.split(',').map((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return [first, last] as const;
  });
}

/** The instants at which rules of these documents open or lapse, in milliseconds. */
function boundsOf(documents: Edition['documents']): number[] {
  const rules = ofKind(documents, 'Policy').flatMap(({ egress = [], ingress = [] }) => [
    ...egress,
    ...ingress,
  ]);
  return rules
    .flatMap(({ from, expires }) => [from, expires])
    .flatMap((text) => {
      if (text === undefined) return [];
      const isLocal = /^\d{4}-\d\d-\d\dT[\d:.]+\[/.test(text);
      return isLocal
        ? Temporal.ZonedDateTime.from(text).epochMilliseconds
        : Temporal.Instant.from(text).epochMilliseconds;
    });
}
