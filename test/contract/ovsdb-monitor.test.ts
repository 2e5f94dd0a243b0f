import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { OvsdbClient } from '../../src/overlay/ovs/ovsdb/client.ts';
import { parseOvsdbEndpoints } from '../../src/overlay/ovs/ovsdb/endpoint.ts';
import { TransactionRefused } from '../../src/overlay/ovs/ovsdb/fault.ts';
import { monitorSwitch, type MonitorUpdate } from '../../src/overlay/ovs/ovsdb/monitor.ts';
import type { SwitchRows } from '../../src/overlay/ovs/ovsdb/monitored-switch.ts';
import {
  insertRow,
  mutateRows,
  updateRows,
  type OvsdbOperation,
} from '../../src/overlay/ovs/ovsdb/operations.ts';
import {
  bridgeTable,
  controllerTable,
  interfaceTable,
  monitoredTables,
  portTable,
  switchTable,
} from '../../src/overlay/ovs/ovsdb/tables.ts';
import { mapValue, optionalValue, setValue, namedUuidAtom } from '../../src/overlay/ovs/ovsdb/wire.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { relayTo } from '../doubles/ovsdb-peer.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { describeNeeding } from '../support/needs.ts';
import { OvsdbServer, ovsdbServer, ovsdbTool } from '../support/ovsdb-server.ts';

async function serving(kind: 'standalone' | 'cluster'): Promise<OvsdbServer> {
  const server = await new OvsdbServer({ folder: temporaryFolder(), kind }).start();
  onTestFinished(() => server.kill());
  return server;
}

function clientOf(server: OvsdbServer): OvsdbClient {
  const client = new OvsdbClient({
    endpoints: parseOvsdbEndpoints(`unix:${server.unix}`),
    clock: systemClock,
  });
  onTestFinished(() => {
    client[Symbol.dispose]();
  });
  return client;
}

/** A monitor, and what it tells next. */
function monitorOf(endpoints: string): {
  next: () => Promise<MonitorUpdate>;
  end: () => void;
  done: () => Promise<boolean>;
} {
  const stop = new AbortController();
  const updates = monitorSwitch({
    endpoints: parseOvsdbEndpoints(endpoints),
    clock: systemClock,
    signal: stop.signal,
  });
  onTestFinished(async () => {
    stop.abort();
    await updates.return();
  });
  return {
    next: async () => {
      const { value, done } = await updates.next();
      if (done === true) throw new Error('the monitor ended');
      return value;
    },
    end: () => {
      stop.abort();
    },
    done: async () => (await updates.next()).done === true,
  };
}

/** What somebody holds who follows a monitor. */
class Follower {
  readonly #tables = new Map<string, Map<string, unknown>>();

  take(update: MonitorUpdate): void {
    if (update.kind === 'whole') this.#begin(update.rows);
    if (update.kind !== 'changes') return;
    for (const { table, uuid, before, after } of update.changes) {
      const rows = this.#tables.get(table);
      expect(rows?.get(uuid)).toEqual(before);
      if (after === undefined) rows?.delete(uuid);
      else rows?.set(uuid, after);
    }
  }

  #begin({ switches, bridges, ports, interfaces, controllers, managers }: SwitchRows): void {
    this.#tables.clear();
    for (const [table, rows] of Object.entries({
      Open_vSwitch: switches,
      Bridge: bridges,
      Port: ports,
      Interface: interfaces,
      Controller: controllers,
      Manager: managers,
    }))
      this.#tables.set(table, new Map<string, unknown>(rows));
  }

  rows(table: string): ReadonlyMap<string, unknown> | undefined {
    return this.#tables.get(table);
  }
}

/** Some of the changes are not possible where the others led, such as a second bridge of one name. */
function allowRefusal(error: unknown): void {
  if (!(error instanceof TransactionRefused)) throw error;
}

/** Whether a change of the switch itself bears that mark. */
function isTold(update: MonitorUpdate, mark: string): boolean {
  return (
    update.kind === 'changes' &&
    update.changes.some(
      ({ table, after }) => table === 'Open_vSwitch' && after?.external_ids.get('x') === mark,
    )
  );
}

