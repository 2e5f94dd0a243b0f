import type { Addressing } from '../authorised/addressing.ts';
import type { Documents, Occupant } from '../documents/document-fold.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import type { Box } from '../header-sets/boxes.ts';
import { nothing, type Traffic } from '../header-sets/traffic.ts';
import { ChangedKeys } from './changed-keys.ts';
import { KeptRefused } from './kept-json.ts';
import type { KeptChange, KeptParts } from './kept.ts';
import { readSittings, sittingsText } from './kept-texts.ts';
import type { PairRecords } from './records.ts';
import { goOn, soAt, type Since } from './tick.ts';
import { Ticks, type StretchEnd } from './ticks.ts';

/** A stretch of the past in which two ports had the same holders, between whom the same was authorised. */
export interface PastStretch extends StretchEnd {
  readonly from: Occupant;
  readonly to: Occupant;
  readonly authorised: Box;
}

/** Two ports, by their keys. */
interface PortKeys {
  readonly from: string;
  readonly to: string;
}

interface Sitting extends Since {
  readonly occupant: Occupant;
}

/**
 * What was authorised and open between two ports lately: put together from who sat there, and from the records of the pairs of ends
 * that did. Nothing changes of a pair between two judgements of it, so its records tell all of its past.
 */
export class Past {
  readonly ticks = new Ticks();
  readonly #records: PairRecords;
  readonly #addressing: Addressing;
  readonly #sittings = new Map<string, Sitting[]>();
  readonly #changed = new ChangedKeys();

  constructor(records: PairRecords, addressing: Addressing) {
    this.#records = records;
    this.#addressing = addressing;
  }

  /** The documents were changed at this tick. */
  change({ occupants }: Pick<DocumentsBefore, 'occupants'>, documents: Documents): void {
    const { now, oldest } = this.ticks;
    for (const key of occupants.keys()) {
      const occupant = documents.occupants.get(key);
      /* v8 ignore next -- @preserve no port is ever without an occupant again */
      if (occupant === undefined) continue;
      const sittings = this.#sittings.get(key) ?? [];
      this.#sittings.set(key, sittings);
      goOn(sittings, { since: now, occupant }, oldest);
      this.#changed.note(key);
    }
  }

  /** The ports and points of time that changed since this was asked last; at first all of them. */
  *takeKept(): Generator<KeptChange> {
    yield* this.ticks.takeKept();
    for (const key of this.#changed.take(() => this.#sittings.keys())) {
      const sittings = this.#sittings.get(key);
      /* v8 ignore next -- @preserve likewise */
      if (sittings === undefined) continue;
      const last = sittings.length - 1;
      const kept = sittings.map(({ since, occupant }, index) => ({
        since,
        occupant: index === last ? null : occupant,
      }));
      yield [`port ${key}`, sittingsText(kept)];
    }
  }

  /** Takes all of it as it was kept, beside the documents of then. Throws KeptRefused. */
  goOnFrom(kept: KeptParts, { occupants }: Documents): void {
    this.ticks.goOnFrom(kept);
    for (const [key, text] of kept.of('port')) {
      const holder = occupants.get(key);
      if (holder === undefined) throw new KeptRefused(`no document ever named ${key}`);
      const sittings = readSittings(text).map(({ since, occupant }) => ({
        since,
        occupant: occupant ?? holder,
      }));
      this.#sittings.set(key, sittings);
    }
    this.#changed.take(() => []);
  }

  /** What was authorised before, the newest first, as far as it ended after an instant. */
  *stretches(ports: PortKeys, after: string): Generator<PastStretch> {
    const { ticks } = this;
    for (let next = ticks.now + 1; next > 0;) {
      const [from, to] = this.#sittingAt(ports, next - 1);
      const pair = from && to && { from: from.occupant.end, to: to.occupant.end };
      const known = pair && soAt(this.#records.get(pair)?.authorised, next - 1);
      if (next <= ticks.now) {
        const end = ticks.endOf(next);
        if (end === undefined || end.until <= after) return;
        if (from !== undefined && to !== undefined) {
          const { traffic = nothing, src = [], dst = [] } = known ?? {};
          const [source, target] = [from.occupant, to.occupant];
          const box = {
            src: source.kind === 'external' ? src : this.#addressing.own(source),
            dst: target.kind === 'external' ? dst : this.#addressing.own(target),
            traffic,
          };
          yield { from: source, to: target, authorised: box, ...end };
        }
      }
      next = Math.max(from?.since ?? 0, to?.since ?? 0, known?.since ?? 0);
    }
  }

  /** What was open between the holders of two ports after a tick, the newest first. */
  *openSince(ports: PortKeys, tick: number): Generator<Traffic> {
    for (let next = this.ticks.now + 1; next > tick + 1;) {
      const { traffic, since } = this.#openAt(ports, next - 1);
      yield traffic;
      next = since;
    }
  }

  openAt(ports: PortKeys, tick: number): Traffic {
    return this.#openAt(ports, tick).traffic;
  }

  #openAt(ports: PortKeys, tick: number): Since & { readonly traffic: Traffic } {
    const [from, to] = this.#sittingAt(ports, tick);
    /* v8 ignore next -- @preserve something was authorised between two holders, and no port is ever without one again */
    if (from === undefined || to === undefined) return { since: 0, traffic: nothing };
    const record = this.#records.get({ from: from.occupant.end, to: to.occupant.end });
    const { since, traffic } = soAt(record?.open, tick) ?? { since: 0, traffic: nothing };
    return { since: Math.max(from.since, to.since, since), traffic };
  }

  #sittingAt({ from, to }: PortKeys, tick: number): [from: Sitting | undefined, to: Sitting | undefined] {
    return [soAt(this.#sittings.get(from), tick), soAt(this.#sittings.get(to), tick)];
  }
}
