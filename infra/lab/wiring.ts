import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { sideBySide } from '../../src/runtime/side-by-side.ts';
import { underlayDevice } from './estate.ts';
import { LabUnavailable } from './faults.ts';
import { workloadDevice, type LabPlan, type PlannedHost, type PlannedWorkload } from './plan.ts';
import { atOnce, inEach, ip, runEach, succeed, sysctl, type OnBehalf } from './run-program.ts';

/** The bridge at which the hosts' underlay devices meet. */
const meetingBridge = 'br0';

/**
 * A workload's packets are the switch's matter alone: the kernel of its host has no IPv6 on those devices, answers for no
 * address of its other devices there, and takes no packet whose way back is another one.
 */
const hostSettings = [
  ...['net.ipv6.conf.default.disable_ipv6=1', 'net.ipv6.conf.all.forwarding=0', 'net.ipv4.ip_forward=0'],
  ...['net.ipv4.conf.all.rp_filter=1', 'net.ipv4.conf.all.arp_ignore=1', 'net.ipv4.conf.all.arp_filter=1'],
];

const workloadSettings = [
  ...['net.ipv6.conf.all.disable_ipv6=0', 'net.ipv6.conf.default.disable_ipv6=0'],
  ...['net.ipv6.conf.default.accept_ra=0', 'net.ipv6.conf.default.router_solicitations=0'],
  ...['net.ipv6.conf.all.forwarding=0', 'net.ipv4.ip_forward=0'],
];

/** The MTU of workloads: it leaves room for any tunnel's header on an underlay of 1,500 bytes. */
const workloadMtu = 1400;

/** Sets up the meeting place of the underlay, in its namespace. */
export async function makeUnderlay(of: OnBehalf, { underlay, hosts }: LabPlan): Promise<void> {
  await sysctl(of, [underlay], ['net.ipv6.conf.default.disable_ipv6=1']);
  await ip(of, [`link add name ${meetingBridge} type bridge mcast_snooping 0`], underlay);
  await ip(of, [`link set dev ${meetingBridge} up`], underlay);
  await sysctl(
    of,
    hosts.map(({ namespace }) => namespace),
    hostSettings,
  );
  await ip(
    of,
    hosts.map((host) => underlayLink(host, underlay)),
  );
  await ip(
    of,
    hosts.map(({ uplink }) => `link set dev ${uplink} master ${meetingBridge} up`),
    underlay,
  );
  await sideBySide(hosts, {
    atOnce,
    work: ({ namespace }) => ip(of, ['link set dev lo up', `link set dev ${underlayDevice} up`], namespace),
  });
}

function underlayLink({ namespace, uplink }: PlannedHost, underlay: string): string {
  return `link add name ${uplink} netns ${underlay} type veth peer name ${underlayDevice} netns ${namespace}`;
}

/** Plugs workloads into their hosts. Their own ends stay down: a workload starts when its port is there. */
export async function plugIn(of: OnBehalf, workloads: readonly PlannedWorkload[]): Promise<void> {
  const namespaces = workloads.map(({ namespace }) => namespace);
  await sysctl(of, namespaces, workloadSettings);
  await ip(of, workloads.map(workloadLink));
  for (const [host, plugged] of Map.groupBy(workloads, ({ hostNamespace }) => hostNamespace)) {
    await ip(
      of,
      plugged.map(({ device }) => `link set dev ${device} up`),
      host,
    );
  }
  // The peer of a veth never computes the checksum that the kernel left out, and conntrack would drop the packet.
  await inEach(of, namespaces, ['ethtool', '-K', workloadDevice, 'tx', 'off']);
}

function workloadLink({ namespace, hostNamespace, device, mac }: PlannedWorkload): string {
  const mtu = `mtu ${String(workloadMtu)}`;
  const own = `name ${workloadDevice} netns ${namespace} address ${mac} ${mtu}`;
  return `link add name ${device} netns ${hostNamespace} ${mtu} type veth peer ${own}`;
}

/**
 * Starts workloads: their device comes up, with its addresses, and whatever is no neighbour's is reached through it. The
 * folder is for lists of what `ip` is to do.
 */
export async function start(
  of: OnBehalf,
  workloads: readonly PlannedWorkload[],
  folder: string,
): Promise<void> {
  mkdirSync(folder, { mode: 0o700 });
  const batches = workloads.map(({ namespace, ips }) => {
    const file = join(folder, namespace);
    writeFileSync(file, `${startLines(ips).join('\n')}\n`);
    return ['-n', namespace, '-batch', file];
  });
  await runEach(of, 'ip', batches);
  rmSync(folder, { recursive: true });
  await sideBySide(
    workloads.filter(({ ips }) => ips.some((address) => address.includes(':'))),
    { atOnce, work: (workload) => addressesToSettle(of, workload) },
  );
}

function startLines(ips: readonly string[]): string[] {
  const addresses = ips.map((address) => `${address}/${address.includes(':') ? '128' : '32'}`);
  return [
    'link set dev lo up',
    `link set dev ${workloadDevice} up`,
    ...addresses.map((address) => `address add ${address} dev ${workloadDevice}`),
    `route add 0.0.0.0/0 dev ${workloadDevice}`,
    `route add ::/0 dev ${workloadDevice}`,
  ];
}

const shownAddresses = z.array(
  z.looseObject({
    addr_info: z.array(
      z.looseObject({
        local: z.string().optional(),
        tentative: z.boolean().optional(),
        dadfailed: z.boolean().optional(),
      }),
    ),
  }),
);

/** Duplicate-address detection takes a second, and up to one more before it begins (RFC 4862, 5.4.2). */
const settleMsMax = 20_000;
const settlePollMs = 200;

/** Waits until the kernel has found nobody else with the addresses; throws LabUnavailable where it has. */
async function addressesToSettle(of: OnBehalf, { namespace, name }: PlannedWorkload): Promise<void> {
  for (let waitedMs = 0; waitedMs < settleMsMax; waitedMs += settlePollMs) {
    const argv = ['ip', '-n', namespace, '-6', '-json', 'address', 'show', 'dev', workloadDevice];
    const addresses = shownAddresses
      .parse(JSON.parse(await succeed(of, argv)))
      .flatMap((each) => each.addr_info);
    const failed = addresses.find(({ dadfailed }) => dadfailed === true);
    if (failed !== undefined)
      throw new LabUnavailable(
        `${name} cannot have ${failed.local ?? 'an address'}: somebody answered that it is theirs`,
      );
    if (addresses.every(({ tentative }) => tentative !== true)) return;
    await pause(settlePollMs);
  }
  throw new LabUnavailable(`${name} does not get its IPv6 addresses: they stay tentative`);
}
