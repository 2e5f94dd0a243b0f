import type { Entry } from '../../../events/entry.ts';
import type { Host } from '../../../events/estate.ts';
import type { Membership } from '../documents/departures.ts';
import { hostKey } from '../documents/host-documents.ts';
import type { Gap } from './gap.ts';

type PlacedEntry = Pick<Entry, 'seq' | 'recordedAt'>;
type HostGone = Extract<Entry, { readonly type: 'HostGone' }>;

/** A person's word that a host is gone, on which an answer rests. */
export interface Vouched extends Membership {
  readonly seq: number;
  readonly time: string;
  /** Who said so. */
  readonly by: string;
  readonly reason: string | undefined;
  /** The entry by which it was taken back; undefined while it stands. */
  readonly until: number | undefined;
}

/** A word that was taken back: between the two entries the host may have held what it had been given. */
export interface TakenBack extends Membership {
  readonly said: { readonly seq: number; readonly time: string };
  readonly back: { readonly seq: number; readonly time: string };
}

/**
 * What persons vouched for that nobody can check. A document that is recorded anew for a place that it was about takes the word back: what was
 * there was there all that time, as far as anybody knows, until it says itself what it holds. One for another place does not: the
 * word was about a switch that nobody reaches any more.
 */
export class Vouches {
  /** By hostKey, the host as its document has it, or had it last. */
  readonly #hosts = new Map<string, Host>();
  /** By hostKey, the words that stand about it, and the places that each is about. */
  readonly #standing = new Map<
    string,
    { readonly at: number; readonly places: readonly (string | undefined)[] }[]
  >();
  readonly #all: Vouched[] = [];
  readonly #takenBack: TakenBack[] = [];
  /** By hostKey, those that are there after all, and have not said since what they hold. */
  readonly #unheard = new Map<string, Membership & { readonly seq: number }>();

  get all(): readonly Vouched[] {
    return this.#all;
  }

  get takenBack(): readonly TakenBack[] {
    return this.#takenBack;
  }

  /** Takes a word that counts. One about a host that was given nothing vouches for nothing. */
  vouch(
    { seq, recordedAt: time, actor, reason, data: { host, shard } }: HostGone,
    { mayHold, left }: { readonly mayHold: boolean; readonly left: readonly string[] },
  ): void {
    const key = hostKey({ host, shard });
    if (!mayHold && left.length === 0) return;
    this.#unheard.delete(key);
    /* v8 ignore next -- @preserve a host is declared before it is gone */
    const standing = this.#standing.get(key) ?? [];
    standing.push({ at: this.#all.length, places: [this.#hosts.get(key)?.ovsdb, ...left] });
    this.#standing.set(key, standing);
    this.#all.push({ host, shard, seq, time, by: actor.name, reason, until: undefined });
  }

  /** Takes a host's document. */
  declare(host: Host, { seq, recordedAt: time }: PlacedEntry): void {
    this.#hosts.set(hostKey(host), host);
    if (this.#takeBackAt(host, { seq, time }))
      this.#unheard.set(hostKey(host), { host: host.host, shard: host.shard, seq });
  }

  /** The host said what it holds: it is there, whatever was said of it. */
  hear({ seq, recordedAt: time, data: host }: PlacedEntry & { readonly data: Membership }): void {
    this.#takeBackAt(host, { seq, time });
    this.#unheard.delete(hostKey(host));
  }

  /** True if words stood about the place where the host is by its document. */
  #takeBackAt(host: Membership, back: TakenBack['back']): boolean {
    const key = hostKey(host);
    const standing = this.#standing.get(key) ?? [];
    const here = this.#hosts.get(key)?.ovsdb;
    const meant = standing.filter(({ places }) => places.includes(here));
    for (const { at } of meant) this.#takeBack(at, back);
    this.#standing.set(
      key,
      standing.filter(({ places }) => !places.includes(here)),
    );
    return meant.length > 0;
  }

  #takeBack(at: number, back: TakenBack['back']): void {
    for (const word of this.#all.slice(at, at + 1)) {
      this.#all[at] = { ...word, until: back.seq };
      const { host, shard, seq, time } = word;
      this.#takenBack.push({ host, shard, said: { seq, time }, back });
    }
  }

  gaps(): Gap[] {
    return Array.from(this.#unheard.values(), ({ host, shard, seq }) => ({
      kind: 'acknowledgement',
      about: host,
      problem: `it was said to be gone, and is there after all since seq ${String(seq)}: it may hold what ${shard} gave it before, and has not acknowledged anything since`,
    }));
  }
}
