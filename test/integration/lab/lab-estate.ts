import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { command, root, tun, type Need } from '../../support/needs.ts';

/** What every suite with a lab needs of the machine. */
export const labNeeds: readonly Need[] = [
  root,
  tun,
  command('ip', 'iproute2'),
  command('ethtool', 'ethtool'),
  command('sysctl', 'procps'),
  command('ping', 'iputils-ping'),
  command('nc', 'netcat-openbsd'),
  command('ovs-vswitchd', 'openvswitch-switch'),
];

/** A name for a lab that no other test has at the same time. */
export function labNameOf(letters: string): string {
  return `${letters}${(process.pid % 46_656).toString(36)}`;
}

/** An estate of two hosts with one workload each, and an external; the folder of its documents. */
export function twoHosts({ tunnelIps }: { tunnelIps: readonly [string, string] }): string {
  const folder = join(temporaryFolder(), 'estate');
  mkdirSync(folder);
  writeFileSync(join(folder, 'estate.yaml'), documents(tunnelIps));
  return folder;
}

function documents([first, second]: readonly [string, string]): string {
  return `kind: Shard
shard: shard-1
overlay: embedded
tunnel: vxlan
vnis: { from: 5000, to: 5099 }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: "${first}" }
---
{ kind: Host, host: hv-2, shard: shard-1, tunnelIp: "${second}" }
---
kind: Tenant
tenant: acme
segments: [web]
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: one, segment: web, ip: [10.1.0.1, "2001:db8:1::1"], mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-one }
  - { name: two, segment: web, ip: [10.1.0.2, "2001:db8:1::2"], mac: "02:00:0a:01:00:02", host: hv-2, interface: vm-two }
---
kind: External
external: outside
cidrs: [198.51.100.0/24, "2001:db8:99::/48"]
gateway: { host: hv-1, interface: ext-out }
`;
}
