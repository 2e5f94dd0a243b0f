import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/runtime/clock.ts';
import { freePort } from '../../support/nats-server.ts';
import { samplesIn, valueOf, type MetricSample } from './samples.ts';

/** The executable that serves a ledger, as an operator runs it: with a configuration, its log in a file. */
export class Served implements AsyncDisposable {
  readonly port: number;
  /** The file that events are delivered to. */
  readonly events: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #log: string;

  private constructor(
    child: ChildProcess,
    { port, events, log }: { port: number; events: string; log: string },
  ) {
    this.#child = child;
    this.#ended = once(child, 'close');
    this.port = port;
    this.events = events;
    this.#log = log;
  }

  /** Starts it, and does not wait. It has the clock, the appliers, the publisher, a forwarder to a file, and the http role. */
  static async on(
    ledger: string,
    { program, nats, folder }: { program: string; nats: string; folder: string },
  ): Promise<Served> {
    const own = join(folder, 'served');
    mkdirSync(own);
    const port = await freePort();
    const [config, log, events] = [join(own, 'isoledger.yaml'), join(own, 'log'), join(own, 'events.ndjson')];
    writeFileSync(
      config,
      `ledger: sqlite:${ledger}\nnats: { servers: ['${nats}'] }\nhttp: { listen: '127.0.0.1:${String(port)}' }\n` +
        `sinks: { archive: { kind: file, path: ${events}, keepFiles: 2 } }\n`,
    );
    const out = openSync(log, 'w');
    const child = spawn(program, ['serve', '--config', config], {
      ...{ cwd: own, stdio: ['ignore', 'ignore', out], env: { HOME: own } },
    });
    closeSync(out);
    return new Served(child, { port, events, log });
  }

  /** What `/metrics` says. */
  async metrics(): Promise<readonly MetricSample[]> {
    const answer = await fetch(`http://127.0.0.1:${String(this.port)}/metrics`);
    return samplesIn(await answer.text());
  }

  /** The last entry of the ledger, as it says. */
  async head(): Promise<number> {
    return valueOf(await this.metrics(), 'isoledger_ledger_head_seq');
  }

  /** Returns once roles say that they have done all that the ledger holds; after so long false. Throws an Error once it has ended. */
  async hasDoneAll(roles: readonly string[], { withinMs }: { withinMs: number }): Promise<boolean> {
    const untilMs = Date.now() + withinMs;
    while (Date.now() < untilMs) {
      this.requireRunning();
      const samples = await this.metrics().catch(() => []);
      const lags = new Map(
        samples.flatMap(({ name, labels, value }) =>
          name === 'isoledger_role_lag_entries' ? [[labels.get('role'), value] as const] : [],
        ),
      );
      if (roles.every((role) => lags.get(role) === 0)) return true;
      await systemClock.sleep(100);
    }
    return false;
  }

  requireRunning(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return;
    throw new Error(
      `serve ended with ${String(exitCode ?? signalCode)}: ${readFileSync(this.#log, 'utf8').slice(-2_000)}`,
    );
  }

  /** Ends it as a service manager does. Throws an Error where it ended before, or not with 0. */
  async end(): Promise<void> {
    this.requireRunning();
    this.#child.kill('SIGTERM');
    await this.#ended;
    if (this.#child.exitCode !== 0) this.requireRunning();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
