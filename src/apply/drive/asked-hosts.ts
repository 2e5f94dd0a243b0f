import type { HostMark, HostReading, OverlayDriver } from '../../overlay/port.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import { readOne, type Readings, type WholeReading } from './read-hosts.ts';

/** How many hosts of a shard are asked for their marks at a time. A mark costs little, and a host that stands still keeps its place. */
const marksAtOnce = 64;

/** A host, and what it said when it was asked for its mark. */
export interface Heard {
  readonly host: string;
  readonly mark: HostMark | Exclude<WholeReading, HostReading>;
}

/**
 * Hosts that were asked for their marks, side by side. Their answers stand in the order in which they are given, so that one that is
 * silent keeps no other waiting.
 */
export class AskedHosts {
  readonly #driver: OverlayDriver;
  readonly #hosts: readonly string[];
  readonly #answers: readonly Promise<Heard>[];

  constructor(driver: OverlayDriver, hosts: readonly string[]) {
    this.#driver = driver;
    this.#hosts = hosts;
    const answers = hosts.map(() => Promise.withResolvers<Heard>());
    this.#answers = answers.map(({ promise }) => promise);
    const open = answers.values();
    const work = async (host: string): Promise<void> => {
      const heard = this.#hear(host);
      await Promise.allSettled([heard]);
      open.next().value?.resolve(heard);
    };
    void sideBySide(hosts, { atOnce: marksAtOnce, work });
    // Whoever stops at the first error looks at no other.
    void this.allAnswered();
  }

  /**
   * Whether one of the hosts in use says anything else than that it holds another ledger's objects, as soon as one does. True where
   * none is in use.
   */
  async isOneOurs(inUse: readonly string[]): Promise<boolean> {
    for (const answer of inUse.length === 0 ? [] : this.#answers) {
      const { host, mark } = await answer;
      if (mark.kind !== 'foreign' && inUse.includes(host)) return true;
    }
    return inUse.length === 0;
  }

  /** The answers, and those of hosts that were not asked before. */
  withAlso(hosts: readonly string[]): readonly Promise<Heard>[] {
    const others = hosts.filter((host) => !this.#hosts.includes(host));
    return [...new AskedHosts(this.#driver, others).#answers, ...this.#answers];
  }

  /** What each said, once all have answered. Throws an error that nobody foresaw. */
  async marks(): Promise<Readings> {
    const heard = inOrderOf(this.#hosts, await Promise.all(this.#answers));
    return new Map(heard.map(({ host, mark }) => [host, mark]));
  }

  /** Waits until none is asked any more, whatever came of it. */
  async allAnswered(): Promise<void> {
    await Promise.allSettled(this.#answers);
  }

  async #hear(host: string): Promise<Heard> {
    return { host, mark: await readOne(() => this.#driver.mark(host)) };
  }
}

/** What is told of hosts, in their order, whichever of them answered first. */
export function inOrderOf<Told extends { readonly host: string }>(
  hosts: readonly string[],
  told: readonly Told[],
): Told[] {
  const places = new Map(hosts.map((host, place) => [host, place]));
  return told.toSorted((a, b) => (places.get(a.host) ?? 0) - (places.get(b.host) ?? 0));
}
