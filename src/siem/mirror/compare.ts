import { hash } from 'node:crypto';
import type { LedgerReader } from '../../ledger/port.ts';
import { start, type Cursor } from '../../ledger/replay.ts';
import { Frontier } from '../../ledger/merkle/frontier.ts';
import { streamEntries } from '../event-stream.ts';
import { messageOf, type MirrorForm } from './message.ts';
import type { FoundMessage, Mirror, MirrorExtent, MirrorMessage } from './port.ts';

/** How a mirror stands beside its ledger. */
export interface MirrorComparison {
  readonly stream: string;
  /** How many entries the ledger has. */
  readonly size: number;
  /** Undefined where there is no stream. */
  readonly extent: MirrorExtent | undefined;
  /** The messages that were compared, in ranges, each with the digest of what stands there and of what should. */
  readonly ranges: readonly RangeDigests[];
  /** The Merkle tree hash over the leaf hashes of all messages from the first on; undefined where some are gone. */
  readonly root: string | undefined;
  /** The first message that is not its entry. */
  readonly firstDifference: number | undefined;
  /** Messages that are of their entry, in other words: another version, or another format, wrote them. */
  readonly otherwiseWritten: number;
}

export interface RangeDigests {
  readonly from: number;
  readonly to: number;
  readonly found: string;
  readonly expected: string;
}

const rangeSize = 10_000;

interface Compared {
  readonly ledger: LedgerReader;
  readonly mirror: Mirror;
  readonly form: MirrorForm;
  readonly confirmed?: readonly Cursor[];
}

/** Reads every message, and compares each with its entry. Throws MirrorUnavailable, and what streamEntries throws. */
export async function compareMirror({
  ledger,
  mirror,
  form,
  confirmed,
}: Compared): Promise<MirrorComparison> {
  const { size } = await ledger.head();
  const extent = await mirror.extent();
  const tally = new Tally(mirror);
  const to = Math.min(extent?.last ?? 0, size);
  if (extent !== undefined && extent.count > 0 && extent.first <= to) {
    const found = mirror.read({ from: extent.first, to });
    const entries = streamEntries(ledger, { after: extent.first - 2, confirmed });
    for await (const message of found) {
      // The number of a message says which entry it is to be. Where messages are gone their entries are passed over.
      for (let entry = await entries.next(); entry.done !== true; entry = await entries.next()) {
        if (entry.value.seq < message.sequence - 1) continue;
        tally.add(message, messageOf(entry.value, form));
        break;
      }
    }
    await entries.return();
  }
  return { stream: mirror.name, size, extent, ...tally.result(extent) };
}

/** What messages and entries come to, range by range. */
class Tally {
  readonly #mirror: Mirror;
  readonly #ranges: RangeDigests[] = [];
  readonly #tree = new Frontier(start);
  #open = { from: 0, to: 0, found: '', expected: '' };
  #firstDifference: number | undefined;
  #otherwiseWritten = 0;
  #isWhole = true;

  constructor(mirror: Mirror) {
    this.#mirror = mirror;
  }

  add(found: FoundMessage, expected: MirrorMessage): void {
    const { sequence, leaf = '', id = '', body } = found;
    const idExpected = this.#mirror.idOf(expected.seq);
    const isSame = leaf === expected.leaf && id === idExpected && sequence === expected.seq + 1;
    if (!isSame) this.#firstDifference ??= sequence;
    else if (body !== expected.body) this.#otherwiseWritten += 1;
    if (sequence === this.#tree.size + 1 && /^[0-9a-f]{64}$/.test(leaf)) this.#tree.append(leaf);
    else this.#isWhole = false;
    if (this.#open.to - this.#open.from + 1 >= rangeSize) this.#close();
    const { from } = this.#open;
    this.#open = {
      from: from === 0 ? sequence : from,
      to: sequence,
      found: chained(this.#open.found, [sequence, id, leaf, body]),
      expected: chained(this.#open.expected, [expected.seq + 1, idExpected, expected.leaf, expected.body]),
    };
  }

  result(
    extent: MirrorExtent | undefined,
  ): Pick<MirrorComparison, 'ranges' | 'root' | 'firstDifference' | 'otherwiseWritten'> {
    this.#close();
    const isWhole = this.#isWhole && extent !== undefined && this.#tree.size === extent.last;
    return {
      ranges: this.#ranges,
      root: isWhole ? this.#tree.root() : undefined,
      firstDifference: this.#firstDifference,
      otherwiseWritten: this.#otherwiseWritten,
    };
  }

  #close(): void {
    if (this.#open.from > 0) this.#ranges.push(this.#open);
    this.#open = { from: 0, to: 0, found: '', expected: '' };
  }
}

/** A digest of a digest and what comes behind it. */
function chained(before: string, parts: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify([before, ...parts]), 'hex');
}
