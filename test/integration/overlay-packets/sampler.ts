import { ip, ipFrame, protocols, udp, uint16, type Ends } from './frames.ts';
import { traceOf, type Probe } from './matrix.ts';
import type { Packets, Sent } from './packets.ts';

/** Identifiers of flows, above those of all probes. */
const firstFlow = 64_000;
const everyMs = 20;

/** A flow of UDP that goes on and on, and is answered. */
export interface Flow {
  readonly from: { readonly name: string; readonly mac: string };
  readonly ends: Ends;
  readonly port: number;
}

interface Sampled {
  /** Packets of which none may arrive. */
  readonly denied: readonly Probe[];
  readonly flows: readonly Flow[];
}

/** Sends denied packets and flows every 20 ms, and notes when what arrived. */
export class Sampler implements AsyncDisposable {
  readonly #packets: Packets;
  readonly #denied: ReadonlyMap<number, Probe>;
  readonly #strays = new Set<string>();
  readonly #heardMs = new Map<number, number[]>();
  readonly #answeredMs = new Map<number, number[]>();

  private constructor(packets: Packets, denied: readonly Probe[]) {
    this.#packets = packets;
    this.#denied = new Map(denied.map((probe) => [probe.id, probe]));
  }

  static async start(packets: Packets, { denied, flows }: Sampled): Promise<Sampler> {
    const sampler = new Sampler(packets, denied);
    const sent = flows.map(({ from, ends, port }, index): Sent => {
      const datagram = udp(ends, { from: firstFlow + index, to: port }, uint16(index));
      const packet = ip({ ...ends, protocol: protocols.udp }, datagram);
      return { from: from.name, frame: ipFrame(from.mac, packet) };
    });
    await packets.heard();
    await packets.repeat([...denied.map(({ from, frame }) => ({ from, frame })), ...sent], everyMs);
    return sampler;
  }

  /** What arrived though it is denied, in words; all of it since the start. */
  async strays(): Promise<string[]> {
    await this.#listen();
    return [...this.#strays];
  }

  /** When packets of a flow arrived, in ms of `performance.now()`; and when answers to them did. */
  async arrivals(flow: number): Promise<{ heardMs: readonly number[]; answeredMs: readonly number[] }> {
    await this.#listen();
    const id = firstFlow + flow;
    return { heardMs: this.#heardMs.get(id) ?? [], answeredMs: this.#answeredMs.get(id) ?? [] };
  }

  async #listen(): Promise<void> {
    for (const { at, ms, frame } of await this.#packets.heard()) {
      const trace = traceOf(frame);
      if (trace === undefined) continue;
      const probe = this.#denied.get(trace.id);
      if (probe !== undefined)
        this.#strays.add(
          `${probe.from} to ${probe.target} ${probe.protocol}/${String(probe.port)} arrived at ${at}`,
        );
      const times = trace.isAnswer ? this.#answeredMs : this.#heardMs;
      if (trace.id >= firstFlow) times.set(trace.id, [...(times.get(trace.id) ?? []), ms]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#packets.repeat([]);
  }
}

/** Some of the probes that no side allows, spread over all of them. */
export function someDenied(probes: readonly Probe[], { atMost }: { atMost: number }): Probe[] {
  const denied = probes.filter(({ receiver }) => receiver === undefined);
  const step = Math.max(1, Math.floor(denied.length / atMost));
  return denied.filter((_, index) => index % step === 0).slice(0, atMost);
}
