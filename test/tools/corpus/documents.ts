/** A tenant that moves in, with a rule that opens and lapses by itself. */
export const newcomer = `
kind: Tenant
tenant: juniper-news
classification: internal
shard: shard-2
segments: [desk, press]
---
kind: Endpoints
tenant: juniper-news
endpoints:
  - { name: desk-1, segment: desk, ip: 10.77.0.11, mac: "02:00:0a:4d:00:0b", host: hv-6, interface: vm-7701 }
---
kind: Policy
tenant: juniper-news
egress:
  - { destination: internet, segment: desk, ports: [443], protocol: tcp, guard: JN-1, from: "2026-03-03T09:00:00Z", expires: "2026-03-03T12:00:00Z" }
`;

export const newcomerReads = `
kind: Policy
tenant: juniper-news
egress:
  - { destination: internet, segment: desk, ports: [443, 8443], protocol: tcp, guard: JN-1, from: "2026-03-03T09:00:00Z", expires: "2026-03-03T12:00:00Z" }
`;

export const newcomerListens = `
kind: Policy
tenant: juniper-news
ingress:
  - { source: internet, segment: desk, ports: [443], protocol: tcp, guard: JN-2 }
`;

/** Changes of what there is: a shard, a host, an external and a tenant. */
export const otherShape = `
kind: Shard
shard: shard-2
overlay: embedded
tunnel: geneve
vnis: { from: 6000, to: 6999 }
revocationLimit: 20s
---
kind: Host
host: hv-8
shard: shard-2
tunnelIp: 172.31.0.18
---
kind: Host
host: hv-9
shard: shard-2
tunnelIp: 172.31.0.9
---
kind: External
external: old-datacentre
classification: internal
cidrs: [192.0.2.0/25]
---
kind: External
external: press-agency
classification: internal
cidrs: [192.0.2.128/25]
---
kind: Tenant
tenant: juniper-news
classification: internal
shard: shard-1
segments: [desk, press]
---
kind: Endpoints
tenant: juniper-news
endpoints:
  - { name: desk-1, segment: desk, ip: 10.77.0.11, mac: "02:00:0a:4d:00:0b", host: hv-2, interface: vm-7701 }
`;

export const farShard = `
kind: Shard
shard: shard-3
overlay: embedded
tunnel: vxlan
vnis: { from: 7000, to: 7099 }
revocationLimit: 60s
---
kind: Host
host: hv-10
shard: shard-3
tunnelIp: 172.31.0.10
`;
