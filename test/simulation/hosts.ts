import { digestOfObjects, type OverlayObject } from '../../events/overlay-objects.ts';
import { isSameMark } from '../../src/overlay/fence.ts';
import type { HostChange, Mark, OverlayDriver } from '../../src/overlay/port.ts';
import { MemoryOverlay, type HostState } from '../doubles/memory-overlay.ts';
import type { Holder } from './plain/arrivals.ts';

/** A host of a shard, spelt `shard host`. */
function keyOf(shard: string, host: string): string {
  return `${shard} ${host}`;
}

/** Objects as a list: the same list each time, so that what is made of it can be kept. */
const lists = new WeakMap<HostState['objects'], readonly OverlayObject[]>();

function listOf(objects: HostState['objects']): readonly OverlayObject[] {
  const list = lists.get(objects) ?? [...objects.values()];
  lists.set(objects, list);
  return list;
}

function isSame(one: HostState | undefined, other: HostState | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const [held, holds] = [one, other].map(({ objects }) => digestOfObjects(objects.values()));
  return held === holds && isSameMark(one.mark, other.mark);
}

/** The hosts of all shards: what they hold, which of them cannot be reached, and which somebody has tampered with. */
export class Hosts {
  readonly #overlays = new Map<string, MemoryOverlay>();
  /** The hosts that somebody has tampered with since they were driven, each with the number of the last such deed. */
  readonly #tampered = new Map<string, number>();
  /** What hosts were given last. */
  readonly #given = new Map<string, Mark>();
  #tamperings = 0;

  overlay(shard: string): MemoryOverlay {
    const overlay = this.#overlays.get(shard) ?? new MemoryOverlay();
    this.#overlays.set(shard, overlay);
    return overlay;
  }

  /**
   * The hosts of a shard as its driver. A whole set takes the place of whatever was tampered with; a change from a mark leaves
   * what is beside it, if there is anything.
   */
  driver(shard: string, onChange: (host: string) => void): OverlayDriver {
    const overlay = this.overlay(shard);
    return {
      name: overlay.name,
      mark: (host) => overlay.mark(host),
      read: (host, expected) => overlay.read(host, expected),
      apply: async (host, change) => {
        const holding = await overlay.apply(host, change);
        const { plan, digest } = change;
        this.#given.set(keyOf(shard, host), { plan, digest });
        const isWhole = typeof change.from === 'string';
        if (isWhole || this.#holdsWhat(digest, shard, host)) this.#tampered.delete(keyOf(shard, host));
        onChange(host);
        return holding;
      },
    };
  }

  /** Whoever only put another mark there, that of the very plan that came next, left nothing that is to be put right. */
  #holdsWhat(digest: string, shard: string, host: string): boolean {
    return digestOfObjects(this.stateOf(shard, host)?.objects.values() ?? []) === digest;
  }

  /** The mark that a host has; undefined where it has none that can be read. */
  markOf(shard: string, host: string): Mark | undefined {
    const { spoilt, hosts } = this.overlay(shard);
    return spoilt.has(host) ? undefined : hosts.get(host)?.mark;
  }

  /** Whether a host has one of some marks, or is as one who gives it a whole set asks for. */
  isMarked(shard: string, host: string, marks: readonly HostChange['from'][]): boolean {
    const mark = this.markOf(shard, host);
    return marks.some((one) => {
      if (one === 'anything') return true;
      return one === 'nothing' ? this.isBare(shard, host) : mark !== undefined && isSameMark(one, mark);
    });
  }

  /** Whether there is nothing at a host, not even a mark. */
  isBare(shard: string, host: string): boolean {
    return this.stateOf(shard, host) === undefined && !this.overlay(shard).spoilt.has(host);
  }

  /** Whether a host's mark alone shows that it does not hold what it was given last: it is gone, or goes back. */
  isMarkWrong(shard: string, host: string): boolean {
    const [mark, given] = [this.markOf(shard, host), this.#given.get(keyOf(shard, host))];
    return given !== undefined && (mark === undefined || mark.plan < given.plan);
  }

  stateOf(shard: string, host: string): HostState | undefined {
    return this.overlay(shard).hosts.get(host);
  }

  /** Changes what a host holds behind everybody's back. */
  tamper(shard: string, host: string, state: HostState | undefined | 'spoilt'): void {
    const overlay = this.overlay(shard);
    const before = overlay.spoilt.has(host) ? undefined : overlay.hosts.get(host);
    // Putting there what is there already leaves nothing to be healed.
    if (state !== 'spoilt' && isSame(before, state)) return;
    overlay.spoilt.delete(host);
    if (state === 'spoilt') overlay.spoilt.set(host, 'torn in the middle');
    else if (state === undefined) overlay.hosts.delete(host);
    else overlay.hosts.set(host, state);
    this.#tamperings += 1;
    // What is put back as it was given leaves nothing either.
    if (this.#isAsGiven(shard, host)) this.#tampered.delete(keyOf(shard, host));
    else this.#tampered.set(keyOf(shard, host), this.#tamperings);
  }

  #isAsGiven(shard: string, host: string): boolean {
    const [mark, given] = [this.markOf(shard, host), this.#given.get(keyOf(shard, host))];
    if (mark === undefined || given === undefined) return false;
    return isSameMark(mark, given) && this.#holdsWhat(given.digest, shard, host);
  }

  /** How often somebody has tampered with a host so far. */
  get tamperings(): number {
    return this.#tamperings;
  }

  /** Whether a host holds what somebody put there, by the first so many deeds of that kind, or all of them. */
  isTampered(shard: string, host: string, first = Infinity): boolean {
    return (this.#tampered.get(keyOf(shard, host)) ?? NaN) <= first;
  }

  /** Every host that holds something which the product has put there, and nobody tampered with. */
  sound(): (Holder & { plan: number })[] {
    return [...this.#overlays].flatMap(([shard, overlay]) =>
      [...overlay.hosts]
        .filter(([host]) => !this.isTampered(shard, host))
        .map(([host, { mark, objects }]) => ({ shard, host, plan: mark.plan, objects: listOf(objects) })),
    );
  }

  /** Every host of every shard that ever held something, by shard and name. */
  all(): { readonly shard: string; readonly host: string }[] {
    return [...this.#overlays].flatMap(([shard, overlay]) =>
      [...overlay.hosts.keys()].sort().map((host) => ({ shard, host })),
    );
  }

  /** Lets every host be reached again; returns how many could not be. */
  bringBack(): number {
    let count = 0;
    for (const { away } of this.#overlays.values()) {
      count += away.size;
      away.clear();
    }
    return count;
  }
}
