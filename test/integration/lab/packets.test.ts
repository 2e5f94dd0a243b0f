import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Lab } from '../../../infra/lab/lab.ts';
import { TcpStream } from '../../../infra/lab/tcp-stream.ts';
import { describeNeeding } from '../../support/needs.ts';
import { labNameOf, labNeeds, twoHosts } from './lab-estate.ts';

/** A bridge of the test's own, with flows that join each host's workloads to the other host's, and nothing clever. */
const bridge = 'br-test';

describeNeeding(labNeeds, 'a lab', () => {
  it.each([
    {
      family: 'IPv4 addresses of one subnet',
      letters: 'pa',
      tunnelIps: ['172.31.0.1', '172.31.0.2'] as const,
    },
    {
      family: 'IPv4 addresses of two subnets',
      letters: 'pb',
      tunnelIps: ['10.9.8.7', '172.31.0.2'] as const,
    },
    {
      family: 'IPv6 addresses of two subnets',
      letters: 'pc',
      tunnelIps: ['2001:db8::1', 'fd00::2'] as const,
    },
  ])('carries packets through tunnels between $family', async ({ letters, tunnelIps }) => {
    await using lab = await labOf(letters, tunnelIps);
    await join(lab, tunnelIps);
    await reach(lab, 'acme/one', '10.1.0.2');
    await reach(lab, 'acme/one', '2001:db8:1::2');
    await reach(lab, 'acme/two', '198.51.100.1');
    await reach(lab, 'acme/two', '2001:db8:99::1');
    const ends = { from: 'acme/one', to: 'acme/two', address: '10.1.0.2', port: 8080 };
    using stream = await TcpStream.open(lab, ends);
    expect(await stream.isAlive(2_000)).toBe(true);
    await lab.tool('hv-2', ['ovs-ofctl', '-O', 'OpenFlow14', 'del-flows', bridge]);
    await pause(100);
    expect(await stream.isAlive(500)).toBe(false);
  });

  it('keeps tunnels through the death of a process, and loses everything when a host comes back empty', async () => {
    const tunnelIps = ['172.31.0.1', '172.31.0.2'] as const;
    await using lab = await labOf('pd', tunnelIps);
    await join(lab, tunnelIps);
    await reach(lab, 'acme/one', '10.1.0.2');

    await lab.kill('hv-1', 'ovs-vswitchd');
    await lab.start('hv-1', 'ovs-vswitchd');
    await addFlows(lab, 'hv-1', tunnelIps[1]);
    await reach(lab, 'acme/one', '10.1.0.2');

    lab.pause('hv-2');
    expect((await ping(lab, 'acme/one', '10.1.0.2')).code).not.toBe(0);
    lab.resume('hv-2');
    await reach(lab, 'acme/one', '10.1.0.2');

    await lab.rebootEmpty('hv-2');
    expect((await lab.tool('hv-2', vsctl(lab, 'hv-2', ['list-br']))).out).toBe('br-underlay\n');
    await joinHost(lab, 'hv-2', tunnelIps[0]);
    await reach(lab, 'acme/one', '10.1.0.2');
  });

  it('gives workloads what their documents say, and no way past their port', async () => {
    await using lab = await labOf('pe', ['172.31.0.1', '172.31.0.2']);
    const { out } = await lab.runAt('acme/one', ['ip', 'address', 'show', 'dev', 'eth0']);
    expect(out).toContain('link/ether 02:00:0a:01:00:01');
    expect(out).toContain('mtu 1400');
    expect(out).toContain('inet 10.1.0.1/32');
    expect(out).toContain('inet6 2001:db8:1::1/128');
    expect(out).not.toContain('tentative');
    const { hosts, endpoints, externals } = lab.report;
    expect(hosts.map(({ host }) => host)).toEqual(['hv-1', 'hv-2']);
    expect(endpoints[0]).toEqual({
      endpoint: 'acme/one',
      namespace: `il-${lab.place.name}-w-acme.one`,
      interface: 'eth0',
      mac: '02:00:0a:01:00:01',
      ips: ['10.1.0.1', '2001:db8:1::1'],
    });
    expect(externals).toMatchObject([{ external: 'outside', ips: ['198.51.100.1', '2001:db8:99::1'] }]);
    // Without a switch that forwards, a workload reaches nothing: not even the kernel of its own host.
    for (const address of ['172.31.0.1', '10.1.0.2'])
      expect((await ping(lab, 'acme/one', address)).code).not.toBe(0);
    const asked = await lab.runAt('acme/one', ['ip', 'neighbour', 'show', '172.31.0.1']);
    expect(asked.out).toMatch(/ (FAILED|INCOMPLETE)/);
    const neighbour = ['replace', '172.31.0.1', 'lladdr', await portMac(lab), 'dev', 'eth0'];
    await lab.runAt('acme/one', ['ip', 'neighbour', ...neighbour]);
    expect((await ping(lab, 'acme/one', '172.31.0.1')).code).not.toBe(0);
  });
});

