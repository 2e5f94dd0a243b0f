import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { intendedConnections } from '../../../projections/isolation/judging/connections.ts';
import { bound, external, policy, tenant } from './documents.ts';
import { after, History, start } from './history.ts';

/** Rows as `from -> to protocol ports`. */
function rows(events: readonly DomainEvent[], at = start): string[] {
  const state = new History().record(...events).state();
  return intendedConnections(state, at).map(
    ({ from, to, protocol, ports }) => `${from} -> ${to} ${protocol} ${ports}`,
  );
}

const a = tenant('a', { intraTenant: 'segments', segments: ['s', 's2'] });
const b = tenant('b', {
  intraTenant: 'segments',
  segments: ['t'],
  services: [{ name: 'b-api', segment: 't', protocol: 'tcp', ports: [[443, 443]] }],
});

describe('deny by default and mutual consent', () => {
  test('given no rule, nothing passes', () => {
    expect(rows([a, b])).toEqual([]);
  });

  test('given one half of a consent, nothing passes', () => {
    expect(rows([a, b, policy('a', { egress: [{ destination: 'b' }] })])).toEqual([]);
    expect(rows([a, b, policy('b', { ingress: [{ source: 'a' }] })])).toEqual([]);
  });

  test('given both halves, what both allow passes, one way, for the segments that both name', () => {
    const consent = [
      policy('a', {
        egress: [
          {
            destination: 'b/t',
            segment: 's',
            protocol: 'tcp',
            ports: [
              [22, 22],
              [80, 90],
              [443, 443],
            ],
          },
        ],
      }),
      policy('b', {
        ingress: [
          { source: 'a', protocol: 'tcp', ports: [[85, 442]] },
          {
            source: 'a/s',
            protocol: 'tcp',
            ports: [
              [22, 22],
              [443, 444],
            ],
          },
        ],
      }),
    ];
    expect(rows([a, b, ...consent])).toEqual(['a/s -> b/t tcp 22,85-90,443']);
  });

  test('given rules of several protocols, each protocol is intersected by itself', () => {
    const consent = [
      policy('a', { egress: [{ destination: 'b', protocol: 'any' }] }),
      policy('b', {
        ingress: [
          { source: 'a/s', protocol: 'icmp' },
          { source: 'a/s', protocol: 'sctp' },
          { source: 'a/s', protocol: 'udp', ports: [[53, 53]] },
          { source: 'a/s2' },
        ],
      }),
    ];
    expect(rows([a, b, ...consent])).toEqual([
      'a/s -> b/t icmp *',
      'a/s -> b/t sctp *',
      'a/s -> b/t udp 53',
      'a/s2 -> b/t any *',
    ]);
  });

  test('given a name that nobody has, or a segment that is gone, nothing passes', () => {
    const ways = [
      policy('a', { egress: [{ destination: 'nobody' }, { destination: 'b/gone' }, { destination: 'x/y' }] }),
      policy('b', { ingress: [{ source: 'a/gone' }, { source: 'nobody' }, { source: '*' }] }),
    ];
    expect(rows([a, b, ...ways])).toEqual([]);
  });

  test('given a name with two meanings, the rule allows nothing', () => {
    const clash = [external('b-api'), policy('a', { egress: [{ destination: 'b-api' }] })];
    expect(rows([a, b, ...clash, policy('b', { ingress: [{ source: 'a' }] })])).toEqual([]);
  });
});

describe('services', () => {
  const open = policy('b', { ingress: [{ source: 'a/s' }] });

  test('given a service as destination, the rule is bounded by what it offers', () => {
    expect(rows([a, b, open, policy('a', { egress: [{ destination: 'b-api' }] })])).toEqual([
      'a/s -> b/t tcp 443',
    ]);
    const narrowed = { destination: 'b-api', protocol: 'tcp', ports: [[400, 500]] } as const;
    const ports = narrowed.ports.map(([first, last]): [number, number] => [first, last]);
    expect(rows([a, b, open, policy('a', { egress: [{ ...narrowed, ports }] })])).toEqual([
      'a/s -> b/t tcp 443',
    ]);
  });

  test('given a service as source, it stands for its segment only', () => {
    const served = [
      policy('b', { egress: [{ destination: 'a/s' }] }),
      policy('a', { ingress: [{ source: 'b-api', protocol: 'udp' }] }),
    ];
    expect(rows([a, b, ...served])).toEqual(['b/t -> a/s udp *']);
  });

  test('given a service that changes later, rules mean what it is at the instant', () => {
    const history = new History()
      .record(a, b, open, policy('a', { egress: [{ destination: 'b-api' }] }))
      .record(
        tenant('b', {
          segments: ['t', 'u'],
          services: [{ name: 'b-api', segment: 't', protocol: 'udp' }],
          intraTenant: 'segments',
        }),
      );
    expect(intendedConnections(history.state(), start)).toEqual([
      { from: 'a/s', to: 'b/t', protocol: 'udp', ports: '*' },
    ]);
  });
});

