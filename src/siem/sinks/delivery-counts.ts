/** What came of deliveries to a sink since this process began. */
export interface DeliveryCount {
  /** Entries that were acknowledged, each as often as it was. */
  readonly entries: number;
  /**
   * Deliveries that were not acknowledged, or only in part: of entries, which are tried again, and of heartbeats, which are not. And
   * connections that broke, where nobody knows what arrived.
   */
  readonly failures: { readonly entries: number; readonly heartbeat: number; readonly connection: number };
}

type FailedOf = keyof DeliveryCount['failures'];

const none: DeliveryCount = { entries: 0, failures: { entries: 0, heartbeat: 0, connection: 0 } };

/** What comes of deliveries, counted by the name of the sink. */
export class DeliveryCounts {
  readonly #of = new Map<string, DeliveryCount>();

  /** Lets a sink be counted from zero on: who watches sees its first failure as one. */
  begin(sink: string): void {
    this.#of.set(sink, this.#countOf(sink));
  }

  acknowledged(sink: string, entries: number): void {
    const known = this.#countOf(sink);
    this.#of.set(sink, { ...known, entries: known.entries + entries });
  }

  failed(sink: string, what: FailedOf): void {
    const known = this.#countOf(sink);
    const failures = { ...known.failures, [what]: known.failures[what] + 1 };
    this.#of.set(sink, { ...known, failures });
  }

  all(): ReadonlyMap<string, DeliveryCount> {
    return this.#of;
  }

  #countOf(sink: string): DeliveryCount {
    return this.#of.get(sink) ?? none;
  }
}
