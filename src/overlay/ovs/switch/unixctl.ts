import { join } from 'node:path';
import type { Clock } from '../../../runtime/clock.ts';
import { readGivenFile } from '../../../runtime/given-file.ts';
import { OverlayUnavailable } from '../../faults.ts';
import { OvsdbConnection } from '../ovsdb/connection.ts';
import { dial } from '../ovsdb/dial.ts';
import type { OvsdbEndpoint } from '../ovsdb/endpoint.ts';
import { folderBeside } from '../ovsdb/socket-folder.ts';
import { RequestRefused, UnreadableServer } from '../ovsdb/fault.ts';

/** Where ovs-vswitchd of a host is looked for, and how long one answer may take, in milliseconds. */
export interface UnixctlSettings {
  /** The host in words, for whoever reads why there was no answer. */
  readonly host: string;
  /** Those of the host's database. */
  readonly endpoints: readonly OvsdbEndpoint[];
  readonly clock: Clock;
  readonly requestMs: number;
}

/**
 * The socket at which ovs-vswitchd answers whoever runs on its machine. It is in the folder of the database's socket, under a
 * name that holds the number of the process; a file there says that number. Every call throws OverlayUnavailable where the process cannot be
 * asked, or refuses.
 */
export class Unixctl implements Disposable {
  readonly #settings: UnixctlSettings;
  #connecting: Promise<OvsdbConnection> | undefined;

  constructor(settings: UnixctlSettings) {
    this.#settings = settings;
  }

  /** What a command answers, as `ovs-appctl` would print it. Many calls go over one connection, in their order. */
  async ask(command: string, ...words: readonly string[]): Promise<string> {
    this.#connecting ??= this.#connect();
    const connection = await this.#connecting;
    const { host } = this.#settings;
    try {
      const answer = await connection.request(command, words);
      if (typeof answer === 'string') return answer;
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      throw new OverlayUnavailable(`ovs-vswitchd of host ${host}: ${error.message}`, error);
    }
    throw new UnreadableServer(
      `ovs-vswitchd of host ${host} answers ${command} with something that is no text`,
    );
  }

  [Symbol.dispose](): void {
    this.#connecting?.then(
      (connection) => {
        connection[Symbol.dispose]();
      },
      () => undefined,
    );
  }

  async #connect(): Promise<OvsdbConnection> {
    const { clock, requestMs } = this.#settings;
    const path = this.#socketPath();
    const text = `unix:${path}`;
    const socket = await dial({ kind: 'unix', path, text }, { endpoints: [], clock });
    return new OvsdbConnection(socket, { endpoint: text, clock, requestMs });
  }

  #socketPath(): string {
    const { host, endpoints } = this.#settings;
    const local = endpoints.find((endpoint) => endpoint.kind === 'unix');
    if (local === undefined)
      throw new OverlayUnavailable(
        `the switch of host ${host} is reached by ${endpoints.map(({ text }) => text).join(', ')}, and its tracer answers only on its own machine: ask there, with ovsdb: unix:PATH`,
      );
    const file = 'ovs-vswitchd.pid';
    const folder = folderBeside(local.path, file);
    return join(folder, `ovs-vswitchd.${this.#processNumber(join(folder, file))}.ctl`);
  }

  #processNumber(file: string): string {
    const found = readGivenFile(file);
    const [, digits] = ('bytes' in found && /^(\d{1,10})\n?$/.exec(found.bytes.toString('latin1'))) || [];
    if (digits !== undefined) return digits;
    const problem = 'problem' in found ? found.problem : 'it holds no number';
    throw new OverlayUnavailable(
      `${file} does not say which process is ovs-vswitchd of host ${this.#settings.host}: ${problem}`,
    );
  }
}