async function labOf(letters: string, tunnelIps: readonly [string, string]): Promise<Lab> {
  const tell = { err: (): void => undefined, progress: (): void => undefined };
  return Lab.up({ name: labNameOf(letters), estate: twoHosts({ tunnelIps }), drive: false, tell });
}

async function join(lab: Lab, [first, second]: readonly [string, string]): Promise<void> {
  await joinHost(lab, 'hv-1', second);
  await joinHost(lab, 'hv-2', first);
}

async function joinHost(lab: Lab, host: string, peer: string): Promise<void> {
  const ports = host === 'hv-1' ? ['vm-one', 'ext-out'] : ['vm-two'];
  const words = [
    ...['add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev', 'fail_mode=secure'],
    ...ports.flatMap((port) => ['--', 'add-port', bridge, port]),
    ...['--', 'add-port', bridge, 'vx', '--', 'set', 'interface', 'vx', 'type=vxlan', 'ofport_request=99'],
    ...['options:remote_ip=flow', 'options:key=flow'],
  ];
  expect(await lab.tool(host, vsctl(lab, host, words))).toMatchObject({ code: 0 });
  await addFlows(lab, host, peer);
}

async function addFlows(lab: Lab, host: string, peer: string): Promise<void> {
  const far = `set_field:${peer}->${peer.includes(':') ? 'tun_ipv6_dst' : 'tun_dst'},set_field:7->tun_id`;
  const flows = ['priority=2,in_port=99,actions=flood', `priority=1,actions=flood,${far},output:99`];
  const options = { input: `${flows.join('\n')}\n` };
  // A flood leaves out ports that are told to; the tunnel is one, since it needs an address.
  await lab.tool(host, ['ovs-ofctl', '-O', 'OpenFlow14', 'mod-port', bridge, 'vx', 'no-flood']);
  expect(
    await lab.tool(host, ['ovs-ofctl', '-O', 'OpenFlow14', 'add-flows', bridge, '-'], options),
  ).toMatchObject({
    code: 0,
  });
}

function vsctl(lab: Lab, host: string, words: readonly string[]): string[] {
  const found = lab.report.hosts.find((each) => each.host === host);
  return ['ovs-vsctl', `--db=${found?.ovsdb ?? ''}`, '--timeout=20', ...words];
}

function ping(lab: Lab, from: string, address: string): ReturnType<Lab['runAt']> {
  return lab.runAt(from, ['ping', '-c', '1', '-W', '1', address]);
}

/** The first packets are lost while switches find each other. */
async function reach(lab: Lab, from: string, address: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if ((await ping(lab, from, address)).code === 0) return;
    await pause(100);
  }
  expect.fail(`${from} does not reach ${address}`);
}

async function portMac(lab: Lab): Promise<string> {
  const { out } = await lab.runAt('hv-1', ['cat', '/sys/class/net/vm-one/address']);
  return out.trim();
}
