import { isNothing, type Traffic } from '../header-sets/traffic.ts';
import type { Finding } from '../judging/findings.ts';
import { pairKey, type Pair } from '../pair.ts';
import { ChangedKeys } from './changed-keys.ts';
import type { KeptChange, KeptParts } from './kept.ts';
import { readRecord, recordText } from './kept-texts.ts';
import type { PairRecord } from './pair-record.ts';
import { inKeyOrder } from './pairs.ts';

/** The pairs of ends between which something is authorised, may pass or was found, or lately did. */
export class PairRecords {
  readonly #byFrom = new Map<string, Map<string, PairRecord>>();
  readonly #sourcesOf = new Map<string, Set<string>>();
  readonly #changed = new ChangedKeys();

  get({ from, to }: Pair): PairRecord | undefined {
    return this.#byFrom.get(from)?.get(to);
  }

  /** The record of a pair, which is made if there is none. */
  of({ from, to }: Pair): PairRecord {
    const known = this.get({ from, to });
    if (known !== undefined) return known;
    const record: PairRecord = { from, to, findings: [], authorised: [], open: [], limits: [] };
    this.#put(record);
    this.note(record);
    return record;
  }

  /** Something of a record is other than before. */
  note(record: PairRecord): void {
    this.#changed.note(pairKey(record));
  }

  /** True if the findings differ from those before. */
  setFindings(record: PairRecord, findings: readonly Finding[]): boolean {
    if (JSON.stringify(record.findings) === JSON.stringify(findings)) return false;
    record.findings = findings;
    this.note(record);
    return true;
  }

  /** False if the limit is expected already. */
  expectLimit(record: PairRecord, limit: string): boolean {
    if (record.limits.includes(limit)) return false;
    record.limits = [...record.limits, limit].sort();
    this.note(record);
    return true;
  }

  /** The limits up to an instant, included, have come. */
  passLimits(record: PairRecord, instant: string): void {
    record.limits = record.limits.filter((limit) => limit > instant);
    this.note(record);
  }

  /** Gives up a record that says no more than none would. */
  drop(record: PairRecord): void {
    const { findings, authorised, open, limits } = record;
    if (findings.length + limits.length > 0 || saysSomething(authorised) || saysSomething(open)) return;
    this.note(record);
    this.#byFrom.get(record.from)?.delete(record.to);
    this.#sourcesOf.get(record.to)?.delete(record.from);
  }

  /** The ends that have a record with an end, either way. */
  *partnersOf(end: string): Generator<string> {
    yield* this.#byFrom.get(end)?.keys() ?? [];
    yield* this.#sourcesOf.get(end) ?? [];
  }

  /** In code unit order of their ends. */
  *[Symbol.iterator](): Generator<PairRecord> {
    for (const [, targets] of inKeyOrder(this.#byFrom))
      for (const [, record] of inKeyOrder(targets)) yield record;
  }

  /** The records that changed since this was asked last; at first all of them. */
  *takeKept(): Generator<KeptChange> {
    for (const key of this.#changed.take(() => Array.from(this, pairKey))) {
      const record = this.get(pairOf(key));
      yield [`pair ${key}`, record === undefined ? null : recordText(record)];
    }
  }

  /** Takes all records as they were kept. Throws KeptRefused. */
  goOnFrom(kept: KeptParts): void {
    for (const [key, text] of kept.of('pair')) this.#put(readRecord(pairOf(key), text));
    this.#changed.take(() => []);
  }

  #put(record: PairRecord): void {
    const { from, to } = record;
    const targets = this.#byFrom.get(from) ?? new Map<string, PairRecord>();
    this.#byFrom.set(from, targets.set(to, record));
    this.#sourcesOf.set(to, (this.#sourcesOf.get(to) ?? new Set()).add(from));
  }
}

/** The pair of a pairKey. */
function pairOf(key: string): Pair {
  const [from = '', to = ''] = key.split(' ');
  return { from, to };
}

function saysSomething(list: readonly { readonly traffic: Traffic }[]): boolean {
  return list.some(({ traffic }) => !isNothing(traffic));
}
