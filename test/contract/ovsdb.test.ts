import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OvsdbClient } from '../../src/overlay/ovs/ovsdb/client.ts';
import type { OvsdbCertificates } from '../../src/overlay/ovs/ovsdb/dial.ts';
import { parseOvsdbEndpoints } from '../../src/overlay/ovs/ovsdb/endpoint.ts';
import { RowsDiffer, TransactionRefused } from '../../src/overlay/ovs/ovsdb/fault.ts';
import {
  byUuid,
  commentOn,
  deleteRows,
  expectRows,
  insertRow,
  mutateRows,
  referenceTo,
  updateRows,
  type NewRow,
  type OvsdbOperation,
} from '../../src/overlay/ovs/ovsdb/operations.ts';
import { bridgeTable, interfaceTable, portTable, switchTable } from '../../src/overlay/ovs/ovsdb/tables.ts';
import { mapValue, optionalValue, setValue } from '../../src/overlay/ovs/ovsdb/wire.ts';
import { OverlayUnavailable } from '../../src/overlay/faults.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { relayTo } from '../doubles/ovsdb-peer.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { Authority, openssl } from '../support/certificates.ts';
import { describeNeeding } from '../support/needs.ts';
import { OvsdbServer, ovsdbServer, ovsdbTool } from '../support/ovsdb-server.ts';

const needs = [ovsdbServer, ovsdbTool];

async function serving(
  options: Partial<ConstructorParameters<typeof OvsdbServer>[0]> = {},
): Promise<OvsdbServer> {
  const server = await new OvsdbServer({ folder: temporaryFolder(), ...options }).start();
  onTestFinished(() => server.kill());
  return server;
}

function clientOf(endpoints: string, certificates?: OvsdbCertificates, requestMs = 10_000): OvsdbClient {
  const client = new OvsdbClient({
    endpoints: parseOvsdbEndpoints(endpoints),
    clock: systemClock,
    requestMs,
    ...(certificates === undefined ? {} : { certificates }),
  });
  onTestFinished(() => {
    client[Symbol.dispose]();
  });
  return client;
}

const chosen = (): NewRow => ({ kind: 'chosen', uuid: randomUUID() });
const named = (name: string): NewRow => ({ kind: 'named', name });

/** The row of the switch itself with one bridge, which has one tunnel port. */
function bridgeWithTunnel({
  self,
  bridge,
  port,
  tunnel,
}: Record<'self' | 'bridge' | 'port' | 'tunnel', NewRow>): OvsdbOperation[] {
  return [
    insertRow(switchTable, { bridges: setValue([referenceTo(bridge)]) }, self),
    insertRow(
      bridgeTable,
      {
        name: 'br0',
        datapath_type: 'netdev',
        fail_mode: optionalValue('secure'),
        protocols: setValue(['OpenFlow13', 'OpenFlow15']),
        external_ids: mapValue([['owner', 'isoledger']]),
        ports: setValue([referenceTo(port)]),
      },
      bridge,
    ),
    insertRow(portTable, { name: 'vx0', interfaces: setValue([referenceTo(tunnel)]) }, port),
    insertRow(
      interfaceTable,
      {
        name: 'vx0',
        type: 'vxlan',
        options: mapValue([
          ['key', 'flow'],
          ['remote_ip', 'flow'],
        ]),
        ofport_request: 7,
      },
      tunnel,
    ),
  ];
}

const rowsChosen = () => ({ self: chosen(), bridge: chosen(), port: chosen(), tunnel: chosen() });
const rowsNamed = { self: named('s'), bridge: named('b'), port: named('p'), tunnel: named('i') };

const commitFailure = [insertRow(portTable, { name: 'p' }, named('p'))];

