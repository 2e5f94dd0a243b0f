/** The documents of the policy language's own description, one of each kind. */
export const example = `kind: Tenant
tenant: acme-corp
classification: internal            # public < internal < confidential < restricted; internal if left out
isolation: logical                  # or air-gapped: no grant may ever name it
shard: shard-1                      # optional: without it the ledger places the tenant and records where
intraTenant: allow                  # or segments: cross-segment traffic inside the tenant needs a rule too
segments: [web, database]
services:
  - { name: acme-api, segment: web, ports: [443], protocol: tcp }
---
kind: External                      # something outside the overlay: a VPN gateway, the internet
external: vpn-gateway
classification: internal
cidrs: [198.51.100.0/24]
gateway: { host: hv-1, interface: ext-vpn, mac: "02:00:0a:00:00:01" }   # where it enters the overlay
---
kind: Endpoints                     # inventory: which workload is in which segment (from an orchestrator or by hand)
tenant: acme-corp
endpoints:
  - { name: web-1, segment: web, ip: 10.1.0.11, mac: "02:00:0a:01:00:0b", host: hv-1, interface: vm-web-1 }
---
kind: Host                          # a hypervisor of a shard's overlay
host: hv-1
shard: shard-1
tunnelIp: 172.31.0.1
---
kind: Shard
shard: shard-1
overlay: embedded                   # embedded | ovs | ...
tunnel: vxlan                       # or geneve
vnis: { from: 5000, to: 5999 }      # ranges of two shards never overlap
revocationLimit: 60s                # how long a revocation may take before it counts as a violation
---
kind: Policy                        # kind may be left out: a document with egress/ingress/qos is a Policy
tenant: acme-corp
egress:
  - destination: service-x
    ports: [443]
    protocol: tcp
ingress:
  - source: vpn-gateway
    ports: [22, 443]
    protocol: tcp
qos: { egress: 100Mbps, ingress: 100Mbps }
`;
