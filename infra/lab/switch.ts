import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { prefixOf } from './answering-addresses.ts';
import { underlayBridge, underlayDevice } from './estate.ts';
import { LabUnavailable } from './faults.ts';
import type { Manifest } from './manifest.ts';
import type { PlannedHost } from './plan.ts';
import { haveEnded, markOf, signalTo, type ProcessMark } from './processes.ts';
import { switchSchema } from './requirements.ts';
import { ip, succeed, sysctl, type OnBehalf } from './run-program.ts';

/** The processes of a switch. */
export const daemons = ['ovsdb-server', 'ovs-vswitchd'] as const;
export type Daemon = (typeof daemons)[number];

/** How long a switch may take to do what it is told, in seconds. */
const answerSecondsMax = '30';

/** Makes a host's switch: an empty database, its processes, and the underlay bridge. The underlay device is there. */
export async function makeSwitch(of: OnBehalf, manifest: Manifest, host: PlannedHost): Promise<void> {
  mkdirSync(host.place, { recursive: true, mode: 0o700 });
  await succeed(of, ['ovsdb-tool', 'create', databaseOf(host), switchSchema]);
  await startDaemon(of, manifest, { host, daemon: 'ovsdb-server' });
  await tellSwitch(of, host, ['--no-wait', 'init']);
  await startDaemon(of, manifest, { host, daemon: 'ovs-vswitchd' });
  const { address } = await cardOf(of, host);
  const bridge = ['add-br', underlayBridge, '--', 'set', 'bridge', underlayBridge, 'datapath_type=netdev'];
  await tellSwitch(of, host, [
    ...[...bridge, `other_config:hwaddr="${address}"`],
    ...['--', 'add-port', underlayBridge, underlayDevice],
  ]);
  await giveTunnelAddress(of, host);
}

/**
 * The host's card, whose address the bridge has: one of the switch's own choice would be another after each reboot, and other hosts
 * go on sending to the one that they know until this one sends something through a tunnel.
 */
async function cardOf(of: OnBehalf, { namespace }: PlannedHost): Promise<{ readonly address: string }> {
  const listed = await succeed(of, ['ip', '-json', '-n', namespace, 'link', 'show', 'dev', underlayDevice]);
  const [link] = links.parse(JSON.parse(listed));
  if (link === undefined) throw new LabUnavailable(`${namespace} has no ${underlayDevice}`);
  return link;
}

const links = z.array(z.looseObject({ address: z.string() }));

/**
 * The tunnel address sits on the bridge, and its prefix holds those of all hosts: a switch takes only ways from the kernel
 * to which one of its addresses belongs. Neither is lost when the switch ends: its devices outlive it.
 */
async function giveTunnelAddress(
  of: OnBehalf,
  { namespace, tunnelIp, prefixLength }: PlannedHost,
): Promise<void> {
  const isV6 = tunnelIp.includes(':');
  if (isV6) await sysctl(of, [namespace], [`net.ipv6.conf.${underlayBridge}.disable_ipv6=0`]);
  const address = `${tunnelIp}/${String(prefixLength)}`;
  // The kernel makes no way of its own for a prefix that begins with 0.
  const way = `route replace ${prefixOf(tunnelIp, prefixLength)} dev ${underlayBridge}`;
  await ip(
    of,
    [
      `address add ${address} dev ${underlayBridge}${isV6 ? ' nodad' : ''}`,
      `link set dev ${underlayBridge} up`,
      ...(isV6 || prefixLength >= 8 ? [] : [way]),
    ],
    namespace,
  );
}

/** Starts one process of a switch that is not running; returns when it is ready. */
export async function startDaemon(
  of: OnBehalf,
  manifest: Manifest,
  { host, daemon }: { host: PlannedHost; daemon: Daemon },
): Promise<void> {
  const { namespace, runFolder, socket, place } = host;
  const file = pidFile(host, daemon);
  const own = {
    'ovsdb-server': [databaseOf(host), `--remote=punix:${socket}`],
    'ovs-vswitchd': [`unix:${socket}`, '--disable-system'],
  }[daemon];
  const common = [
    '--detach',
    '--no-chdir',
    `--pidfile=${file}`,
    `--log-file=${join(place, `${daemon}.log`)}`,
  ];
  const quiet = ['-vconsole:off', '-vsyslog:off'];
  await succeed(of, ['ip', 'netns', 'exec', namespace, daemon, ...own, ...common, ...quiet], {
    env: { OVS_RUNDIR: runFolder },
  });
  const mark = markOf(Number(readFileSync(file, 'utf8')));
  if (mark === undefined)
    throw new LabUnavailable(`${daemon} of ${host.host} ended at once: see ${place}/${daemon}.log`);
  manifest.write({ line: 'daemon-started', host: host.host, daemon, ...mark });
}

/** The process of a switch that was started last, whether it is still there or not; undefined if none was. */
export function daemonOf(manifest: Manifest, host: string, daemon: Daemon): ProcessMark | undefined {
  const last = manifest.of('daemon-started').findLast((each) => each.host === host && each.daemon === daemon);
  return last && { pid: last.pid, startTicks: last.startTicks };
}

/** Ends a process of a switch on the spot, and returns when it is gone. */
export async function killDaemon(manifest: Manifest, host: string, daemon: Daemon): Promise<void> {
  const mark = daemonOf(manifest, host, daemon);
  if (mark === undefined) return;
  signalTo(mark, 'SIGKILL');
  if (!(await haveEnded([mark], 5_000)))
    throw new LabUnavailable(`${daemon} of ${host} does not end (process ${String(mark.pid)})`);
}

const devices = z.array(z.looseObject({ ifname: z.string() }));

/** A host after a power cut that nothing survived: no flow, no bridge, an empty database. Its cables are as they were. */
export async function rebootEmpty(of: OnBehalf, manifest: Manifest, host: PlannedHost): Promise<void> {
  for (const daemon of daemons) await killDaemon(manifest, host.host, daemon);
  const listed = await succeed(of, ['ip', '-json', '-n', host.namespace, 'link', 'show', 'type', 'tun']);
  // Bridges of a switch in user space are such devices, and outlive their process.
  const bridges = listed.trim() === '' ? [] : devices.parse(JSON.parse(listed));
  await ip(
    of,
    bridges.map(({ ifname }) => `link delete dev ${ifname}`),
    host.namespace,
  );
  rmSync(databaseOf(host));
  await makeSwitch(of, manifest, host);
}

async function tellSwitch(of: OnBehalf, { socket }: PlannedHost, words: readonly string[]): Promise<void> {
  await succeed(of, ['ovs-vsctl', `--db=unix:${socket}`, `--timeout=${answerSecondsMax}`, ...words]);
}

function databaseOf({ place }: PlannedHost): string {
  return join(place, 'conf.db');
}

function pidFile({ runFolder }: PlannedHost, daemon: Daemon): string {
  return join(runFolder, `${daemon}.pid`);
}
