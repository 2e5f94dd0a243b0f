import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { program } from './program.ts';

const logLine = z.looseObject({ level: z.number(), msg: z.string(), role: z.string().exactOptional() });
type LogLine = z.infer<typeof logLine>;

/** `isoledger serve` as a process of its own. */
export class ServeProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #text = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
  }

  /** Returns once its roles were started. */
  static async on(
    ledgerUrl: string,
    ...[argv = [], environment = {}]: [
      argv?: readonly string[],
      environment?: Record<string, string | undefined>,
    ]
  ): Promise<ServeProcess> {
    const child = spawn(process.execPath, [program, '--ledger', ledgerUrl, 'serve', ...argv], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ISOLEDGER_LOG: 'info', ...environment },
    });
    const served = new ServeProcess(child);
    await served.says('the service has started');
    return served;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): readonly LogLine[] {
    const lines = this.#text.split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('{')).map((line) => logLine.parse(JSON.parse(line)));
  }

  /** Returns once it has logged a sentence, of a role where one is named. */
  async says(msg: string, role?: string): Promise<LogLine> {
    for (;;) {
      const found = this.log.find((line) => line.msg === msg && (role === undefined || line.role === role));
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null)
        throw new Error(`serve ended with ${String(this.#child.exitCode)}: ${this.#text}`);
      await setTimeout(10);
    }
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal, and waits for the end: its exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    this.send(signal);
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.end('SIGKILL');
  }
}
