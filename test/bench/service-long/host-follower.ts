import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { Latest } from './latest.ts';
import { Reached } from './reached.ts';

/** Looks at the hosts of a shard, which are files: the plan that every one of them has. */
export class HostFollower implements AsyncDisposable {
  readonly reached = new Reached();
  readonly #driver: OverlayDriver;
  readonly #watcher: FSWatcher;
  readonly #plans = new Map<string, number>();
  readonly #looks: ReadonlyMap<string, Latest>;

  constructor(
    hosts: readonly string[],
    { ledger, ledgerId, shard }: { ledger: string; ledgerId: string; shard: string },
  ) {
    const folder = join(`${ledger}.d`, 'overlay');
    this.#driver = embeddedDriver({ folder, ledger: ledgerId, shard });
    this.#looks = new Map(hosts.map((host) => [`${host}.jsonl`, new Latest(() => this.#look(host))]));
    this.#watcher = watch(join(folder, shard), (_event, name) => this.#looks.get(name ?? '')?.ask());
    for (const look of this.#looks.values()) look.ask();
  }

  async #look(host: string): Promise<void> {
    const mark = await this.#driver.mark(host);
    if (mark.kind !== 'marked') throw new Error(`${host} has no mark: ${JSON.stringify(mark)}`);
    this.#plans.set(host, mark.plan);
    if (this.#plans.size === this.#looks.size) this.reached.upTo(Math.min(...this.#plans.values()));
  }

  /** Throws what a look at a host threw. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher.close();
    for (const look of this.#looks.values()) await look.settled();
  }
}
