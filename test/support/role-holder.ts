import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('role-holder-process.ts', import.meta.url));

/** Another process, which holds a role until it is killed. */
export class RoleHolderProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Returns when the role is held. `folder` is that of the locks of a ledger. */
  static async of(folder: string, role: string): Promise<RoleHolderProcess> {
    const child = spawn(process.execPath, [file, folder, role], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return new RoleHolderProcess(child);
  }

  get pid(): string {
    return String(this.#child.pid);
  }

  async kill(): Promise<void> {
    if (this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
