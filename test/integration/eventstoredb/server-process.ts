import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

const program = fileURLToPath(new URL('../../doubles/eventstoredb/main.ts', import.meta.url));

/** A server in a process of its own, which is gone when the test ends. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    onTestFinished(() => this.kill());
  }

  /** Resolves when it listens: on a free port, for 0. */
  static async start({ folder, port = 0 }: { folder: string; port?: number }): Promise<ServerProcess> {
    const child = spawn(process.execPath, [program, folder, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8');
    const [line] = z.tuple([z.string()]).parse(await once(child.stdout, 'data'));
    return new ServerProcess(child, line.trim());
  }

  get port(): number {
    return Number(/:(\d+)\?/.exec(this.url)?.[1]);
  }

  /** Lets it stand still, with its connections open, or go on. */
  send(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Ends it as a loss of power does; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
