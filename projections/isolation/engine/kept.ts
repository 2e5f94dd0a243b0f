import { digestOfText } from '../../../events/codec/canonical.ts';
import { lanes, requireFoldedFor, type Lane } from '../judging/lanes.ts';
import type { IsolationState } from '../state.ts';
import {
  KeptRefused,
  read,
  readNumber,
  readOneOf,
  readParts,
  readText,
  type KeptReader,
} from './kept-json.ts';
import { keptFormat } from './kept-texts.ts';

/** A text that is kept under a key from now on, instead of any other; null where nothing is kept under it any more. */
export type KeptChange = readonly [key: string, text: string | null];

/** Texts by their keys, in any order. */
export type KeptTexts = Iterable<readonly [key: string, text: string]>;

/** The key of the head: where the engine is, and what all other texts come to. */
const headKey = 'engine';

/**
 * The first word of other keys: a pair of ends, a port with those who held it, a point of time, and how far the points of time are
 * given up.
 */
const keptKinds = ['pair', 'port', 'tick', 'ticks'] as const;
type KeptKind = (typeof keptKinds)[number];

/** Whose texts are kept, and after which entry, and which instant. */
export interface EnginePlace {
  readonly lane: Lane;
  /** Whether all pairs are judged. */
  readonly judged: 'all' | 'some';
  /** The last entry, and its time. */
  readonly seq: number;
  readonly recordedAt: string;
  /** The last instant at which anything was judged. */
  readonly passed: string;
}

/**
 * The texts that were handed out, by their digests: what is handed out again is other than before. Their own digest is a sum, so that it
 * costs what changed, and does not depend on when anything was handed out. It tells mistakes and damage; whoever can write the texts
 * can write their head as well.
 */
export class HandedOut {
  readonly #digests = new Map<string, bigint>();
  #sum = 0n;
  #head = '';

  /** False if it is what was handed out before. */
  put(key: string, text: string | null): boolean {
    const before = this.#digests.get(key) ?? 0n;
    const after = text === null ? 0n : BigInt(`0x${digestOfText(`${key}\n${text}`)}`);
    if (before === after) return false;
    if (text === null) this.#digests.delete(key);
    else this.#digests.set(key, after);
    this.#sum = BigInt.asUintN(256, this.#sum - before + after);
    return true;
  }

  /** Those of some texts that changed, and the head that goes with them if that did. */
  take(changes: Iterable<KeptChange>, place: EnginePlace): KeptChange[] {
    const changed = Array.from(changes).filter(([key, text]) => this.put(key, text));
    const head = this.headOf(place);
    if (head === this.#head) return changed;
    this.#head = head;
    return [...changed, [headKey, head]];
  }

  headOf({ lane, judged, seq, recordedAt, passed }: EnginePlace): string {
    const sum = this.#sum.toString(16).padStart(64, '0');
    return JSON.stringify([keptFormat, lane, judged, seq, recordedAt, passed, sum]);
  }

  /** The head that was handed out, or read, last. */
  set head(head: string) {
    this.#head = head;
  }
}

/** All that was kept of an engine, whole. */
export class KeptParts {
  readonly place: EnginePlace;
  readonly handedOut = new HandedOut();
  readonly #parts: Readonly<Record<KeptKind, Map<string, string>>> = {
    pair: new Map(),
    port: new Map(),
    tick: new Map(),
    ticks: new Map(),
  };

  /** Throws KeptRefused for texts that are not whole. */
  constructor(kept: KeptTexts) {
    let head: string | undefined;
    for (const [key, text] of kept) {
      if (key === headKey) head = text;
      else this.#put(key, text);
    }
    if (head === undefined) throw new KeptRefused('nothing says where it was');
    this.place = read(head, readHead);
    if (this.handedOut.headOf(this.place) !== head) throw new KeptRefused('it is not whole');
    this.handedOut.head = head;
  }

  /** The texts of one kind, by the rest of their keys. */
  of(kind: KeptKind): Iterable<readonly [name: string, text: string]> {
    return this.#parts[kind];
  }

  /** Throws KeptRefused unless an engine of a lane can go on from here with what the entries up to here come to. */
  requireFor({ lane, judged }: Pick<EnginePlace, 'lane' | 'judged'>, state: IsolationState): void {
    const { place } = this;
    if (place.lane !== lane) throw new KeptRefused(`it is of the ${place.lane} lane`);
    if (place.judged === 'some' && judged === 'all') throw new KeptRefused('it knows some pairs only');
    if (place.seq !== state.seq || place.recordedAt !== state.recordedAt)
      throw new KeptRefused(
        `it is of entry ${String(place.seq)} of ${place.recordedAt}, and not of ${String(state.seq)} of ${state.recordedAt}`,
      );
    requireFoldedFor(lane, state);
    if (state.clock !== undefined) throw new KeptRefused('a ledger ahead of a clock is judged otherwise');
  }

  #put(key: string, text: string): void {
    const [word, ...name] = key.split(' ');
    const kind = keptKinds.find((known) => known === word);
    if (kind === undefined || !this.handedOut.put(key, text)) throw new KeptRefused(`there is ${key}`);
    this.#parts[kind].set(name.join(' '), text);
  }
}

/**
 * The digest of all that is kept of an engine. It is the same for everybody who followed the same entries up to the same instant, whenever
 * any of it was handed out. Throws KeptRefused for texts that are not whole.
 */
export function digestOfKept(kept: KeptTexts): string {
  const { handedOut, place } = new KeptParts(kept);
  return digestOfText(handedOut.headOf(place));
}

const readHead: KeptReader<EnginePlace> = (json) => {
  const [format, lane, judged, seq, recordedAt, passed] = readParts(json);
  if (format !== keptFormat)
    throw new KeptRefused(`its format is ${String(format)}, not ${String(keptFormat)}`);
  return {
    lane: readOneOf(lanes)(lane),
    judged: readOneOf(['all', 'some'])(judged),
    seq: readNumber(seq),
    recordedAt: readText(recordedAt),
    passed: readText(passed),
  };
};
