import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

/** A program that runs until it is told to end. */
export class Daemon implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  #said = '';

  constructor(path: string, argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#name = path;
    this.#child = spawn(path, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#said += bytes.toString();
      });
  }

  /** Returns once something is so. Throws what the program said where it is not within a minute, or the program is gone. */
  async until(isSo: () => boolean): Promise<void> {
    for (let tries = 0; !isSo(); tries += 1) {
      if (tries > 1_200 || this.#child.exitCode !== null)
        throw new Error(`${this.#name} did not do what is waited for: ${this.#said}`);
      await setTimeout(50);
    }
  }

  /** Waits for its end: its exit code, and what it said. */
  async ended(): Promise<{ code: number | null; said: string }> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    return { code: this.#child.exitCode, said: this.#said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
