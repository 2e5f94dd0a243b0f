import type { AddressSet } from '../header-sets/addresses.ts';
import { isNothing, type Traffic } from '../header-sets/traffic.ts';
import type { Finding } from '../judging/findings.ts';
import type { Pair } from '../pair.ts';
import type { Since } from './ticks.ts';

/** What was authorised between two ends; with an external also whose addresses were whose. */
export interface Authorised extends Since {
  readonly traffic: Traffic;
  /** The own addresses of an external that sends. */
  readonly src: AddressSet | undefined;
  /** The addresses of an external as the sender sees them. */
  readonly dst: AddressSet | undefined;
}

/** The traffic that could get through between two ends, at whatever ports and addresses. */
export interface Open extends Since {
  readonly traffic: Traffic;
}

/** All that is known of a pair of ends, as it was judged last, and for as long as a limit may look back. */
export interface PairRecord extends Pair {
  /** All findings, those by former holders of ports included. */
  findings: readonly Finding[];
  readonly authorised: Authorised[];
  readonly open: Open[];
}

/** The pairs of ends between which something is authorised, may pass or was found, or lately did. */
export class PairRecords {
  readonly #byFrom = new Map<string, Map<string, PairRecord>>();
  readonly #sourcesOf = new Map<string, Set<string>>();

  get({ from, to }: Pair): PairRecord | undefined {
    return this.#byFrom.get(from)?.get(to);
  }

  /** The record of a pair, which is made if there is none. */
  of({ from, to }: Pair): PairRecord {
    const targets = this.#byFrom.get(from) ?? new Map<string, PairRecord>();
    const known = targets.get(to);
    if (known !== undefined) return known;
    const record: PairRecord = { from, to, findings: [], authorised: [], open: [] };
    this.#byFrom.set(from, targets.set(to, record));
    this.#sourcesOf.set(to, (this.#sourcesOf.get(to) ?? new Set()).add(from));
    return record;
  }

  /** Gives up a record that says no more than none would. */
  drop(record: PairRecord): void {
    if (record.findings.length > 0 || saysSomething(record.authorised) || saysSomething(record.open)) return;
    this.#byFrom.get(record.from)?.delete(record.to);
    this.#sourcesOf.get(record.to)?.delete(record.from);
  }

  /** The ends that have a record with an end, either way. */
  *partnersOf(end: string): Generator<string> {
    yield* this.#byFrom.get(end)?.keys() ?? [];
    yield* this.#sourcesOf.get(end) ?? [];
  }

  *[Symbol.iterator](): Generator<PairRecord> {
    for (const targets of this.#byFrom.values()) yield* targets.values();
  }
}

function saysSomething(list: readonly { readonly traffic: Traffic }[]): boolean {
  return list.some(({ traffic }) => !isNothing(traffic));
}

/** True if the findings differ from those before. */
export function setFindings(record: PairRecord, findings: readonly Finding[]): boolean {
  const isSame = JSON.stringify(record.findings) === JSON.stringify(findings);
  record.findings = findings;
  return !isSame;
}
