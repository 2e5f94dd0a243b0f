import { OverlayUnavailable } from '../faults.ts';
import type { Happenings, Listening } from '../watching.ts';
import { changesByOthers, isEmptied } from './outside-rows.ts';
import { monitorSwitch } from './ovsdb/monitor.ts';
import type { SwitchChange } from './ovsdb/monitored-switch.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { readStanding } from './switch/switch-view.ts';
import { ToldFlows } from './switch/told-flows.ts';
import type { OpenFlowConnection } from './switch/openflow-connection.ts';

/** How long a bridge that just came may take until it speaks OpenFlow, and how often it is tried. */
const comingMsMax = 30_000;
const comingPauseMs = 100;

/** A bridge that goes ends its connection before or after its row: so long the row is waited for. */
const goingMs = 1_000;

/** After how much silence a sign of life is asked for. */
const idleMs = 5_000;

/** Hears of the bridge of a host and of its flows, until the signal aborts. Takes the switch over. Throws OverlayUnavailable. */
export async function listenToSwitch(
  at: HostSwitch,
  happenings: Happenings,
  signal: AbortSignal,
): Promise<Listening> {
  const listener = new SwitchListener(at, happenings, signal);
  await listener.begin();
  return listener;
}

/** A bridge while it is there. */
interface WatchedBridge {
  readonly uuid: string;
  readonly gone: AbortController;
}

class SwitchListener implements Listening {
  readonly #at: HostSwitch;
  readonly #happenings: Happenings;
  readonly #signal: AbortSignal;
  readonly #begun = Promise.withResolvers<undefined>();
  #bridge: WatchedBridge | undefined;
  #flows: ToldFlows | undefined;

  constructor(at: HostSwitch, happenings: Happenings, signal: AbortSignal) {
    this.#at = at;
    this.#happenings = happenings;
    this.#signal = signal;
  }

  async begin(): Promise<void> {
    void this.#followRows();
    await this.#begun.promise;
  }

  /**
   * Of rows nothing is on its way that matters: what a driver does to them it notes there, or it is one step with the mark. Flows come
   * in one step with the mark too, and are told after it.
   */
  readonly caughtUp = async (): Promise<void> => {
    await this.#flows?.caughtUp();
  };

  async #followRows(): Promise<void> {
    using at = this.#at;
    try {
      for await (const update of monitorSwitch({ ...at.monitoring, idleMs, signal: this.#signal })) {
        if (update.kind === 'lost') throw update.fault;
        if (update.kind === 'changes') this.#take(update.changes);
        else this.#takeFirst(update.rows.bridges);
      }
      this.#begun.resolve(undefined);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#bridge?.gone.abort();
    }
  }

  #takeFirst(bridges: ReadonlyMap<string, { readonly name: string }>): void {
    const [found] = Array.from(bridges).filter(([, { name }]) => name === this.#at.bridge);
    if (found === undefined) this.#begun.resolve(undefined);
    else this.#followBridge(found[0], { isNew: false });
  }

  #take(changes: readonly SwitchChange[]): void {
    const isOurs = isEmptied(changes, this.#at.bridge);
    for (const words of changesByOthers(changes, this.#at.bridge))
      if (isOurs) this.#happenings.tellOurs(words);
      else this.#happenings.tell(words);
    for (const { table, uuid, after } of changes) {
      if (table !== 'Bridge') continue;
      if (uuid === this.#bridge?.uuid && after === undefined) {
        this.#bridge.gone.abort();
        this.#bridge = undefined;
      } else if (after?.name === this.#at.bridge && uuid !== this.#bridge?.uuid)
        this.#followBridge(uuid, { isNew: true });
    }
  }

  #followBridge(uuid: string, { isNew }: { isNew: boolean }): void {
    this.#bridge?.gone.abort();
    const gone = new AbortController();
    this.#bridge = { uuid, gone };
    void this.#followFlows(gone.signal, { isNew });
  }

  async #followFlows(gone: AbortSignal, { isNew }: { isNew: boolean }): Promise<void> {
    try {
      using connection = isNew ? await this.#whenItSpeaks(gone) : await this.#asItStands(gone);
      const flows = new ToldFlows(connection);
      await flows.begin();
      this.#flows = flows;
      this.#begun.resolve(undefined);
      // What came into a new bridge before is told by its mark. Who made the bridge, its row tells.
      if (isNew) this.#happenings.tellOurs(`${this.#at.words} came`);
      for await (const words of flows.words(idleMs)) this.#happenings.tell(words);
    } catch (error) {
      await this.#at.clock.sleep(goingMs, gone);
      if (!gone.aborted) this.#fail(error);
    }
  }

  async #asItStands(gone: AbortSignal): Promise<OpenFlowConnection> {
    const seen = await readStanding(this.#at.database, this.#at.bridge);
    return await this.#at.connectOpenFlow({ seen, signal: gone });
  }

  /** A bridge is in the database before the switch has made it. */
  async #whenItSpeaks(gone: AbortSignal): Promise<OpenFlowConnection> {
    const { clock } = this.#at;
    const startMs = clock.elapsedMs();
    for (;;) {
      try {
        return await this.#at.connectOpenFlow({ signal: gone });
      } catch (error) {
        const isLate = clock.elapsedMs() - startMs > comingMsMax;
        if (!(error instanceof OverlayUnavailable) || isLate || gone.aborted) throw error;
      }
      await clock.sleep(comingPauseMs, gone);
    }
  }

  #fail(error: unknown): void {
    this.#begun.reject(error);
    this.#happenings.fail(error);
  }
}