/** Everything that a client reads. */
async function readWhole(client: OvsdbClient): Promise<[string, ReadonlyMap<string, unknown>][]> {
  return [
    ['Open_vSwitch', await client.select(monitoredTables.switches)],
    ['Bridge', await client.select(monitoredTables.bridges)],
    ['Port', await client.select(monitoredTables.ports)],
    ['Interface', await client.select(monitoredTables.interfaces)],
    ['Controller', await client.select(monitoredTables.controllers)],
    ['Manager', await client.select(monitoredTables.managers)],
  ];
}

const few = fc.constantFrom('a', 'b', 'c');
const someMap = fc.dictionary(few, few).map((object) => mapValue(Object.entries(object)));
const allRows = [] as const;

/** A change of the one switch, which has at most three bridges with a port of the same name each. */
const change: fc.Arbitrary<readonly OvsdbOperation[]> = fc.oneof(
  few.map((name) => [
    insertRow(interfaceTable, { name, type: 'internal' }, { kind: 'named', name: 'i' }),
    insertRow(portTable, { name, interfaces: namedUuidAtom('i') }, { kind: 'named', name: 'p' }),
    insertRow(bridgeTable, { name, ports: namedUuidAtom('p') }, { kind: 'named', name: 'b' }),
    mutateRows(switchTable, allRows, [['bridges', 'insert', namedUuidAtom('b')]]),
  ]),
  fc.uniqueArray(few).map((types) => [updateRows(switchTable, allRows, { datapath_types: setValue(types) })]),
  fc
    .tuple(few, someMap)
    .map(([name, options]) => [updateRows(interfaceTable, [['name', '==', name]], { options })]),
  someMap.map((ids) => [updateRows(bridgeTable, allRows, { external_ids: ids })]),
  fc
    .tuple(few, fc.uniqueArray(fc.integer({ min: 0, max: 3 })), fc.boolean())
    .map(([name, trunks, isStp]) => [
      updateRows(portTable, [['name', '==', name]], { trunks: setValue(trunks) }),
      updateRows(bridgeTable, [['name', '==', name]], { stp_enable: isStp }),
    ]),
  few.map((target) => [
    insertRow(controllerTable, { target }, { kind: 'named', name: 'c' }),
    mutateRows(bridgeTable, [['name', '==', 'a']], [['controller', 'insert', namedUuidAtom('c')]]),
  ]),
  fc
    .option(few, { nil: undefined })
    .map((version) => [
      updateRows(switchTable, allRows, { ovs_version: optionalValue(version) }),
      mutateRows(switchTable, allRows, [['next_cfg', '+=', 1]]),
    ]),
  fc
    .constantFrom(undefined, 'secure', 'standalone')
    .map((mode) => [updateRows(bridgeTable, [['name', '==', 'a']], { fail_mode: optionalValue(mode) })]),
  fc.constant([updateRows(switchTable, allRows, { bridges: setValue([]) })]),
);

const older: [name: string, renamed: [string, string][]][] = [
  ['monitor_cond_since', []],
  ['monitor_cond', [['monitor_cond_since', 'monitor_cond_later']]],
  [
    'monitor',
    [
      ['monitor_cond_since', 'monitor_cond_later'],
      ['"monitor_cond"', '"monitor_none"'],
    ],
  ],
];