describeNeeding(needs, 'a transaction at a real OVSDB server', () => {
  it.each([
    ['UUIDs that were chosen here', rowsChosen()],
    ['names', rowsNamed],
  ])('writes rows under %s, and reads them back', async (_, rows) => {
    const client = clientOf(`unix:${(await serving()).unix}`);
    const results = await client.transact([...bridgeWithTunnel(rows), commentOn('a tunnel')]);
    expect(results).toHaveLength(5);
    const [bridge, port, tunnel] = results.slice(1).map(({ uuid = '' }) => uuid);
    if (rows.bridge.kind === 'chosen') expect(bridge).toBe(rows.bridge.uuid);
    expect([...(await client.select(switchTable)).values()]).toMatchObject([
      { bridges: new Set([bridge]), ovs_version: undefined, other_config: new Map(), cur_cfg: 0 },
    ]);
    expect(await client.select(bridgeTable)).toEqual(
      new Map([
        [
          bridge,
          {
            name: 'br0',
            controller: new Set(),
            datapath_id: undefined,
            datapath_type: 'netdev',
            fail_mode: 'secure',
            protocols: new Set(['OpenFlow13', 'OpenFlow15']),
            external_ids: new Map([['owner', 'isoledger']]),
            other_config: new Map(),
            ports: new Set([port]),
          },
        ],
      ]),
    );
    expect([...(await client.select(interfaceTable, byUuid(tunnel ?? ''))).values()]).toMatchObject([
      {
        type: 'vxlan',
        ofport_request: 7,
        ofport: undefined,
        options: new Map([
          ['key', 'flow'],
          ['remote_ip', 'flow'],
        ]),
      },
    ]);
    expect(await client.select(interfaceTable, [['name', '==', 'other']])).toEqual(new Map());
  });

  it('finds out that the server takes chosen UUIDs, and leaves nothing behind', async () => {
    const client = clientOf(`unix:${(await serving()).unix}`);
    expect(await client.takesChosenUuids()).toBe(true);
    expect(await client.select(bridgeTable)).toEqual(new Map());
  });

  it('finds out that an older server does not take them', async () => {
    using relay = await relayTo((await serving()).unix, [['"uuid":"', '"none":"']]);
    const client = clientOf(relay.endpoint);
    expect(await client.takesChosenUuids()).toBe(false);
    expect(await client.transact(bridgeWithTunnel(rowsNamed))).toHaveLength(4);
  });

  it('changes and takes away rows, and counts them', async () => {
    const client = clientOf(`unix:${(await serving()).unix}`);
    await client.transact(bridgeWithTunnel(rowsNamed));
    const counted = await client.transact([
      mutateRows(
        bridgeTable,
        [['name', '==', 'br0']],
        [['external_ids', 'insert', mapValue([['plan', '2']])]],
      ),
      updateRows(bridgeTable, [['name', '==', 'br0']], { ports: setValue([]) }),
      deleteRows(bridgeTable, [['name', '==', 'other']]),
    ]);
    expect(counted.map(({ count }) => count)).toEqual([1, 1, 0]);
    const [bridge] = (await client.select(bridgeTable)).values();
    expect(bridge?.external_ids).toEqual(
      new Map([
        ['owner', 'isoledger'],
        ['plan', '2'],
      ]),
    );
    expect(await client.select(portTable)).toEqual(new Map());
  });

  it('changes only what is as expected: who comes second is told that somebody else changed it', async () => {
    const server = await serving();
    const [first, second] = [clientOf(`unix:${server.unix}`), clientOf(`unix:${server.unix}`)];
    await first.transact(bridgeWithTunnel(rowsNamed));
    const where = [['name', '==', 'br0']] as const;
    const swap = (to: string): OvsdbOperation[] => [
      commentOn(to),
      expectRows(bridgeTable, where, { columns: ['other_config'], rows: [{ other_config: mapValue([]) }] }),
      updateRows(bridgeTable, where, { other_config: mapValue([['by', to]]) }),
    ];
    const outcomes = await Promise.allSettled([
      first.transact(swap('first')),
      second.transact(swap('second')),
    ]);
    const lost = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    expect(lost).toEqual([expect.any(RowsDiffer)]);
    expect(lost[0]).toMatchObject({ operation: 1, category: 'conflict' });
    expect(String(lost[0])).toContain('somebody else changed it');
  });

  it('is refused as a whole, with the operation that failed', async () => {
    const client = clientOf(`unix:${(await serving()).unix}`);
    const row = chosen();
    await client.transact([...bridgeWithTunnel({ ...rowsNamed, bridge: row })]);
    const again = client.transact([
      commentOn('x'),
      insertRow(bridgeTable, { name: 'br1' }, row),
      commentOn('y'),
    ]);
    await expect(again).rejects.toMatchObject({ at: 1, refusal: { error: 'duplicate uuid' } });
    await expect(again).rejects.toBeInstanceOf(TransactionRefused);
  });

  it('is refused when it is committed, with one result more than operations', async () => {
    const client = clientOf(`unix:${(await serving()).unix}`);
    await expect(client.transact(commitFailure)).rejects.toMatchObject({
      at: 'commit',
      refusal: { error: 'referential integrity violation' },
    });
    expect(await client.select(portTable)).toEqual(new Map());
  });

  it('is carried out at the next endpoint that can be reached, also after a connection was lost', async () => {
    const folder = temporaryFolder();
    const server = await serving({ folder });
    const client = clientOf(`unix:${folder}/nobody.sock,unix:${server.unix}`);
    expect(await client.select(bridgeTable)).toEqual(new Map());
    await server.kill();
    await expect(client.select(bridgeTable)).rejects.toBeInstanceOf(OverlayUnavailable);
    await server.start();
    expect(await client.select(bridgeTable)).toEqual(new Map());
  });

  it('goes to the next endpoint after one that takes connections and does not answer', async () => {
    const [silent, good] = [await serving(), await serving()];
    silent.signal('SIGSTOP');
    const client = clientOf(`unix:${silent.unix},unix:${good.unix}`, undefined, 100);
    await expect(client.select(bridgeTable)).rejects.toBeInstanceOf(OverlayUnavailable);
    expect(await client.select(bridgeTable)).toEqual(new Map());
  });

  it('is given up where the server does not answer in time', async () => {
    const server = await serving();
    const client = clientOf(`unix:${server.unix}`, undefined, 100);
    await client.select(bridgeTable);
    server.signal('SIGSTOP');
    await expect(client.select(bridgeTable)).rejects.toThrow(
      `unix:${server.unix} did not answer transact within 100 ms`,
    );
    server.signal('SIGCONT');
    expect(await client.select(bridgeTable)).toEqual(new Map());
  });
});

