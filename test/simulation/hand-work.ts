import type { Entry } from '../../events/entry.ts';
import { seededRandom, type Random } from '../bench/estate/random.ts';
import { Broken } from './failures.ts';
import type { Hosts } from './hosts.ts';

/** A host of a shard. */
interface HandPlace {
  readonly shard: string;
  readonly host: string;
}

/** What somebody does at a host by hand. */
interface AnnouncedWork extends HandPlace {
  readonly bypass: number;
  /** How often somebody had tampered with any host when that was over; undefined while it goes on. */
  readonly over: number | undefined;
}

/**
 * The hosts that somebody changes by hand, and says so, by what the ledger says: a second account. It has its own dice, so that a world
 * in which nobody does so is the same as ever.
 */
export class HandWork {
  readonly random: Random;
  readonly #hosts: Hosts;
  readonly #works = new Map<string, AnnouncedWork>();

  constructor(seed: number, hosts: Hosts) {
    this.random = seededRandom(seed);
    this.#hosts = hosts;
  }

  /** Throws Broken where a host is said to have been seen to be right, and holds what was put there before that was over. */
  take(entry: Entry): void {
    const { type, data } = entry;
    if (type === 'BypassOpened') this.#works.set(keyOf(data), { ...data, over: undefined });
    if (type === 'BypassClosed' && this.#at(data)?.bypass === data.bypass) this.#end(data);
    if (type === 'HostRetired') this.#end(data);
    if (type === 'HostCleared' || type === 'HostGone') this.#works.delete(keyOf(data));
    if (type === 'BypassSettled') this.#settle(data);
  }

  /** Where it goes on. */
  get open(): readonly HandPlace[] {
    return [...this.#works.values()].filter(({ over }) => over === undefined);
  }

  isOpen(at: HandPlace): boolean {
    const work = this.#at(at);
    return work !== undefined && work.over === undefined;
  }

  /** Whether it is over, and nobody has seen the whole host since. */
  isUnsettled(at: HandPlace): boolean {
    return this.#at(at)?.over !== undefined;
  }

  /** The hosts of which nobody can tell what they hold. */
  get doubted(): ReadonlySet<string> {
    return new Set(Array.from(this.#works.values(), ({ host }) => host));
  }

  #at(at: HandPlace): AnnouncedWork | undefined {
    return this.#works.get(keyOf(at));
  }

  #end(at: HandPlace): void {
    const work = this.#at(at);
    if (work !== undefined && work.over === undefined)
      this.#works.set(keyOf(at), { ...work, over: this.#hosts.tamperings });
  }

  #settle(at: HandPlace & { readonly bypass: number }): void {
    const work = this.#at(at);
    if (work?.over === undefined || work.bypass !== at.bypass) return;
    if (this.#hosts.isTampered(at.shard, at.host, work.over))
      throw new Broken(`${at.host} of ${at.shard} is said to be right, and holds what was put there by hand`);
    this.#works.delete(keyOf(at));
  }
}

function keyOf({ shard, host }: HandPlace): string {
  return `${shard} ${host}`;
}
