import { dropsKey, type DropsBetween } from '../../events/observation.ts';
import type { Shard } from '../../events/estate.ts';
import { appliedShard, type AppliedShard } from '../../projections/applied/applied.ts';
import { hostsDrivenBy, hostsOfShard } from '../../projections/directory/directory.ts';
import { readCounters, type HostCounters } from '../apply/drive/read-counters.ts';
import { grownDrops } from '../overlay/drops.ts';
import { OverlayUnavailable } from '../overlay/faults.ts';
import type { OverlayDriver } from '../overlay/port.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Clock } from '../runtime/clock.ts';
import { sideBySide } from '../runtime/side-by-side.ts';
import type { Workspace } from './workspace.ts';

/** Packets between two ends that the hosts of a shard dropped. */
export interface Attempt extends DropsBetween {
  /** All that is recorded, and what hosts counted since. */
  readonly packets: number;
  /** When a counter of theirs was last seen growing. */
  readonly lastGrew: string;
}

/** What the hosts of a shard dropped: attempts at what nobody granted. */
export interface Attempts {
  /** Whether the hosts of the shard count at all. */
  readonly counted: boolean;
  /** The latest first. */
  readonly pairs: readonly Attempt[];
  /** Hosts whose counters cannot be read now, and why: of those only what is recorded is told. */
  readonly unread: readonly { readonly host: string; readonly problem: string }[];
}

/** The longest time that is spent on counters of all shards together, in milliseconds. */
export const countersMsMax = 3_000;

/** How many shards are asked at a time, each for several hosts. */
const shardsAtOnce = 8;

/**
 * Reads what the hosts of each shard dropped, by the name of the shard: shards side by side, and in time. What no host tells in time
 * is told as far as it is recorded.
 */
export async function attemptsOf(
  { clock, driverFor }: Pick<Workspace, 'clock' | 'driverFor'>,
  { intended: { directory }, applied }: Estate,
  at: string,
): Promise<ReadonlyMap<string, Attempts>> {
  using deadline = new Deadline(clock);
  const work = async (shard: Shard): Promise<[string, Attempts]> => {
    const { shard: name } = shard;
    const known = appliedShard(applied, name);
    const driver = deadline.over(driverFor(shard, hostsDrivenBy(directory, name)));
    const hosts = [...hostsOfShard(directory, name), ...known.leavingHosts];
    const counters = await readCounters(driver, hosts, known);
    return [name, { counted: driver.drops !== undefined, ...attemptsAt(known, counters, at) }];
  };
  return new Map(await sideBySide([...directory.shards.values()], { atOnce: shardsAtOnce, work }));
}

function attemptsAt(
  { drops }: AppliedShard,
  counters: ReadonlyMap<string, HostCounters>,
  at: string,
): Omit<Attempts, 'counted'> {
  const pairs = new Map<string, Attempt>();
  const add = ({ from, to, by, packets, lastGrew }: Attempt): void => {
    const key = dropsKey({ from, to, by });
    const other = pairs.get(key) ?? { packets: 0, lastGrew };
    pairs.set(key, {
      ...{ from, to, by, packets: other.packets + packets },
      lastGrew: other.lastGrew > lastGrew ? other.lastGrew : lastGrew,
    });
  };
  for (const host of drops.values())
    for (const { grewAt: lastGrew, ...recorded } of host.counters.values()) add({ ...recorded, lastGrew });
  const unread: { host: string; problem: string }[] = [];
  for (const [host, read] of counters) {
    if (read.kind === 'unread') unread.push({ host, problem: read.problem });
    else for (const grown of grownDrops(drops.get(host), read.counts)) add({ ...grown, lastGrew: at });
  }
  return { pairs: [...pairs.values()].sort(latestFirst), unread };
}

function latestFirst(one: Attempt, other: Attempt): number {
  if (one.lastGrew !== other.lastGrew) return one.lastGrew < other.lastGrew ? 1 : -1;
  return other.packets - one.packets;
}

/** The time that there is for all counters. Hosts are not asked any more once it is over. */
class Deadline implements Disposable {
  readonly #ended = new AbortController();
  readonly #late: Promise<never>;
  #isOver = false;

  constructor(clock: Clock) {
    this.#late = clock.sleep(countersMsMax, this.#ended.signal).then(() => {
      this.#isOver = true;
      throw new OverlayUnavailable(`no answer within ${String(countersMsMax / 1000)} seconds`);
    });
    this.#late.catch(() => undefined);
  }

  /** The counters of a driver's hosts, in time. */
  over(driver: OverlayDriver): Pick<OverlayDriver, 'drops'> {
    const drops = driver.drops?.bind(driver);
    if (drops === undefined) return {};
    return {
      drops: (host, expected) =>
        this.#isOver ? this.#late : Promise.race([drops(host, expected), this.#late]),
    };
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
  }
}
