import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '../../../infra/lab/run-program.ts';
import { addLine, readFlow } from '../../../src/overlay/ovs/pipeline/flow.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { OvsdbClient } from '../../../src/overlay/ovs/ovsdb/client.ts';
import { parseOvsdbEndpoints } from '../../../src/overlay/ovs/ovsdb/endpoint.ts';
import type { ConfiguredInterface } from '../../../src/overlay/ovs/ovsdb/tables.ts';
import { ownerKey } from '../../../src/overlay/ovs/switch/own-ports.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { readOwnInterfaces } from '../../../src/overlay/ovs/switch/switch-view.ts';
import type { HostChange, OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { expectedSet, wholeSet } from '../../support/host-change.ts';
import { milliseconds } from '../harness/measure.ts';
import { memoryNow } from '../harness/memory.ts';
import { shard, type OvsStage } from './stage.ts';

const bridge = bridgeNameOf(shard);
const floorBridge = 'floor';

/** So many ports are given to ovs-vsctl at once: its time grows with the square of that. */
const batchSize = 200;

/**
 * What the hosts of a stage are to hold, given to them whole, side by side: by the driver, and the same by the switch's own tools. The
 * driver also makes the bridge and its meters, compiles, and reads back; the tools find bridge and meters made, and are given
 * the words and flows that they need.
 */
export class Loading {
  readonly #stage: OvsStage;
  readonly #whole: HostChange;
  readonly #folder: string;
  /** By host, the ports that it gets. */
  readonly #ports = new Map<string, readonly ConfiguredInterface[]>();
  #flows = 0;
  #heap = 0;

  private constructor(stage: OvsStage, folder: string) {
    this.#stage = stage;
    this.#folder = folder;
    this.#whole = wholeSet({ plan: 1, objects: stage.objects });
  }

  /** After the hosts held everything once, so that the floor knows the flows. They hold nothing when this returns. */
  static async of(stage: OvsStage, folder: string): Promise<Loading> {
    const loading = new Loading(stage, folder);
    await loading.#learn();
    return loading;
  }

  /** Flows of all hosts. */
  get flows(): number {
    return this.#flows;
  }

  get objects(): number {
    return this.#whole.objects;
  }

  /** What a driver keeps once its hosts hold everything and were read, in MiB of objects in use. */
  get heap(): number {
    return this.#heap;
  }

  /** Milliseconds until hosts that held nothing hold everything, read back. */
  async byDriver(): Promise<number> {
    const took = await milliseconds(() => this.#fill(this.#driver()));
    await this.#empty();
    return took;
  }

  /** Milliseconds until the same flows are in empty bridges. */
  async byOfctl(): Promise<number> {
    const took = await milliseconds(() =>
      this.#atEach((host) => this.#ofctl(host, ['--bundle', 'add-flows', floorBridge, this.#file(host)])),
    );
    await this.#atEach((host) => this.#ofctl(host, ['del-flows', floorBridge]));
    return took;
  }

  /** Milliseconds until bridges have the same ports, and then the same flows. */
  async byTools(): Promise<number> {
    const took = await milliseconds(() =>
      this.#atEach(async (host) => {
        await this.#eachBatch(host, (row) => wordsOf(row));
        await this.#ofctl(host, ['--bundle', 'add-flows', floorBridge, this.#file(host)]);
      }),
    );
    await this.#atEach((host) => this.#eachBatch(host, ({ name }) => ['--', 'del-port', floorBridge, name]));
    await this.#atEach((host) => this.#ofctl(host, ['del-flows', floorBridge]));
    return took;
  }

  /** Takes the floor's bridges away. */
  async end(): Promise<void> {
    await this.#atEach((host) => this.#vsctl(host, ['del-br', floorBridge]));
  }

  async #learn(): Promise<void> {
    const before = memoryNow().heap;
    const driver = this.#driver();
    await this.#fill(driver);
    const expected = expectedSet(this.#whole.put);
    await this.#atEach((host) => driver.read(host, expected));
    this.#heap = memoryNow().heap - before;
    await this.#atEach((host) => this.#makeFloor(host));
    await this.#empty();
    // It is in use up to here, whatever the machine makes of that.
    if (driver.name !== 'ovs') throw new Error('another driver');
  }

  async #makeFloor(host: string): Promise<void> {
    this.#ports.set(host, await this.#portsOf(host));
    const dumped = await this.#ofctl(host, ['--no-stats', '--no-names', 'dump-flows', bridge]);
    const flows = dumped.split('\n').flatMap((line) => readFlow(line) ?? []);
    this.#flows += flows.length;
    writeFileSync(
      this.#file(host),
      flows.map((flow) => `${addLine(flow, flow.cookie).replace(/^flow add /, '')}\n`).join(''),
    );
    const settings = ['datapath_type=netdev', 'fail_mode=secure', 'protocols=OpenFlow15'];
    await this.#vsctl(host, ['add-br', floorBridge, '--', 'set', 'bridge', floorBridge, ...settings]);
    const meters = await this.#ofctl(host, ['dump-meters', bridge]);
    const found = Array.from(meters.matchAll(/meter=(\d+) .*\n.* rate=(\d+)/g));
    const lines = found.map(([, id = '', rate = '']) => `meter=${id},kbps,band=type=drop,rate=${rate}\n`);
    // One program that starts many: this process is large, and takes long to start one.
    const each = ['xargs', '-n', '1', 'ovs-ofctl', '--protocols=OpenFlow15', 'add-meter', floorBridge];
    if (lines.length > 0) await this.#tool(host, each, lines.join(''));
  }

  async #portsOf(host: string): Promise<ConfiguredInterface[]> {
    const endpoints = parseOvsdbEndpoints(this.#stage.hosts.get(host)?.ovsdb ?? '');
    using database = new OvsdbClient({ endpoints, clock: systemClock });
    const rows = await readOwnInterfaces(database, bridge);
    return Array.from(rows.values()).filter(({ name }) => name !== bridge);
  }

  /** Has ovs-vsctl do something with each port of a host. The switch is waited for once, with the last. */
  async #eachBatch(host: string, words: (row: ConfiguredInterface) => readonly string[]): Promise<void> {
    const ports = this.#ports.get(host) ?? [];
    for (let at = 0; at < ports.length; at += batchSize) {
      const isLast = at + batchSize >= ports.length;
      const batch = ports.slice(at, at + batchSize).flatMap(words);
      await this.#vsctl(host, [...(isLast ? [] : ['--no-wait']), ...batch]);
    }
  }

  #driver(): OverlayDriver {
    const { hosts } = this.#stage;
    return ovsDriver({ ledger: 'bench', shard, hosts, clock: systemClock });
  }

  async #fill(driver: OverlayDriver): Promise<void> {
    await this.#atEach((host) => driver.apply(host, this.#whole));
  }

  async #empty(): Promise<void> {
    await this.#atEach((host) =>
      this.#vsctl(host, ['--if-exists', 'del-br', bridge, '--', 'clear', 'open', '.', 'external_ids']),
    );
  }

  #vsctl(host: string, words: readonly string[]): Promise<string> {
    return this.#tool(host, ['ovs-vsctl', `--db=${String(this.#stage.hosts.get(host)?.ovsdb)}`, ...words]);
  }

  #ofctl(host: string, words: readonly string[]): Promise<string> {
    return this.#tool(host, ['ovs-ofctl', '--protocols=OpenFlow15', ...words]);
  }

  async #tool(host: string, words: readonly string[], input = ''): Promise<string> {
    const { code, out, err }: Ran = await this.#stage.lab.tool(host, words, { input });
    if (code !== 0) throw new Error(`${words.slice(0, 4).join(' ')}: ${err.slice(0, 500)}`);
    return out;
  }

  #file(host: string): string {
    return join(this.#folder, `flows-${String(this.#stage.tenants)}-${host}`);
  }

  async #atEach(work: (host: string) => Promise<unknown>): Promise<void> {
    await Promise.all(Array.from(this.#stage.hosts.keys(), work));
  }
}

/** The words by which ovs-vsctl adds a port as it was found. */
function wordsOf({
  name,
  type,
  ofport_request: ofport,
  options,
  external_ids: ids,
}: ConfiguredInterface): string[] {
  const pairs = (column: string, of: ReadonlyMap<string, string>): string[] =>
    Array.from(of, ([key, value]) => `${column}:${key}=${JSON.stringify(value)}`);
  return [
    ...['--', 'add-port', floorBridge, name],
    ...['--', 'set', 'Port', name, ...pairs('external_ids', new Map([[ownerKey, bridge]]))],
    ...['--', 'set', 'Interface', name, `type=${JSON.stringify(type)}`, `ofport_request=${String(ofport)}`],
    ...[...pairs('options', options), ...pairs('external_ids', ids)],
  ];
}