describe('everyone', () => {
  const open = policy('b', { ingress: [{ source: '*', protocol: 'tcp', ports: [[80, 80]] }] });
  const c = tenant('c', { isolation: 'air-gapped' });

  test('given `*`, whoever names the tenant gets in, but no external and nobody air-gapped', () => {
    const namers = ['a', 'c'].map((name) => policy(name, { egress: [{ destination: 'b' }] }));
    expect(rows([a, b, c, external('x'), open, ...namers])).toEqual([
      'a/s -> b/t tcp 80',
      'a/s2 -> b/t tcp 80',
    ]);
  });

  test('given `*` and segments that need rules, the own tenant is included', () => {
    const own = policy('a', {
      egress: [{ destination: 'a/s2', segment: 's' }],
      ingress: [{ source: '*', protocol: 'udp' }],
    });
    expect(rows([a, own])).toEqual(['a/s -> a/s2 udp *']);
  });
});

describe('inside a tenant', () => {
  test('given intraTenant allow, all of its segments talk', () => {
    expect(rows([tenant('a', { segments: ['s', 't'] })])).toEqual(['a/s -> a/t any *', 'a/t -> a/s any *']);
  });

  test('given intraTenant segments, only what both an egress and an ingress rule of its own allow', () => {
    const own = policy('a', {
      egress: [{ destination: 'a', segment: 's', protocol: 'tcp' }],
      ingress: [{ source: 'a/s', protocol: 'tcp', ports: [[5432, 5432]] }],
    });
    expect(rows([a, own])).toEqual(['a/s -> a/s2 tcp 5432']);
  });
});

describe('externals', () => {
  test('given only the tenant own rule, that is enough, each way by itself', () => {
    const own = policy('a', {
      egress: [{ destination: 'x', segment: 's', protocol: 'tcp', ports: [[443, 443]] }],
      ingress: [{ source: 'x', segment: 's2', protocol: 'icmp' }],
    });
    expect(rows([a, external('x'), external('y'), own])).toEqual(['a/s -> x tcp 443', 'x -> a/s2 icmp *']);
  });
});

describe('air gap', () => {
  test('given rules that name an air-gapped tenant, they never grant', () => {
    const gapped = tenant('g', { isolation: 'air-gapped', segments: ['s', 't'] });
    const consent = [
      policy('a', { egress: [{ destination: 'g' }], ingress: [{ source: 'g' }] }),
      policy('g', { egress: [{ destination: 'a' }, { destination: 'x' }], ingress: [{ source: 'a' }] }),
    ];
    expect(rows([a, gapped, external('x'), ...consent])).toEqual(['g/s -> g/t any *', 'g/t -> g/s any *']);
  });

  test('given an air-gapped tenant whose segments need rules, its rules do not count', () => {
    const gapped = tenant('g', { isolation: 'air-gapped', segments: ['s', 't'], intraTenant: 'segments' });
    const own = policy('g', { egress: [{ destination: 'g' }], ingress: [{ source: '*' }, { source: 'g' }] });
    expect(rows([gapped, own])).toEqual([]);
  });
});

test('given time bounds, a rule holds from its start up to but not at its end', () => {
  const timed = { from: bound(after(10)), expires: bound(after(20)) };
  const events = [
    a,
    b,
    policy('a', { egress: [{ destination: 'b-api', segment: 's', ...timed }] }),
    policy('b', { ingress: [{ source: 'a' }] }),
  ];
  const open = ['a/s -> b/t tcp 443'];
  const [before, first, last, end] = [after(9.999), after(10), after(19.999), after(20)];
  expect(rows(events, before)).toEqual([]);
  expect(rows(events, first)).toEqual(open);
  expect(rows(events, last)).toEqual(open);
  expect(rows(events, end)).toEqual([]);
});
