import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lab } from '../../../infra/lab/lab.ts';
import { command, type Need } from '../../support/needs.ts';
import { labNameOf, labNeeds } from '../lab/lab-estate.ts';

/** What every suite with packets of its own making needs. */
export const packetNeeds: readonly Need[] = [...labNeeds, command('python3', 'python3')];

/** A lab of documents in YAML, with hosts driven unless it is otherwise asked for. */
export function labOf(letters: string, documents: string, { drive = true } = {}): Promise<Lab> {
  const write = (folder: string): void => {
    writeFileSync(join(folder, 'estate.yaml'), documents);
  };
  return labOfFolder(letters, write, { drive });
}

/** A lab of the documents that are written into a folder, with hosts driven unless it is otherwise asked for. */
export async function labOfFolder(
  letters: string,
  write: (folder: string) => void,
  { drive = true } = {},
): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'isoledger-'));
  try {
    write(folder);
    return await Lab.up({ name: labNameOf(letters), estate: folder, drive, tell: silent });
  } finally {
    // The lab has its own copy.
    rmSync(folder, { recursive: true });
  }
}

const silent = { err: (): void => undefined, progress: (): void => undefined };

/**
 * Two shards, one of VXLAN and one of Geneve, with two hosts each. Both ends of grants are on one host and on two, in
 * one shard and across. `twin` has the addresses of `acme`. Of the externals one lies within another, and one without
 * a gateway shadows a part of it; an endpoint has an address of an external.
 */
export const twoShards = `kind: Shard
shard: east
overlay: ovs
tunnel: vxlan
vnis: { from: 100, to: 199 }
---
{ kind: Shard, shard: west, overlay: ovs, tunnel: geneve, vnis: { from: 200, to: 299 } }
---
{ kind: Host, host: e1, shard: east, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: e2, shard: east, tunnelIp: 172.31.0.2 }
---
{ kind: Host, host: w1, shard: west, tunnelIp: 172.31.0.3 }
---
{ kind: Host, host: w2, shard: west, tunnelIp: 172.31.0.4 }
---
{ kind: External, external: wide, cidrs: [198.51.100.0/24, "2001:db8:99::/48"], gateway: { host: e1, interface: ext-wide } }
---
{ kind: External, external: narrow, cidrs: [198.51.100.128/25, "2001:db8:99:8000::/49"], gateway: { host: w1, interface: ext-narrow } }
---
{ kind: External, external: shadow, cidrs: [198.51.100.64/26] }
---
{ kind: Tenant, tenant: acme, shard: east, segments: [web, db], intraTenant: segments }
---
{ kind: Tenant, tenant: globex, shard: east, segments: [app, batch] }
---
{ kind: Tenant, tenant: initech, shard: west, segments: [api] }
---
{ kind: Tenant, tenant: twin, shard: west, segments: [core] }
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: web-1, segment: web, ip: [10.1.0.1, "fd00:1::1"], mac: "02:00:0a:01:00:01", host: e1, interface: web1 }
  - { name: web-2, segment: web, ip: [10.1.0.2, "fd00:1::2"], mac: "02:00:0a:01:00:02", host: e2, interface: web2 }
  - { name: db-1, segment: db, ip: [10.1.1.1, "fd00:1:1::1"], mac: "02:00:0a:01:01:01", host: e1, interface: db1 }
---
kind: Endpoints
tenant: globex
endpoints:
  - { name: app-1, segment: app, ip: [10.2.0.1, "fd00:2::1"], mac: "02:00:0a:02:00:01", host: e1, interface: app1 }
  - { name: batch-1, segment: batch, ip: [10.2.1.1, "fd00:2:1::1"], mac: "02:00:0a:02:01:01", host: e2, interface: batch1 }
---
kind: Endpoints
tenant: initech
endpoints:
  - { name: api-1, segment: api, ip: [10.3.0.1, "fd00:3::1"], mac: "02:00:0a:03:00:01", host: w1, interface: api1 }
  - { name: api-2, segment: api, ip: [198.51.100.130, "fd00:3::2"], mac: "02:00:0a:03:00:02", host: w2, interface: api2 }
---
kind: Endpoints
tenant: twin
endpoints:
  - { name: core-1, segment: core, ip: [10.1.0.1, "fd00:1::1"], mac: "02:00:0a:04:00:01", host: w1, interface: core1 }
  - { name: core-2, segment: core, ip: [10.1.0.2, "fd00:1::2"], mac: "02:00:0a:04:00:02", host: w2, interface: core2 }
---
kind: Policy
tenant: acme
egress:
  - { destination: acme/db, segment: web, protocol: tcp, ports: [5432] }
  - { destination: initech, segment: web, protocol: udp, ports: [53] }
  - { destination: wide, segment: web, protocol: tcp, ports: [443] }
ingress:
  - { source: acme/web, segment: db, protocol: tcp, ports: [5432] }
  - { source: globex/app, segment: db, protocol: tcp, ports: [5432, "8000-8100"] }
  - { source: globex/app, segment: web, protocol: icmp }
  - { source: initech, segment: web, protocol: tcp, ports: [443] }
  - { source: narrow, segment: web, protocol: tcp, ports: [443] }
---
kind: Policy
tenant: globex
egress:
  - { destination: acme/db, segment: app, protocol: tcp, ports: [5432, "8000-8100"] }
  - { destination: acme/web, segment: app, protocol: icmp }
  - { destination: twin, segment: batch, protocol: udp }
  - { destination: narrow, segment: app, protocol: icmp }
ingress:
  - { source: initech, segment: batch }
---
kind: Policy
tenant: initech
egress:
  - { destination: globex/batch }
  - { destination: acme/web, protocol: tcp, ports: ["400-500"] }
ingress:
  - { source: acme, protocol: udp, ports: [53] }
  - { source: wide, protocol: tcp }
---
kind: Policy
tenant: twin
ingress:
  - { source: globex/batch, protocol: udp, ports: ["8000-8100"] }
`;

