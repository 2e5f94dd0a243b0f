import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

const ready = z.object({ ledgerId: z.string() });
const done = z.object({ took: z.array(z.number()) });

/** Whoever changes policies beside the service: see changer. */
export class Changing implements AsyncDisposable {
  readonly #worker: Worker;
  readonly ledgerId: string;

  private constructor(worker: Worker, ledgerId: string) {
    this.#worker = worker;
    this.ledgerId = ledgerId;
  }

  /** Returns once the estate is in the ledger, and at its hosts. */
  static async on(ledger: string, of: { folder: string; tenants: number; hosts: number }): Promise<Changing> {
    const worker = new Worker(new URL('changer.ts', import.meta.url), { workerData: { ledger, ...of } });
    const { ledgerId } = ready.parse((await once(worker, 'message'))[0]);
    return new Changing(worker, ledgerId);
  }

  /** Changes policies for so long, and returns how long each change took to be recorded, in milliseconds. */
  async run(span: { rate: number; seconds: number }): Promise<readonly number[]> {
    this.#worker.postMessage(span);
    const { took } = done.parse((await once(this.#worker, 'message'))[0]);
    return took;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
