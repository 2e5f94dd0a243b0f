import { decodeEntry } from '../../events/codec/decode.ts';
import { digestOf } from '../../events/codec/canonical.ts';
import { leafHash } from '../ledger/merkle/hash.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Cursor } from '../ledger/replay.ts';
import { streamEntries, type StreamEntry } from '../siem/event-stream.ts';
import { formatNamed } from '../siem/formats/named.ts';
import { heldLine, type HeldLine } from '../siem/sinks/held-line.ts';

/** What a receiver holds, beside the ledger. */
export interface HeldComparison {
  /** The range of entries that was asked for, both ends included. */
  readonly from: number;
  readonly to: number;
  /** How many lines were of entries; of heartbeats; of nothing that can be read. */
  readonly lines: { readonly entries: number; readonly heartbeats: number; readonly others: number };
  /** Entries of the range that are not held; where a sink was named, but for those that somebody decided not to deliver to it. */
  readonly missing: readonly number[];
  /** Entries of the range that are not held, and that somebody decided not to deliver to some sinks, or to the one that was named. */
  readonly skipped: readonly { readonly seq: number; readonly sinks: readonly string[] }[];
  /** Entries that are held several times: at least once is what is promised. */
  readonly double: readonly number[];
  /** Entries of which something else is held. */
  readonly altered: readonly number[];
  /** Ids or seqs that no entry has. */
  readonly unknown: readonly string[];
}

interface HeldRange {
  readonly ledger: LedgerReader;
  readonly confirmed: readonly Cursor[];
  readonly lines: AsyncIterable<string>;
  readonly from: number;
  /** The last entry that is asked for; the last one there is if left out. */
  readonly to?: number | undefined;
  /** The name of the sink by which the receiver was delivered to. */
  readonly sink?: string | undefined;
}

/** Compares each line with its entry. Throws what streamEntries throws. */
export async function checkHeld({
  ledger,
  confirmed,
  lines,
  from,
  to,
  sink,
}: HeldRange): Promise<HeldComparison> {
  const held = new HeldLines();
  for await (const line of lines) held.add(line);
  const absent: number[] = [];
  const decided = new Map<number, string[]>();
  const double: number[] = [];
  const altered: number[] = [];
  let last = from - 1;
  for await (const entry of streamEntries(ledger, { after: -1, confirmed })) {
    const { seq } = entry;
    const found = held.take(entry);
    noteSkipped(decided, entry);
    const isAsked = seq >= from && seq <= (to ?? Infinity);
    if (isAsked) last = seq;
    if (isAsked && found.length === 0) absent.push(seq);
    if (found.length > 1) double.push(seq);
    if (found.some((line) => isOther(line, entry, ledger.id))) altered.push(seq);
  }
  const unknown = held.left();
  const skipped = absent.flatMap((seq) => {
    const sinks = (decided.get(seq) ?? []).filter((name) => sink === undefined || name === sink);
    return sinks.length === 0 ? [] : [{ seq, sinks }];
  });
  // Without a name nobody can tell whether the receiver is the one for which that was decided.
  const excused = new Set(sink === undefined ? [] : skipped.map(({ seq }) => seq));
  const missing = absent.filter((seq) => !excused.has(seq));
  return { from, to: last, lines: held.lines, missing, skipped, double, altered, unknown };
}

/** Notes what an entry says of another one that a sink is not to be delivered. */
function noteSkipped(decided: Map<number, string[]>, { stored, envelope, isVoid }: StreamEntry): void {
  if (envelope.type !== 'EntrySkipped' || isVoid) return;
  const entry = decodeEntry(stored);
  if (entry.type !== 'EntrySkipped') return;
  const { seq, sink } = entry.data;
  decided.set(seq, [...(decided.get(seq) ?? []), sink]);
}

/** Whether what is held is not the entry, as far as it tells. */
function isOther({ id, seq, leaf, whole }: HeldLine, entry: StreamEntry, ledgerId: string): boolean {
  if (id !== undefined && id !== entry.envelope.id) return true;
  if (seq !== undefined && seq !== entry.seq) return true;
  if (leaf !== undefined && leaf !== leafHash(entry.stored.bytes)) return true;
  if (whole === undefined) return false;
  const written = formatNamed(whole.form).write(entry, { ledgerId, version: '' });
  return digestOf(JSON.parse(written)) !== whole.digest;
}

/** The lines of a receiver by what they are about. */
class HeldLines {
  readonly lines = { entries: 0, heartbeats: 0, others: 0 };
  readonly #byId = new Map<string, HeldLine[]>();
  readonly #bySeq = new Map<number, HeldLine[]>();

  add(text: string): void {
    if (text.trim() === '') return;
    const line = heldLine(text);
    if (line === undefined) this.lines.others += 1;
    else if (line === 'heartbeat') this.lines.heartbeats += 1;
    else {
      this.lines.entries += 1;
      if (line.id !== undefined) push(this.#byId, line.id, line);
      else if (line.seq !== undefined) push(this.#bySeq, line.seq, line);
    }
  }

  /** The lines that are about an entry, which nobody else gets. */
  take({ seq, envelope: { id } }: StreamEntry): readonly HeldLine[] {
    const found = [...(this.#byId.get(id) ?? []), ...(this.#bySeq.get(seq) ?? [])];
    this.#byId.delete(id);
    this.#bySeq.delete(seq);
    return found;
  }

  left(): readonly string[] {
    return [...this.#byId.keys(), ...Array.from(this.#bySeq.keys(), String)];
  }
}

function push<Key>(lines: Map<Key, HeldLine[]>, key: Key, line: HeldLine): void {
  const there = lines.get(key);
  if (there === undefined) lines.set(key, [line]);
  else there.push(line);
}
