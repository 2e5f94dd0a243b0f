import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { z } from 'zod';
import { searchPath } from '../../../infra/lab/run-program.ts';
import type { Lab } from '../../../infra/lab/lab.ts';

const program = new URL('packets.py', import.meta.url).pathname;

/** A frame (at a workload) or an IPv4 packet (at a host), and where it is sent. */
export interface Sent {
  /** An endpoint (`tenant/name`), an external, or a host. */
  readonly from: string;
  readonly frame: Buffer;
}

/** A frame that arrived at a workload. */
export interface Heard {
  readonly at: string;
  /** On the clock of `performance.now()` of this process. */
  readonly ms: number;
  readonly frame: Buffer;
}

const answer = z.strictObject({ heard: z.array(z.tuple([z.string(), z.number(), z.string()])) });

/** Sends frames at the workloads and hosts of a lab, and hears every frame that arrives at a workload. */
export class Packets implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: PromiseWithResolvers<Heard[]>[] = [];
  #said = '';
  #hasEnded = false;

  private constructor(lab: Lab, ports: readonly number[]) {
    const { hosts, workloads } = lab.plan;
    const places = [
      ...workloads.map(({ name, namespace, ips }) => ({ name, namespace, addresses: ips, ports })),
      ...hosts.map(({ host, namespace }) => ({ name: host, namespace, addresses: [], ports: [] })),
    ];
    const [first = ''] = hosts.map(({ host }) => host);
    this.#process = spawn('python3', [program, JSON.stringify(places)], {
      env: { ...lab.commandAt(first, []).env, PATH: searchPath() },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#lines = createInterface({ input: this.#process.stdout ?? process.stdin });
    this.#lines.on('line', (line) => {
      this.#waiting.shift()?.resolve(heardIn(line));
    });
    this.#process.on('close', () => {
      this.#hasEnded = true;
      for (const each of this.#waiting.splice(0)) each.reject(new Error(`packets.py ended: ${this.#said}`));
    });
  }

  /** Every workload answers on these ports, over TCP (what it is sent) and UDP (likewise), at each of its addresses. */
  static async open(lab: Lab, ports: readonly number[]): Promise<Packets> {
    const packets = new Packets(lab, ports);
    await packets.#next();
    return packets;
  }

  /** Returns when all have been sent. */
  async send(frames: readonly Sent[]): Promise<void> {
    await this.#ask({ do: 'send', frames: written(frames) });
  }

  /** From now on these are sent again and again, in place of those before; none ends it. */
  async repeat(frames: readonly Sent[], everyMs = 20): Promise<void> {
    await this.#ask({ do: 'repeat', frames: written(frames), everyMs });
  }

  /** All that arrived since this was asked last. */
  heard(): Promise<Heard[]> {
    return this.#ask({ do: 'heard' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await ended;
  }

  #ask(question: object): Promise<Heard[]> {
    if (this.#hasEnded) return Promise.reject(new Error(`packets.py ended: ${this.#said}`));
    this.#process.stdin?.write(`${JSON.stringify(question)}\n`);
    return this.#next();
  }

  #next(): Promise<Heard[]> {
    const waiting = Promise.withResolvers<Heard[]>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }
}

function written(frames: readonly Sent[]): [string, string][] {
  return frames.map(({ from, frame }) => [from, frame.toString('hex')]);
}

/** The clock of Linux that both processes read; it is brought to the origin of `performance.now()`. */
function heardIn(line: string): Heard[] {
  const offsetMs = performance.now() - Number(process.hrtime.bigint()) / 1e6;
  return answer
    .parse(JSON.parse(line))
    .heard.map(([at, ms, hex]) => ({ at, ms: ms + offsetMs, frame: Buffer.from(hex, 'hex') }));
}
