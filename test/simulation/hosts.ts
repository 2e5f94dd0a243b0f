import type { HostState, OverlayDriver } from '../../src/overlay/port.ts';
import { MemoryOverlay } from '../doubles/memory-overlay.ts';
import type { Holder } from './plain/arrivals.ts';

/** A host of a shard, spelt `shard host`. */
function keyOf(shard: string, host: string): string {
  return `${shard} ${host}`;
}

/** The hosts of all shards: what they hold, which of them cannot be reached, and which somebody has tampered with. */
export class Hosts {
  readonly #overlays = new Map<string, MemoryOverlay>();
  /** The hosts that somebody has tampered with since they were driven, each with the number of the last such deed. */
  readonly #tampered = new Map<string, number>();
  #tamperings = 0;

  overlay(shard: string): MemoryOverlay {
    const overlay = this.#overlays.get(shard) ?? new MemoryOverlay();
    this.#overlays.set(shard, overlay);
    return overlay;
  }

  /** The hosts of a shard as its driver; what it writes takes the place of whatever was tampered with. */
  driver(shard: string, onChange: (host: string) => void): OverlayDriver {
    const overlay = this.overlay(shard);
    return {
      name: overlay.name,
      read: (host) => overlay.read(host),
      apply: async (host, target) => {
        const state = await overlay.apply(host, target);
        this.#tampered.delete(keyOf(shard, host));
        onChange(host);
        return state;
      },
    };
  }

  stateOf(shard: string, host: string): HostState | undefined {
    return this.overlay(shard).hosts.get(host);
  }

  /** Changes what a host holds behind everybody's back. */
  tamper(shard: string, host: string, state: HostState | undefined | 'spoilt'): void {
    const overlay = this.overlay(shard);
    const before = overlay.spoilt.has(host) ? undefined : overlay.hosts.get(host);
    // Putting there what is there already leaves nothing to be healed.
    if (state !== 'spoilt' && before?.digest === state?.digest && before?.plan === state?.plan) return;
    overlay.spoilt.delete(host);
    if (state === 'spoilt') overlay.spoilt.set(host, 'torn in the middle');
    else if (state === undefined) overlay.hosts.delete(host);
    else overlay.hosts.set(host, state);
    this.#tamperings += 1;
    this.#tampered.set(keyOf(shard, host), this.#tamperings);
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
  sound(): (Holder & HostState)[] {
    return [...this.#overlays].flatMap(([shard, overlay]) =>
      [...overlay.hosts]
        .filter(([host]) => !this.isTampered(shard, host))
        .map(([host, state]) => ({ shard, host, ...state })),
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