/**
 * Three hosts. `globex/app` may speak to `acme/db` (tcp 5432, udp 53) and ping `acme/web`; each end is on the first host and on the
 * second. `mallory` has nobody's consent, and the third host carries nothing else. `vpn` may come in at `acme/web`.
 */
export const threeHosts = `kind: Shard
shard: s1
overlay: ovs
tunnel: vxlan
vnis: { from: 100, to: 109 }
---
{ kind: Host, host: h1, shard: s1, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: h2, shard: s1, tunnelIp: 172.31.0.2 }
---
{ kind: Host, host: h3, shard: s1, tunnelIp: 172.31.0.3 }
---
{ kind: External, external: vpn, cidrs: [192.0.2.0/24, "2001:db8:99::/48"], gateway: { host: h1, interface: ext-vpn } }
---
{ kind: Tenant, tenant: acme, shard: s1, segments: [web, db], intraTenant: segments }
---
{ kind: Tenant, tenant: globex, shard: s1, segments: [app] }
---
{ kind: Tenant, tenant: mallory, shard: s1, segments: [evil] }
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: web-1, segment: web, ip: [10.1.0.1, "fd00:1::1"], mac: "02:00:0a:01:00:01", host: h1, interface: web1 }
  - { name: web-2, segment: web, ip: [10.1.0.2, "fd00:1::2"], mac: "02:00:0a:01:00:02", host: h2, interface: web2 }
  - { name: db-1, segment: db, ip: [10.1.1.1, "fd00:1:1::1"], mac: "02:00:0a:01:01:01", host: h1, interface: db1 }
  - { name: db-2, segment: db, ip: [10.1.1.2, "fd00:1:1::2"], mac: "02:00:0a:01:01:02", host: h2, interface: db2 }
---
kind: Endpoints
tenant: globex
endpoints:
  - { name: app-1, segment: app, ip: [10.2.0.1, "fd00:2::1"], mac: "02:00:0a:02:00:01", host: h1, interface: app1 }
  - { name: app-2, segment: app, ip: [10.2.0.2, "fd00:2::2"], mac: "02:00:0a:02:00:02", host: h2, interface: app2 }
---
kind: Endpoints
tenant: mallory
endpoints:
  - { name: evil-1, segment: evil, ip: [10.6.0.1, "fd00:6::1"], mac: "02:00:0a:06:00:01", host: h1, interface: evil1 }
  - { name: evil-2, segment: evil, ip: [10.6.0.2, "fd00:6::2"], mac: "02:00:0a:06:00:02", host: h3, interface: evil2 }
---
kind: Policy
tenant: acme
ingress:
  - { source: globex, segment: db, protocol: tcp, ports: [5432] }
  - { source: globex, segment: db, protocol: udp, ports: [53] }
  - { source: globex, segment: web, protocol: icmp }
  - { source: vpn, segment: web, protocol: tcp, ports: [443] }
---
kind: Policy
tenant: globex
egress:
  - { destination: acme/db, protocol: tcp, ports: [5432] }
  - { destination: acme/db, protocol: udp, ports: [53] }
  - { destination: acme/web, protocol: icmp }
`;
