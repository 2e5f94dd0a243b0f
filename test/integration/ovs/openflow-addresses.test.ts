import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { Authority, openssl } from '../../support/certificates.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';

const program = new URL('../../support/switch-driver-process.ts', import.meta.url).pathname;
const bridge = bridgeNameOf('shard-1');

const objects: readonly OverlayObject[] = [
  { kind: 'network', vni: 100, segment: 'acme/web' },
  { kind: 'host', host: 'hv-1', tunnelIp: '192.0.2.1', tunnel: 'vxlan' },
  {
    kind: 'binding',
    endpoint: 'acme/web-1',
    vni: 100,
    host: 'hv-1',
    interface: 'vm-web-1',
    mac: '02:00:00:00:01:01',
    ips: ['10.1.0.1'],
  },
];

describeNeeding([...needsOfSwitch, openssl], 'a switch that documents say how to reach', () => {
  const machine = new OvsSwitch();

  afterAll(() => {
    machine.end();
  });

  /** What a driver in the network of the switch reads, once it gave the host a set. */
  function driven(request: object, plan: number): string {
    const given = JSON.stringify({ ...request, to: { plan, objects } });
    return machine.inside(process.execPath, program, given);
  }

  const held = `"objects":${String(objects.length)},"delta":{"put":[],"removed":[]}`;

  it('over TLS is driven there, by whom its authority signed, and by nobody else', () => {
    const folder = temporaryFolder();
    const [authority, stranger] = [new Authority(folder, 'ours'), new Authority(folder, 'theirs')];
    const server = authority.sign('switch', 'IP:127.0.0.1');
    machine.tell('set-ssl', server.privateKey, server.certificate, server.caCertificate);
    machine.tell('set-manager', 'pssl:6640:127.0.0.1');
    const address = { ovsdb: 'ssl:127.0.0.1:6640', openflow: 'ssl:127.0.0.1:6653' };
    const credentials = ({ privateKey, certificate, caCertificate: ca }: typeof server): object => ({
      credentials: { privateKey, certificate, ca },
    });
    const ours = credentials(authority.sign('driver', 'DNS:driver'));
    expect(driven({ address, ...ours }, 1)).toContain(held);
    expect(driven({ address, ...ours }, 2)).toContain(held);
    expect(machine.tell('get-controller', bridge).trim()).toBe('pssl:6653:127.0.0.1');
    expect(driven({ address, ...credentials(stranger.sign('other', 'DNS:driver')) }, 3)).toContain(
      '127.0.0.1',
    );
    expect(driven({ address }, 3)).toContain('private key');
    expect(driven({ address: { ovsdb: address.ovsdb }, ...ours }, 3)).toContain('openflow: ssl:HOST:PORT');
  });

  it('by a socket of its own takes OpenFlow there too', () => {
    machine.clear();
    const path = join(machine.folder, `${bridge}.ours`);
    const address = { ovsdb: machine.ovsdb, openflow: `unix:${path}` };
    expect(driven({ address }, 4)).toContain(held);
    expect(machine.tell('get-controller', bridge).trim()).toBe(`punix:${path}`);
  });

  it('takes no flows of a host whose database is that of another switch', () => {
    const other = new OvsSwitch();
    try {
      expect(driven({ address: { ovsdb: other.ovsdb } }, 5)).toContain(held);
      const before = other.askBridge(bridge, ['--no-stats', 'dump-flows']);
      const address = { ovsdb: machine.ovsdb, openflow: `unix:${join(other.folder, `${bridge}.mgmt`)}` };
      expect(driven({ address }, 6)).toContain('its ovsdb and openflow lead to different switches');
      expect(other.askBridge(bridge, ['--no-stats', 'dump-flows'])).toBe(before);
    } finally {
      other.end();
    }
  });
});
