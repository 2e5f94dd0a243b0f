import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { LabUnavailable } from './faults.ts';
import type { Lab } from './lab.ts';

/** How often something is said: a cut is seen that exactly. */
const beatMs = 20;
/** How long a connection may take. */
const connectMsMax = 10_000;

interface StreamEnds {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly port: number;
  /** Who says something; who called, if left out. */
  readonly speaker?: 'caller' | 'called';
}

/** A TCP connection between two workloads that is held open, and over which a byte goes one way every 20 ms. */
export class TcpStream implements Disposable {
  readonly #processes: readonly ChildProcess[];
  #heardAtMs = 0;
  readonly #beat: NodeJS.Timeout;

  private constructor(lab: Lab, { from, to, address, port, speaker = 'caller' }: StreamEnds) {
    const flag = address.includes(':') ? '-6' : '-4';
    const listener = start(lab, to, ['nc', flag, '-l', '-k', String(port)]);
    const sender = start(lab, from, ['nc', flag, address, String(port)]);
    this.#processes = [listener, sender];
    const [speaking, hearing] = speaker === 'caller' ? [sender, listener] : [listener, sender];
    hearing.stdout?.on('data', () => {
      this.#heardAtMs = performance.now();
    });
    // A speaker that is gone is a stream that is silent, which is what is asked about.
    speaking.stdin?.on('error', () => undefined);
    this.#beat = setInterval(() => {
      speaking.stdin?.write('.');
    }, beatMs);
  }

  /** Opens it; returns when the first byte has arrived. Throws LabUnavailable if none does within 10 s. */
  static async open(lab: Lab, ends: StreamEnds): Promise<TcpStream> {
    const openedMs = performance.now();
    do {
      const stream = new TcpStream(lab, ends);
      // One whose sender came before the listener is refused at once, and another is tried.
      for (let waitedMs = 0; waitedMs < 1_000; waitedMs += beatMs) {
        if (stream.#heardAtMs > 0) return stream;
        await pause(beatMs);
      }
      stream[Symbol.dispose]();
    } while (performance.now() - openedMs < connectMsMax);
    throw new LabUnavailable(`no stream from ${ends.from} to ${ends.to}, port ${String(ends.port)}`);
  }

  /** When the last byte arrived, on the clock of `performance.now()`. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Whether something arrives within this time. */
  async isAlive(withinMs: number): Promise<boolean> {
    const before = this.#heardAtMs;
    for (let waitedMs = 0; waitedMs < withinMs; waitedMs += beatMs) {
      await pause(beatMs);
      if (this.#heardAtMs > before) return true;
    }
    return false;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat);
    for (const each of this.#processes) each.kill('SIGKILL');
  }
}

function start(lab: Lab, who: string, words: readonly string[]): ChildProcess {
  const { argv, env } = lab.commandAt(who, words);
  const [program = '', ...rest] = argv;
  return spawn(program, rest, { env, stdio: ['pipe', 'pipe', 'ignore'] });
}
