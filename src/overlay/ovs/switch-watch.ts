import { OverlayUnavailable } from '../faults.ts';
import type { Happenings } from '../watching.ts';
import { changesByOthers } from './outside-rows.ts';
import { monitorSwitch } from './ovsdb/monitor.ts';
import type { SwitchChange } from './ovsdb/monitored-switch.ts';
import { changesToldBy, flowMonitorRequest, groupWatchRequest } from './switch/flow-monitor.ts';
import type { HostSwitch } from './switch/host-switch.ts';
import { readStanding } from './switch/switch-view.ts';
import { RequestInError, type OpenFlowConnection } from './switch/openflow-connection.ts';

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
): Promise<void> {
  const listener = new SwitchListener(at, happenings, signal);
  await listener.begin();
}

/** A bridge while it is there. */
interface WatchedBridge {
  readonly uuid: string;
  readonly gone: AbortController;
}

class SwitchListener {
  readonly #at: HostSwitch;
  readonly #happenings: Happenings;
  readonly #signal: AbortSignal;
  readonly #begun = Promise.withResolvers<undefined>();
  #bridge: WatchedBridge | undefined;

  constructor(at: HostSwitch, happenings: Happenings, signal: AbortSignal) {
    this.#at = at;
    this.#happenings = happenings;
    this.#signal = signal;
  }

  async begin(): Promise<void> {
    void this.#followRows();
    await this.#begun.promise;
  }

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
    for (const words of changesByOthers(changes, this.#at.bridge)) this.#happenings.tell(words);
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
      await beginTelling(connection);
      this.#begun.resolve(undefined);
      // What came into a new bridge before is told by its mark.
      if (isNew) this.#happenings.tell(`${this.#at.words} came`);
      for await (const message of connection.messages(idleMs))
        for (const words of connection.reading(() => changesToldBy(message))) this.#happenings.tell(words);
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

/** What a switch is too old for is not told: its database is watched all the same. */
async function beginTelling(connection: OpenFlowConnection): Promise<void> {
  for (const request of [groupWatchRequest(), flowMonitorRequest()]) {
    try {
      await connection.carryOut([request]);
    } catch (error) {
      if (!(error instanceof RequestInError)) throw error;
    }
  }
}