describeNeeding([...needs, openssl], 'TLS to a real OVSDB server', () => {
  it('is taken with a certificate of the authority that was given, as PEM or as files', async () => {
    const folder = temporaryFolder();
    const authority = new Authority(folder, 'authority');
    const server = await serving({ folder, certificates: authority.sign('server', 'IP:127.0.0.1') });
    const files = authority.sign('client', 'DNS:client');
    const { readFileSync } = await import('node:fs');
    const read = (path: string): string => readFileSync(path, 'utf8');
    const texts = {
      privateKey: read(files.privateKey),
      certificate: read(files.certificate),
      caCertificate: read(files.caCertificate),
    };
    for (const certificates of [files, texts])
      expect(await clientOf(server.ssl, certificates).select(bridgeTable)).toEqual(new Map());
  });

  it('is refused to whoever is not of that authority, on either side, and to another name', async () => {
    const folder = temporaryFolder();
    const [ours, theirs] = [new Authority(folder, 'ours'), new Authority(folder, 'theirs')];
    const server = await serving({ folder, certificates: ours.sign('server', 'DNS:switch-1') });
    const [good, bad] = [ours.sign('client', 'DNS:client'), theirs.sign('client', 'DNS:client')];
    const ask = (certificates?: OvsdbCertificates) => clientOf(server.ssl, certificates).select(bridgeTable);
    await expect(ask(good)).rejects.toThrow(
      `${server.ssl} cannot be reached: its certificate is made out to another name`,
    );
    expect(await ask({ ...good, serverName: 'switch-1' })).toEqual(new Map());
    await expect(ask({ ...good, serverName: 'switch-1', caCertificate: bad.caCertificate })).rejects.toThrow(
      'not signed by the given authority',
    );
    await expect(ask({ ...bad, serverName: 'switch-1', caCertificate: good.caCertificate })).rejects.toThrow(
      OverlayUnavailable,
    );
    await expect(ask()).rejects.toThrow('none are given');
    await expect(ask({ ...good, privateKey: `${folder}/none` })).rejects.toThrow('the private key for');
    await expect(ask({ ...good, privateKey: good.certificate })).rejects.toThrow('cannot be used');
  });
});

describe('an endpoint where no server is', () => {
  it('is told with each reason', async () => {
    const folder = temporaryFolder();
    const asked = clientOf(`unix:${folder}/a,unix:${folder}/b`).select(bridgeTable);
    await expect(asked).rejects.toThrow(
      `unix:${folder}/a cannot be reached: it does not exist; unix:${folder}/b cannot be reached: it does not exist`,
    );
    await expect(asked).rejects.toBeInstanceOf(OverlayUnavailable);
  });
});
