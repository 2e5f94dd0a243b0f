import type { DomainEvent } from '../../../events/catalogue.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { endpoint, endpoints, external, host, policy, shard, tenant } from './documents.ts';
import { History } from './history.ts';
import { acls, binding, network, routes, tunnel } from './wiring.ts';

/**
 * Three tenants on two hosts, and something outside. `a` may talk to `b` on tcp 443 and 8000 to 8100, to the outside
 * on tcp 443, and the outside to `b` on tcp 443. Nobody may talk to `c`.
 */
export const documents: readonly DomainEvent[] = [
  shard('east'),
  host('hv-1', '172.31.0.1'),
  host('hv-2', '172.31.0.2'),
  tenant('a'),
  tenant('b'),
  tenant('c'),
  external('x', { gateway: { host: 'hv-1', interface: 'ext-x' } }),
  endpoints('a', [
    endpoint('a1', { host: 'hv-1', ips: ['10.1.0.1'] }),
    endpoint('a2', { host: 'hv-2', ips: ['10.1.0.2'] }),
  ]),
  endpoints('b', [
    endpoint('b1', { host: 'hv-1', ips: ['10.2.0.1'] }),
    endpoint('b2', { host: 'hv-2', ips: ['10.2.0.2', 'fd00::2'] }),
  ]),
  endpoints('c', [endpoint('c1', { host: 'hv-2', ips: ['10.3.0.1'] })]),
  policy('a', {
    egress: [
      {
        destination: 'b',
        protocol: 'tcp',
        ports: [
          [443, 443],
          [8000, 8100],
        ],
      },
      { destination: 'x', protocol: 'tcp', ports: [[443, 443]] },
    ],
  }),
  policy('b', {
    ingress: [
      { source: 'a', protocol: 'tcp' },
      { source: 'x', protocol: 'tcp', ports: [[443, 443]] },
    ],
  }),
];

export const aToB = { from: 'a/s', to: 'b/s', protocol: 'tcp' } as const;

/** What a right translation of these documents puts on the hosts. */
export const objects: readonly OverlayObject[] = [
  network(1, 'a/s'),
  network(2, 'b/s'),
  network(3, 'c/s'),
  network(4, 'x'),
  binding('a/a1', { vni: 1, host: 'hv-1', ips: ['10.1.0.1'] }),
  binding('a/a2', { vni: 1, host: 'hv-2', ips: ['10.1.0.2'] }),
  binding('b/b1', { vni: 2, host: 'hv-1', ips: ['10.2.0.1'] }),
  binding('b/b2', { vni: 2, host: 'hv-2', ips: ['10.2.0.2', 'fd00::2'] }),
  binding('c/c1', { vni: 3, host: 'hv-2', ips: ['10.3.0.1'] }),
  binding('x', { vni: 4, host: 'hv-1', ips: ['198.51.100.0/24'] }),
  ...routes(1, 2),
  ...routes(1, 4),
  ...routes(2, 4),
  ...acls({
    ...aToB,
    ports: [
      [443, 443],
      [8000, 8100],
    ],
  }),
  ...acls({ from: 'a/s', to: 'x', protocol: 'tcp', ports: [[443, 443]] }),
  ...acls({ from: 'x', to: 'b/s', protocol: 'tcp', ports: [[443, 443]] }),
  tunnel('hv-1', '172.31.0.1'),
  tunnel('hv-2', '172.31.0.2'),
];

export const hosts = ['hv-1', 'hv-2'];

/** The documents recorded, and hosts that hold the objects given (the right ones if none are). */
export function carriedOut(wired: readonly OverlayObject[] = objects): History {
  return new History()
    .record(...documents)
    .plan(wired)
    .acknowledge(hosts);
}

/** A leak from `a` to `c`, planned after ten seconds and carried out. */
export function leaking(): History {
  const leak = [
    ...objects,
    ...routes(1, 3),
    ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] }),
  ];
  return carriedOut().wait(10).plan(leak).wait(10).acknowledge(['hv-1', 'hv-2']).wait(10);
}
