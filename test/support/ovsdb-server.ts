import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { command } from './needs.ts';
import type { Certificates } from './certificates.ts';

export const ovsdbServer = command('ovsdb-server', 'openvswitch-switch');
export const ovsdbTool = command('ovsdb-tool', 'openvswitch-switch');

const schema = '/usr/share/openvswitch/vswitch.ovsschema';

interface Serving {
  /** A folder of its own for files and sockets, in which the server's name is used once. */
  readonly folder: string;
  readonly name?: string;
  /** `cluster`: of one server, which keeps the ids of transactions. A switch's own database keeps none. */
  readonly kind?: 'standalone' | 'cluster';
  /** Listens with TLS as well. */
  readonly certificates?: Certificates;
}

/** A real ovsdb-server with the database of a switch, and no switch. */
export class OvsdbServer implements AsyncDisposable {
  readonly unix: string;
  readonly #database: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;
  #log = '';

  constructor({ folder, name = 'ovsdb', kind = 'standalone', certificates }: Serving) {
    const at = (ending: string): string => join(folder, `${name}.${ending}`);
    this.unix = at('sock');
    this.#database = at('db');
    this.#arguments = [
      ...['--no-chdir', `--unixctl=${at('ctl')}`, `--remote=punix:${this.unix}`, '-vconsole:info'],
      ...(certificates === undefined
        ? []
        : [
            '--remote=pssl:0:127.0.0.1',
            `--private-key=${certificates.privateKey}`,
            `--certificate=${certificates.certificate}`,
            `--ca-cert=${certificates.caCertificate}`,
          ]),
      this.#database,
    ];
    const creation =
      kind === 'cluster'
        ? ['create-cluster', this.#database, schema, `unix:${at('raft')}`]
        : ['create', this.#database, schema];
    execFileSync(ovsdbTool.path, creation, { stdio: 'ignore' });
  }

  /** Starts it, and returns when it listens. */
  async start(): Promise<this> {
    this.#log = '';
    // A server that was killed leaves its socket behind.
    rmSync(this.unix, { force: true });
    const child = spawn(ovsdbServer.path, this.#arguments, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    this.#child = child;
    const withTls = this.#arguments.some((argument) => argument.startsWith('--ca-cert'));
    while (!(await isListening(this.unix)) || (withTls && this.#port === undefined)) {
      if (child.exitCode !== null) throw new Error(`ovsdb-server ended: ${this.#log}`);
      await setTimeout(10);
    }
    return this;
  }

  get #port(): string | undefined {
    return /listening on port (\d+)/.exec(this.#log)?.[1];
  }

  /** As a configuration writes the endpoint. */
  get ssl(): string {
    if (this.#port === undefined) throw new Error('it does not listen with TLS');
    return `ssl:127.0.0.1:${this.#port}`;
  }

  /** Stops or continues it, with everything that is under way. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Ends it without letting it do anything more. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function isListening(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
