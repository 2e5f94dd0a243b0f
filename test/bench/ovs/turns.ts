import type { Document } from '../../../events/documents.ts';
import { Datagrams, nowMs } from './datagrams.ts';
import type { OvsStage } from './stage.ts';
import { changingPort, listener, sender, senderPolicy, steadyPort } from './switched-estate.ts';

/**
 * Changes of a running estate, each made in one process: decided, recorded, planned and driven, while real packets go. The figure is
 * the time from the call until packets fare otherwise.
 */
export class PacketTurns implements Disposable {
  readonly #stage: OvsStage;
  readonly #packets: Datagrams;
  readonly #narrow: readonly Document[];
  readonly #wide: readonly Document[];

  private constructor(of: { stage: OvsStage; packets: Datagrams; narrow: Document[]; wide: Document[] }) {
    this.#stage = of.stage;
    this.#packets = of.packets;
    this.#narrow = of.narrow;
    this.#wide = of.wide;
  }

  /** On hosts that are up to date; packets to the steady port arrive when this returns. */
  static async of(stage: OvsStage): Promise<PacketTurns> {
    const narrow = await stage.read([senderPolicy([steadyPort])]);
    const wide = await stage.read([senderPolicy([steadyPort, changingPort])]);
    const packets = new Datagrams(stage.lab, {
      ...{ from: sender.endpoint, to: listener.endpoint, address: listener.ip },
      ports: [steadyPort, changingPort],
    });
    await packets.firstAfter(steadyPort, nowMs());
    return new PacketTurns({ stage, packets, narrow, wide });
  }

  /** A rule is put in: until the first packet that it allows has arrived. */
  async ruleIn(): Promise<number> {
    const took = await this.#opened();
    await this.#closed();
    return took;
  }

  /** A rule is taken out: until the last packet has arrived. */
  async ruleOut(): Promise<number> {
    await this.#opened();
    return this.#closed();
  }

  /** A tenant is quarantined: until the last packet of a running stream of its has arrived. */
  async quarantine(): Promise<number> {
    const { running } = this.#stage;
    const sinceMs = nowMs();
    await running.quarantine('quarantine', sender.tenant);
    const took = await this.#packets.lastAfter(steadyPort, sinceMs);
    await running.quarantine('release', sender.tenant);
    await this.#packets.firstAfter(steadyPort, nowMs());
    return took;
  }

  [Symbol.dispose](): void {
    this.#packets[Symbol.dispose]();
  }

  async #opened(): Promise<number> {
    const sinceMs = nowMs();
    await this.#enact(this.#wide);
    return this.#packets.firstAfter(changingPort, sinceMs);
  }

  async #closed(): Promise<number> {
    const sinceMs = nowMs();
    await this.#enact(this.#narrow);
    return this.#packets.lastAfter(changingPort, sinceMs);
  }

  async #enact(documents: readonly Document[]): Promise<void> {
    const { running } = this.#stage;
    await running.apply({ documents });
    await running.sync({ reads: 'marks' });
  }
}
