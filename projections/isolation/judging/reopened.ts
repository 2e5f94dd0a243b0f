import { notOfTraffic, ofTraffic, type Box } from '../header-sets/boxes.ts';
import { unionOf, type Traffic } from '../header-sets/traffic.ts';
import { pairKey, type Pair } from '../pair.ts';
import type { Change, IsolationState, Situation } from '../state.ts';
import { contacts, only, settingOf, type Setting } from './contacts.ts';
import type { ByHolders } from './former.ts';
import type { Seat } from './seats.ts';

/** Packets that were authorised lately between those who held two ports then, and the end of that. */
export interface LatelyAuthorised extends ByHolders {
  readonly until: string;
  /** The change of documents that revoked them; undefined where a time bound did. */
  readonly endedBy: Change | undefined;
}

/** Two ports, between which packets get through that were revoked. */
interface PortPair {
  readonly from: Seat;
  readonly to: Seat;
}

/**
 * Packets that were revoked lately and that hosts may let through, followed back to their revocation. A revocation is
 * carried out once no port of the two ends lets its traffic through to the other any more. What was open when it was revoked, was
 * cut everywhere like that, and is open again, is no part of it.
 */
export class RevokedFlow {
  readonly #ports: PortPair;
  readonly #part: LatelyAuthorised;
  /** Never cut everywhere since the situation that was looked at last. */
  #lasting: readonly Box[];
  /** Cut everywhere at some time after it. */
  #cut: readonly Box[] = [];
  readonly #reopened: Box[] = [];
  /** Whether the situations so far are all after the revocation; the one before it is the last to be looked at. */
  #reached: 'after' | 'revocation' | 'before' = 'after';

  constructor({ from, to }: PortPair, part: LatelyAuthorised) {
    this.#ports = { from, to };
    this.#part = part;
    this.#lasting = part.boxes;
  }

  /** The time of the revocation. */
  get until(): string {
    return this.#part.until;
  }

  get reopened(): readonly Box[] {
    return this.#reopened;
  }

  /** The rest of it, which may have no packets. */
  get pending(): LatelyAuthorised {
    return { ...this.#part, boxes: [...this.#lasting, ...this.#cut] };
  }

  /** Goes back to the situation before the one that was looked at last. */
  lookBack(situation: Situation): void {
    if (this.#reached === 'before') return;
    const open = openBetween(situation, this.#endsIn(situation));
    this.#reopened.push(...ofTraffic(this.#cut, open));
    this.#cut = notOfTraffic(this.#cut, open);
    if (this.#isBefore(situation)) {
      this.#reached = 'before';
      return;
    }
    this.#cut = [...this.#cut, ...notOfTraffic(this.#lasting, open)];
    this.#lasting = ofTraffic(this.#lasting, open);
    if (situation.begunBy === this.#part.endedBy) this.#reached = 'revocation';
  }

  /** True of the situation in which a change revoked the packets, or a time bound passed. */
  #isBefore({ begunBy }: Situation): boolean {
    if (begunBy === undefined || this.#reached === 'revocation') return true;
    return this.#part.endedBy === undefined && begunBy.at < this.until;
  }

  /** The ends that held the two ports. */
  #endsIn({ documents: { occupants } }: Situation): Pair {
    /* v8 ignore next -- @preserve something was authorised between two holders, and no port is ever without one again */
    const endAt = ({ key }: Seat): string => occupants.get(key)?.end ?? '';
    return { from: endAt(this.#ports.from), to: endAt(this.#ports.to) };
  }
}

/** Follows flows back, each to its revocation. */
export function trace(flows: readonly RevokedFlow[], state: IsolationState): void {
  const [first] = flows.map(({ until }) => until).sort();
  if (first === undefined) return;
  for (const situation of state.situationsSince(first)) for (const flow of flows) flow.lookBack(situation);
}

/** By the change that began a situation, and pairKey: a long search meets the same situation again and again. */
const known = new WeakMap<Change, Map<string, Traffic>>();

/** The traffic that may get from one end to another, at whatever ports and addresses. */
function openBetween(situation: Situation, pair: Pair): Traffic {
  const { begunBy } = situation;
  if (begunBy === undefined) return openTraffic(situation, pair);
  const before = known.get(begunBy) ?? new Map<string, Traffic>();
  const open = before.get(pairKey(pair)) ?? openTraffic(situation, pair);
  known.set(begunBy, before.set(pairKey(pair), open));
  return open;
}

/** Kept as long as the situation is looked at: every pair is looked up in the same one. */
const settings = new WeakMap<Situation, Setting>();

function openTraffic(situation: Situation, pair: Pair): Traffic {
  // What is authorised is not asked, so any instant will do.
  const setting = settings.get(situation) ?? settingOf(situation, '');
  settings.set(situation, setting);
  const through = [...contacts(setting, only([pair]))];
  return unionOf(through.flatMap(({ delivered }) => delivered.may.map(({ traffic }) => traffic)));
}
