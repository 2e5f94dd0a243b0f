import { inTurn } from '../../runtime/in-turn.ts';
import { asFound, OverlayUnavailable } from '../faults.ts';
import type {
  DropCount,
  ExpectedSet,
  HeldSet,
  HostChange,
  HostMark,
  HostMeans,
  HostReading,
  OutsideChange,
  OverlayDriver,
} from '../port.ts';
import { watchHost } from '../watching.ts';
import { changeHost } from './changing.ts';
import { countDrops } from './counting.ts';
import { readHost } from './reading.ts';
import { ConnectionLost } from './ovsdb/fault.ts';
import { readMeans } from './reading-means.ts';
import { ShardModel } from './shard-model.ts';
import { listenToSwitch } from './switch-watch.ts';
import { readHostMark } from './switch/host-mark.ts';
import { bridgeNameOf } from './switch/owner.ts';
import { HostSwitch, type SwitchAddress, type SwitchSettings, type VniRange } from './switch/host-switch.ts';

/** The switches of a shard. */
export interface OvsOverlay extends SwitchSettings {
  readonly ledger: string;
  readonly shard: string;
  readonly vnis?: VniRange;
  /** How each host is reached. */
  readonly hosts: ReadonlyMap<string, SwitchAddress>;
}

/** The longest time that one answer may take that is part of counters, in milliseconds: whoever asks for those does not wait long. */
const countersMsMax = 2_000;

/** The longest time that a switch may take to follow its database before it is asked what it is able to do, in milliseconds. */
const meansFollowMsMax = 5_000;

/**
 * The longest time that one answer may take which the mark needs, in milliseconds. It costs the same however much a host holds; and
 * the hosts of a shard are waited for together, so that one that stands still would keep the others from being cut for as long.
 */
const markMsMax = 5_000;

/**
 * The longest time that a switch may take to follow its database before its mark is not to be had, in milliseconds. One whose
 * ovs-vswitchd has ended never does, and is told as away before the others are driven without it.
 */
const markFollowMsMax = 1_000;

/** Drives Open vSwitch: every host is a switch, on which the shard has a bridge of its own. */
export function ovsDriver(overlay: OvsOverlay): OverlayDriver {
  return new OvsDriver(overlay);
}

class OvsDriver implements OverlayDriver {
  readonly name = 'ovs';
  readonly #overlay: OvsOverlay;
  readonly #models = new ShardModel();

  constructor(overlay: OvsOverlay) {
    this.#overlay = overlay;
  }

  async mark(host: string): Promise<HostMark> {
    return await asFound(() => this.#mark(host));
  }

  async read(host: string, expected: ExpectedSet): Promise<HostReading> {
    return await asFound<HostReading>(async () => {
      // One that does not even say its mark is not waited for as a whole reading would be.
      await this.#mark(host);
      return await this.#with(host, (at) => readHost(at, this.#models, expected));
    });
  }

  async apply(host: string, change: HostChange): Promise<HeldSet> {
    return await inTurn(`ovs ${host} ${bridgeNameOf(this.#overlay.shard)}`, () =>
      this.#with(host, (at) => changeHost(at, this.#models, change)),
    );
  }

  async drops(host: string, expected: ExpectedSet): Promise<readonly DropCount[]> {
    const settings = this.#within(countersMsMax, markFollowMsMax);
    return await this.#with(host, (at) => countDrops(at, this.#models, expected), settings);
  }

  async means(host: string): Promise<HostMeans> {
    return await this.#with(host, readMeans, { ...this.#overlay, followMs: meansFollowMsMax });
  }

  watch(host: string, signal: AbortSignal): Promise<AsyncIterable<OutsideChange>> {
    return watchHost({
      host,
      clock: this.#overlay.clock,
      signal,
      mark: () => this.#mark(host),
      listen: async (happenings, until) => listenToSwitch(this.#switchOf(host), happenings, until),
    });
  }

  /**
   * Works on a switch. Where a connection was ended there meanwhile, all of it is done once more over new ones: each work begins by
   * reading the mark, and its change is taken on top of that alone, so that a change which was taken after all is not made twice.
   */
  async #with<Result>(
    host: string,
    work: (at: HostSwitch) => Promise<Result>,
    settings?: SwitchSettings,
  ): Promise<Result> {
    const once = async (): Promise<Result> => {
      using at = this.#switchOf(host, settings);
      return await work(at);
    };
    try {
      return await once();
    } catch (fault) {
      if (!(fault instanceof ConnectionLost)) throw fault;
      return await once();
    }
  }

  async #mark(host: string): Promise<HostMark> {
    const { mark } = await this.#with(host, readHostMark, this.#within(markMsMax, markFollowMsMax));
    return mark;
  }

  #within(answerMsMax: number, followMs: number): SwitchSettings {
    const { answerMs = answerMsMax } = this.#overlay;
    return { ...this.#overlay, answerMs: Math.min(answerMs, answerMsMax), followMs };
  }

  #switchOf(host: string, settings: SwitchSettings = this.#overlay): HostSwitch {
    const { ledger, shard, vnis, hosts } = this.#overlay;
    const address = hosts.get(host);
    if (address === undefined)
      throw new OverlayUnavailable(`host ${host} is none of this shard, as far as its documents say`);
    return new HostSwitch(
      host,
      { ledger, shard },
      { address, settings, vnis, isDriven: (name) => hosts.has(name) },
    );
  }
}
