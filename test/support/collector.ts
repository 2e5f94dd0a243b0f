import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Certificates } from './certificates.ts';
import { Daemon } from './daemon.ts';
import { freePort } from './nats-server.ts';
import type { Need } from './needs.ts';
import { rsyslogd, rsyslogTls } from './rsyslog.ts';
import { syslogNg } from './syslog-ng.ts';

/** What is said in infra/siem of a sink or of a receiver. */
export function siemFile(name: string): string {
  return fileURLToPath(new URL(`../../infra/siem/${name}`, import.meta.url));
}

/** A program that collects syslog, as its page in infra/siem sets it up. */
export interface CollectorKind {
  /** Its folder in infra/siem. */
  readonly name: 'rsyslog' | 'syslog-ng';
  readonly needs: readonly Need[];
  /** What stands before the configuration that is shipped, as Debian has it before that. */
  readonly before: (folder: string) => string;
  readonly run: (configuration: string, folder: string) => Daemon;
}

export const collectorKinds: readonly CollectorKind[] = [
  {
    name: 'rsyslog',
    needs: [rsyslogd, rsyslogTls],
    before: (folder) => `global(workDirectory="${folder}")\n`,
    run: (configuration) => new Daemon(rsyslogd.path, ['-n', '-iNONE', '-f', configuration]),
  },
  {
    name: 'syslog-ng',
    needs: [syslogNg],
    before: () => '@version: 3.38\n',
    run: runSyslogNg,
  },
];

function runSyslogNg(configuration: string, folder: string): Daemon {
  const at = (name: string): string => join(folder, name);
  const own = ['-R', at('persist'), '-p', at('pid'), '-c', at('ctl')];
  const argv = ['-F', '--no-caps', '--stderr', '-f', configuration, ...own, ...syslogNg.argv];
  return new Daemon(syslogNg.path, argv, syslogNg.environment);
}

/** A collector that runs, and what it has written. */
export class Collector implements AsyncDisposable {
  readonly port: number;
  /** What the service shows, and whom it trusts, as the script of infra/siem made it. */
  readonly certificates: Certificates;
  readonly #folder: string;
  readonly #daemon: Daemon;

  private constructor({ port, folder, daemon }: { port: number; folder: string; daemon: Daemon }) {
    this.port = port;
    this.#folder = folder;
    this.#daemon = daemon;
    const at = (name: string): string => join(folder, 'certificates', name);
    this.certificates = {
      privateKey: at('isoledger.key'),
      certificate: at('isoledger.pem'),
      caCertificate: at('ca.pem'),
    };
  }

  /** Makes certificates and runs it, all in a folder. Returns when it listens. */
  static async start(kind: CollectorKind, folder: string): Promise<Collector> {
    const port = await freePort();
    const certificates = join(folder, 'certificates');
    execFileSync('sh', [siemFile('certificates.sh'), certificates, 'IP:127.0.0.1'], { stdio: 'ignore' });
    const written = join(folder, 'written');
    mkdirSync(written);
    const shipped = readFileSync(siemFile(`${kind.name}/isoledger.conf`), 'utf8');
    const configuration = join(folder, `${kind.name}.conf`);
    writeFileSync(
      configuration,
      kind.before(folder) +
        shipped
          .replace(/\b6514\b/, String(port))
          .replaceAll('/etc/collector', certificates)
          .replaceAll('/var/log/isoledger', written),
    );
    const daemon = kind.run(configuration, folder);
    let listens = false;
    const probe = setInterval(() => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => (listens = true)).on('error', () => undefined);
      setTimeout(() => socket.destroy(), 40);
    }, 100);
    await daemon
      .until(() => listens)
      .finally(() => {
        clearInterval(probe);
      });
    return new Collector({ port, folder, daemon });
  }

  get messagesPath(): string {
    return join(this.#folder, 'written/messages.log');
  }

  /** The messages as they came, once there are so many. */
  async messages(count: number): Promise<string[]> {
    const lines = (): string[] => linesOf(this.messagesPath);
    await this.#daemon.until(() => lines().length >= count);
    return lines();
  }

  /** What was read of messages, once there are so many. */
  async events(count: number): Promise<unknown[]> {
    const lines = (): string[] => linesOf(join(this.#folder, 'written/events.ndjson'));
    await this.#daemon.until(() => lines().length >= count);
    return lines().map((line): unknown => JSON.parse(line));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#daemon[Symbol.asyncDispose]();
  }
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}
