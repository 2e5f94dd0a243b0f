import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { interfaceTable, type InterfaceRow } from '../../src/overlay/ovs/ovsdb/tables.ts';
import { command, root, tun, type Need } from './needs.ts';

/** What a real switch takes. */
export const needsOfSwitch: readonly Need[] = [
  command('ovs-vswitchd', 'openvswitch-switch'),
  command('ovs-vsctl', 'openvswitch-switch'),
  command('ovs-ofctl', 'openvswitch-common'),
  command('ip', 'iproute2'),
  root,
  tun,
];

/** A table as ovs-vsctl writes it. */
const listing = z.object({ headings: z.array(z.string()), data: z.array(z.array(z.unknown())) });

const schema = '/usr/share/openvswitch/vswitch.ovsschema';

/** What else a database server of Debian's listens to, and shows, is said in the database itself. */
const asConfigured = [
  '--remote=db:Open_vSwitch,Open_vSwitch,manager_options',
  '--private-key=db:Open_vSwitch,SSL,private_key',
  '--certificate=db:Open_vSwitch,SSL,certificate',
  '--ca-cert=db:Open_vSwitch,SSL,ca_cert',
];

type SwitchDaemon = 'ovsdb-server' | 'ovs-vswitchd';

/** A real switch, in a network namespace of its own, with a datapath in user space. It is there at once, until `end`. */
export class OvsSwitch {
  readonly folder = mkdtempSync(join(tmpdir(), 'isoledger-ovs-'));

  constructor() {
    run('ip', ['netns', 'add', this.#namespace]);
    run('ip', ['-n', this.#namespace, 'link', 'set', 'lo', 'up']);
    run('ovsdb-tool', ['create', this.#database, schema]);
    this.#start('ovsdb-server');
    this.tell('--no-wait', 'init');
    this.#start('ovs-vswitchd');
  }

  get ovsdb(): string {
    return `unix:${this.#socket}`;
  }

  /** The answer of ovs-vsctl. */
  tell(...words: readonly string[]): string {
    return run('ovs-vsctl', [`--db=${this.ovsdb}`, '--timeout=30', ...words]);
  }

  /** The rows of all interfaces. */
  interfaces(): InterfaceRow[] {
    const columns = Object.keys(interfaceTable.columns).join(',');
    const { headings, data } = listing.parse(
      JSON.parse(this.tell('--format=json', `--columns=${columns}`, 'list', 'interface')),
    );
    return data.map((values) =>
      interfaceTable.row.parse(Object.fromEntries(values.map((value, index) => [headings[index], value]))),
    );
  }

  /** The answer of ovs-ofctl about a bridge. Options come first, then what is asked. */
  askBridge(bridge: string, words: readonly string[], input?: string): string {
    const target = `unix:${join(this.folder, `${bridge}.mgmt`)}`;
    const at = words.findIndex((word) => !word.startsWith('--')) + 1;
    const args = ['--protocols=OpenFlow15', '--no-names', ...words.slice(0, at), target, ...words.slice(at)];
    return run('ovs-ofctl', args, input);
  }

  /** The answer of ovs-vswitchd on its own machine. */
  control(...words: readonly string[]): string {
    const pid = readFileSync(this.#pidFile('ovs-vswitchd'), 'utf8').trim();
    return run('ovs-appctl', [`--target=${join(this.folder, `ovs-vswitchd.${pid}.ctl`)}`, ...words]);
  }

  /** Runs a program in the network of the switch. */
  inside(...words: readonly string[]): string {
    return run('ip', ['netns', 'exec', this.#namespace, ...words]);
  }

  /** The switch cannot be reached until the function that is returned is called. */
  cutOff(): () => void {
    const aside = `${this.#socket}.aside`;
    renameSync(this.#socket, aside);
    return () => {
      renameSync(aside, this.#socket);
    };
  }

  signal(daemon: SwitchDaemon, signal: NodeJS.Signals): void {
    process.kill(Number(readFileSync(this.#pidFile(daemon), 'utf8')), signal);
  }

  /** Does work while a process stands still for so long, and returns once both are over. */
  async whileStill<Result>(
    daemon: SwitchDaemon,
    milliseconds: number,
    work: () => Promise<Result>,
  ): Promise<Result> {
    this.signal(daemon, 'SIGSTOP');
    const goesOn = setTimeout(milliseconds).then(() => {
      this.signal(daemon, 'SIGCONT');
    });
    try {
      return await work();
    } finally {
      await goesOn;
    }
  }

  /** Ends a process on the spot, and starts it again. */
  async restart(daemon: SwitchDaemon): Promise<void> {
    const pid = readFileSync(this.#pidFile(daemon), 'utf8').trim();
    this.signal(daemon, 'SIGKILL');
    while (hasFiles(pid)) await setTimeout(5);
    for (let tries = 1; ; tries += 1) {
      try {
        this.#start(daemon);
        return;
      } catch (error) {
        // The last lock of the old one may go a moment after all that can be seen of it.
        if (tries === startsMax || !String(error).includes('already running')) throw error;
        await setTimeout(50);
      }
    }
  }

  /** Takes away all that somebody put into the switch. */
  clear(): void {
    const bridges = this.tell('list-br')
      .split('\n')
      .filter((name) => name !== '');
    this.tell(...bridges.flatMap((name) => ['del-br', name, '--']), 'clear', 'open', '.', 'external_ids');
  }

  end(): void {
    for (const daemon of ['ovs-vswitchd', 'ovsdb-server'] as const) this.signal(daemon, 'SIGKILL');
    run('ip', ['netns', 'delete', this.#namespace]);
    rmSync(this.folder, { recursive: true });
  }

  get #namespace(): string {
    return basename(this.folder);
  }

  get #database(): string {
    return join(this.folder, 'conf.db');
  }

  get #socket(): string {
    return join(this.folder, 'db.sock');
  }

  #pidFile(daemon: SwitchDaemon): string {
    return join(this.folder, `${daemon}.pid`);
  }

  #start(daemon: SwitchDaemon): void {
    const own = {
      'ovsdb-server': [this.#database, `--remote=punix:${this.#socket}`, ...asConfigured],
      'ovs-vswitchd': [this.ovsdb, '--disable-system'],
    }[daemon];
    const files = [`--pidfile=${this.#pidFile(daemon)}`, `--log-file=${join(this.folder, `${daemon}.log`)}`];
    const args = [...own, '--detach', '--no-chdir', ...files, '-vconsole:off', '-vsyslog:off'];
    run('ip', ['netns', 'exec', this.#namespace, daemon, ...args], '', { OVS_RUNDIR: this.folder });
  }
}

/** How often a process is started anew while the old one is said to run. */
const startsMax = 100;

/** A process that ends closes one file after the other: its lock on the file of its id may be the last. */
function hasFiles(pid: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).length > 0;
  } catch {
    return false;
  }
}

function run(
  name: string,
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): string {
  return execFileSync(command(name, '').path, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, ...env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}
