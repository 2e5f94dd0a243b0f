import { changesToldBy, flowMonitorRequest, groupWatchRequest } from './flow-monitor.ts';
import { messageType } from './openflow-messages.ts';
import { RequestInError, type OpenFlowConnection } from './openflow-connection.ts';

/** A connection over which a bridge tells of its flows and groups as they change. */
export class ToldFlows {
  readonly #connection: OpenFlowConnection;
  readonly #waiting = new Map<number, () => void>();
  #isOver = false;

  constructor(connection: OpenFlowConnection) {
    this.#connection = connection;
  }

  /** What a switch is too old for is not told: its database is watched all the same. */
  async begin(): Promise<void> {
    for (const request of [groupWatchRequest(), flowMonitorRequest()]) {
      try {
        await this.#connection.carryOut([request]);
      } catch (error) {
        if (!(error instanceof RequestInError)) throw error;
      }
    }
  }

  /** What is told, in words, until the connection ends with its fault. After so much silence a sign of life is asked for. */
  async *words(idleMs: number): AsyncGenerator<string, never, void> {
    try {
      for await (const message of this.#connection.messages(idleMs)) {
        if (message.type === messageType.barrierReply) this.#waiting.get(message.xid)?.();
        yield* this.#connection.reading(() => changesToldBy(message));
      }
      throw new Error('messages ended without a fault');
    } finally {
      this.#isOver = true;
      for (const goOn of this.#waiting.values()) goOn();
    }
  }

  /**
   * Returns once all was told that the bridge did before, or the connection ended. A switch tells in the order in which it does, and
   * answers a barrier behind that.
   */
  async caughtUp(): Promise<void> {
    if (this.#isOver || this.#connection.isOver) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const xid = this.#connection.askBarrier();
    this.#waiting.set(xid, () => {
      resolve(undefined);
    });
    await promise;
    this.#waiting.delete(xid);
  }
}
