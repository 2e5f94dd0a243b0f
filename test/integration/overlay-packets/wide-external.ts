import { seenIn } from './seen.ts';
import type { Heard, Sent } from './packets.ts';

/**
 * `wide` may come in at `acme/web`, on the host of its gateway and on the other one. Its CIDRs hold all addresses there are: those of
 * `acme/db` and `globex/app`, which `acme/web` finds; of `mallory/evil`, which it does not; and of `narrow`, a longer one.
 */
export const documents = `kind: Shard
shard: s1
overlay: ovs
tunnel: vxlan
vnis: { from: 100, to: 109 }
---
{ kind: Host, host: h1, shard: s1, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: h2, shard: s1, tunnelIp: 172.31.0.2 }
---
{ kind: External, external: wide, cidrs: [0.0.0.0/0, "::/0"], gateway: { host: h1, interface: ext-wide } }
---
{ kind: External, external: narrow, cidrs: [10.200.0.0/16, "fd00:200::/32"], gateway: { host: h1, interface: ext-narrow } }
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
---
kind: Endpoints
tenant: globex
endpoints:
  - { name: app-1, segment: app, ip: [10.2.0.1, "fd00:2::1"], mac: "02:00:0a:02:00:01", host: h1, interface: app1 }
---
kind: Endpoints
tenant: mallory
endpoints:
  - { name: evil-1, segment: evil, ip: [10.6.0.1, "fd00:6::1"], mac: "02:00:0a:06:00:01", host: h1, interface: evil1 }
---
kind: Policy
tenant: acme
egress:
  - { destination: acme/web, segment: db }
  - { destination: globex, segment: web, protocol: udp, ports: [53] }
  - { destination: wide, segment: web, protocol: udp, ports: [53] }
ingress:
  - { source: acme/db, segment: web }
  - { source: globex, segment: web, protocol: tcp, ports: [443, 5432] }
  - { source: globex, segment: web, protocol: udp, ports: [53] }
  - { source: wide, segment: web }
  - { source: narrow, segment: web, protocol: udp, ports: [53] }
---
kind: Policy
tenant: globex
egress:
  - { destination: acme/web, protocol: tcp, ports: [443, 5432] }
  - { destination: acme/web, protocol: udp, ports: [53] }
ingress:
  - { source: acme/web, protocol: udp, ports: [53] }
`;

export const [web1, web2] = [
  { name: 'acme/web-1', mac: '02:00:0a:01:00:01', ip: '10.1.0.1', ip6: 'fd00:1::1' },
  { name: 'acme/web-2', mac: '02:00:0a:01:00:02', ip: '10.1.0.2', ip6: 'fd00:1::2' },
];
export const db1 = { name: 'acme/db-1', mac: '02:00:0a:01:01:01', ip: '10.1.1.1', ip6: 'fd00:1:1::1' };
export const app1 = { name: 'globex/app-1', mac: '02:00:0a:02:00:01', ip: '10.2.0.1', ip6: 'fd00:2::1' };
export const web = [web1, web2];

/** Whose those are, as `acme/web` finds them. */
export const own = ['10.9.0.1', 'fd00:9::1', '10.6.0.1', 'fd00:6::1'];
export const others = [
  ...[web1.ip, web1.ip6, web2.ip, web2.ip6, db1.ip, db1.ip6, app1.ip, app1.ip6],
  ...['10.200.0.7', 'fd00:200::7'],
];

/** Which of the packets that were sent arrived at an end of `acme/web`: `name source`. What kernels say to them is none of those. */
export function heardAtWeb(heard: readonly Heard[], sent: readonly Sent[]): string[] {
  const known = new Set(sent.map(({ frame }) => JSON.stringify(seenIn(frame))));
  return heard
    .flatMap(({ at, frame }) => {
      const seen = seenIn(frame);
      const isMeant = web.some(({ name }) => name === at) && known.has(JSON.stringify(seen));
      return isMeant && seen.kind === 'ip' ? [`${at} ${seen.source}`] : [];
    })
    .sort();
}
