import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Lab } from '../../../infra/lab/lab.ts';

const program = new URL('udp-end.ts', import.meta.url).pathname;

/** How often is asked whether something arrived, how long silence counts as silence, and when the wait is over. */
const [pollMs, silenceMs, waitMsMax] = [5, 80, 20_000];

const answer = z.record(z.string(), z.array(z.number()));

/** Datagrams from one workload of a lab to some ports of another, one each millisecond. */
export class Datagrams implements Disposable {
  readonly #processes: readonly ChildProcess[];
  readonly #listener: ChildProcess;
  readonly #lines: Interface;
  readonly #arrivals: Map<number, number[]>;

  constructor(
    lab: Lab,
    { from, to, address, ports }: { from: string; to: string; address: string; ports: readonly number[] },
  ) {
    const words = ports.map(String);
    this.#listener = start(lab, to, ['listen', ...words]);
    const sender = start(lab, from, ['send', address, ...words]);
    this.#processes = [this.#listener, sender];
    const { stdout } = this.#listener;
    if (stdout === null) throw new Error('a listener without an output');
    this.#lines = createInterface({ input: stdout });
    this.#arrivals = new Map(ports.map((port) => [port, []]));
  }

  /** Milliseconds from an instant until the first datagram that arrives at a port. */
  async firstAfter(port: number, sinceMs: number): Promise<number> {
    for (;;) {
      const first = (await this.#heardAt(port)).find((at) => at >= sinceMs);
      if (first !== undefined) return first - sinceMs;
      if (nowMs() - sinceMs > waitMsMax) throw new Error(`nothing arrives at port ${String(port)}`);
      await pause(pollMs);
    }
  }

  /** Milliseconds from an instant until the last datagram that arrived at a port before it fell silent. */
  async lastAfter(port: number, sinceMs: number): Promise<number> {
    let lastMs = sinceMs;
    let silentSinceMs = nowMs();
    while (nowMs() - silentSinceMs < silenceMs) {
      await pause(pollMs);
      const last = (await this.#heardAt(port)).at(-1);
      if (last === undefined || last <= lastMs) continue;
      [lastMs, silentSinceMs] = [last, nowMs()];
      if (lastMs - sinceMs > waitMsMax) throw new Error(`port ${String(port)} does not fall silent`);
    }
    return lastMs - sinceMs;
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    for (const process of this.#processes) process.kill('SIGKILL');
  }

  /** When datagrams arrived at a port since somebody last asked about it. */
  async #heardAt(port: number): Promise<readonly number[]> {
    const line = once(this.#lines, 'line');
    this.#listener.stdin?.write('\n');
    const [text] = z.tuple([z.string()]).parse(await line);
    for (const [at, times] of Object.entries(answer.parse(JSON.parse(text))))
      this.#arrivals.get(Number(at))?.push(...times);
    return this.#arrivals.get(port)?.splice(0) ?? [];
  }
}

function start(lab: Lab, who: string, words: readonly string[]): ChildProcess {
  const { argv, env } = lab.commandAt(who, [process.execPath, program, ...words]);
  const [command = '', ...rest] = argv;
  return spawn(command, rest, { env, stdio: ['pipe', 'pipe', 'inherit'] });
}

/** The clock by which arrivals are told, in milliseconds. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
