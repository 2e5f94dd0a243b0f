import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect, type JetStreamManager } from 'nats';
import { command } from './needs.ts';

export const natsServer = command('nats-server', 'nats-server');

/** A NATS server with JetStream on this machine's own address, which can be killed, paused and started again. */
export class NatsServer implements AsyncDisposable {
  readonly #configuration: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly address: string;
  #child: ChildProcess | undefined;

  /** `environment` is what its configuration takes from there. */
  constructor(address: string, configuration: string, environment: Readonly<Record<string, string>> = {}) {
    this.#environment = environment;
    this.address = address;
    this.#configuration = configuration;
  }

  /** One that stands alone, its files below a folder. `more` are further lines of its configuration. */
  static async alone(folder: string, more: readonly string[] = []): Promise<NatsServer> {
    const port = await freePort();
    const server = new NatsServer(
      `127.0.0.1:${String(port)}`,
      written(folder, [
        `listen: 127.0.0.1:${String(port)}`,
        `jetstream { store_dir: "${join(folder, 'store')}" }`,
        ...more,
      ]),
    );
    await server.start();
    return server;
  }

  /** Returns when it takes clients. */
  async start(): Promise<void> {
    const child = spawn(natsServer.path, ['-c', this.#configuration], {
      stdio: 'ignore',
      env: { ...process.env, ...this.#environment },
    });
    this.#child = child;
    const [host = '', port = ''] = this.address.split(':');
    while (!(await listens(host, Number(port)))) {
      if (child.exitCode !== null) throw new Error(`no NATS server by ${this.#configuration}`);
      await setTimeout(50);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** Three servers that keep what is given to them together. */
export class NatsCluster implements AsyncDisposable {
  readonly servers: readonly NatsServer[];

  private constructor(servers: readonly NatsServer[]) {
    this.servers = servers;
  }

  /** Returns when each of its servers can be given a stream. */
  static async of(folder: string): Promise<NatsCluster> {
    const names = ['n0', 'n1', 'n2'];
    const nodes = await Promise.all(
      names.map(async (name) => ({ name, port: await freePort(), route: await freePort() })),
    );
    const routes = nodes.map(({ route }) => `nats://127.0.0.1:${String(route)}`).join(', ');
    const servers = nodes.map(({ name, port, route }) => {
      const own = join(folder, name);
      mkdirSync(own);
      return new NatsServer(
        `127.0.0.1:${String(port)}`,
        written(own, [
          `server_name: ${name}`,
          `listen: 127.0.0.1:${String(port)}`,
          `jetstream { store_dir: "${join(own, 'store')}" }`,
          `cluster { name: town, listen: 127.0.0.1:${String(route)}, routes: [${routes}] }`,
        ]),
      );
    });
    const cluster = new NatsCluster(servers);
    await Promise.all(servers.map((server) => server.start()));
    await cluster.#asked(async (manager) => {
      const name = 'EVERYWHERE';
      await manager.streams.add({ name, subjects: ['everywhere'], num_replicas: servers.length });
      return { found: await manager.streams.delete(name) };
    });
    return cluster;
  }

  get addresses(): string[] {
    return this.servers.map(({ address }) => address);
  }

  /** The server that leads a stream, once there is one. */
  async leader(stream: string): Promise<NatsServer> {
    return await this.#asked(async (manager) =>
      this.#named((await manager.streams.info(stream)).cluster?.leader),
    );
  }

  /** The server that leads a stream, once all of them have what it has. */
  async leaderOfAll(stream: string): Promise<NatsServer> {
    return await this.#asked(async (manager) => {
      const { leader, replicas = [] } = (await manager.streams.info(stream)).cluster ?? {};
      const isWhole = replicas.length === this.servers.length - 1 && replicas.every(({ current }) => current);
      return isWhole ? this.#named(leader) : undefined;
    });
  }

  #named(name: string | undefined): { found: NatsServer } | undefined {
    const found = name === undefined ? undefined : this.servers[Number(name.slice(1))];
    return found && { found };
  }

  /** Asks until something is found. */
  async #asked<Found>(
    ask: (manager: JetStreamManager) => Promise<{ found: Found } | undefined>,
  ): Promise<Found> {
    const connection = await connect({ servers: this.addresses, timeout: 2_000 });
    try {
      for (;;) {
        try {
          const answer = await ask(await connection.jetstreamManager());
          if (answer !== undefined) return answer.found;
        } catch {
          // None is elected yet.
        }
        await setTimeout(100);
      }
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }
}

function written(folder: string, lines: readonly string[]): string {
  const path = join(folder, 'nats.conf');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function listens(host: string, port: number): Promise<boolean> {
  const socket = createConnection({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