describeNeeding([ovsdbServer, ovsdbTool], 'a monitor at a real OVSDB server', () => {
  it.each(older)(
    'tells by %s what leads from the first rows to those that are read',
    async (name, renamed) => {
      const server = await serving('standalone');
      const methods: (string | undefined)[] = [];
      using relay = await relayTo(server.unix, renamed, (text) =>
        methods.push(...Array.from(text.matchAll(/"method":"(monitor\w*)"/g), ([, method]) => method)),
      );
      const client = clientOf(server);
      await client.transact([insertRow(switchTable, {}, { kind: 'named', name: 's' })]);
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 15 }), async (changes) => {
          const monitor = monitorOf(relay.endpoint);
          const follower = new Follower();
          const first = await monitor.next();
          expect(first).toMatchObject({ kind: 'whole', because: 'first' });
          follower.take(first);
          expect(methods.at(-1)).toBe(name);
          for (const operations of changes) await client.transact(operations).catch(allowRefusal);
          // The last change of all is known when it is seen.
          const last = `last ${String(Math.random())}`;
          await client.transact([
            updateRows(switchTable, allRows, { external_ids: mapValue([['x', last]]) }),
          ]);
          const expected = await readWhole(client);
          for (let seen = false; !seen;) {
            const update = await monitor.next();
            expect(update.kind).toBe('changes');
            follower.take(update);
            seen = isTold(update, last);
          }
          for (const [table, rows] of expected) expect(follower.rows(table)).toEqual(rows);
          monitor.end();
          expect(await monitor.done()).toBe(true);
        }),
        { numRuns: 15 },
      );
    },
  );

  it('goes on where it was when the connection is lost, at a server that keeps ids of transactions', async () => {
    const server = await serving('cluster');
    using relay = await relayTo(server.unix);
    const client = clientOf(server);
    // A server keeps a history that is no larger than its rows: the first transaction falls out of it.
    const many = mapValue(Array.from({ length: 1000 }, (_, at) => [String(at), 'x'] as const));
    await client.transact([
      insertRow(switchTable, { bridges: namedUuidAtom('b') }, { kind: 'named', name: 's' }),
      insertRow(bridgeTable, { name: 'br0', external_ids: many }, { kind: 'named', name: 'b' }),
    ]);
    await client.transact([updateRows(switchTable, allRows, { ovs_version: '1' })]);
    const monitor = monitorOf(relay.endpoint);
    const follower = new Follower();
    follower.take(await monitor.next());
    relay.cut();
    expect(await monitor.next()).toMatchObject({ kind: 'lost' });
    await client.transact([updateRows(switchTable, allRows, { ovs_version: '2' })]);
    const resumed = await monitor.next();
    expect(resumed).toMatchObject({
      kind: 'changes',
      changes: [{ table: 'Open_vSwitch', before: { ovs_version: '1' }, after: { ovs_version: '2' } }],
    });
    follower.take(resumed);
    await client.transact([updateRows(switchTable, allRows, { ovs_version: '3' })]);
    follower.take(await monitor.next());
    for (const [table, rows] of await readWhole(client)) expect(follower.rows(table)).toEqual(rows);
  });

  it('says that it begins anew when the server cannot tell what happened meanwhile', async () => {
    const server = await serving('standalone');
    const client = clientOf(server);
    await client.transact([insertRow(switchTable, { ovs_version: '1' }, { kind: 'named', name: 's' })]);
    const monitor = monitorOf(`unix:${server.unix}`);
    await monitor.next();
    await server.kill();
    const lost = await monitor.next();
    expect(lost).toMatchObject({ kind: 'lost', fault: { code: 'OverlayUnavailable' } });
    await server.start();
    const update = await monitor.next();
    expect(update).toMatchObject({ kind: 'whole', because: 'resync' });
    const follower = new Follower();
    follower.take(update);
    for (const [table, rows] of await readWhole(clientOf(server))) expect(follower.rows(table)).toEqual(rows);
  });

  it('says that it begins anew when another server answers', async () => {
    const [first, second] = [await serving('cluster'), await serving('cluster')];
    for (const [server, version] of [
      [first, '1'],
      [second, '2'],
    ] as const)
      await clientOf(server).transact([
        insertRow(switchTable, { ovs_version: version }, { kind: 'named', name: 's' }),
      ]);
    const monitor = monitorOf(`unix:${first.unix},unix:${second.unix}`);
    await monitor.next();
    await first.kill();
    expect(await monitor.next()).toMatchObject({ kind: 'lost' });
    const update = await monitor.next();
    expect(update).toMatchObject({ kind: 'whole', because: 'resync' });
    if (update.kind === 'whole')
      expect([...update.rows.switches.values()]).toMatchObject([{ ovs_version: '2' }]);
  });

  it('ends when it is told to, while it waits', async () => {
    const server = await serving('standalone');
    const monitor = monitorOf(`unix:${server.unix}`);
    await monitor.next();
    const done = monitor.done();
    monitor.end();
    expect(await done).toBe(true);
  });
});
