import { expect, describe, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { Addressing } from '../../../projections/isolation/authorised/addressing.ts';
import { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import { allPairs, type Wanted } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf, judge, reaches, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { endpoint, endpoints, external, host, policy, shard, tenant } from './documents.ts';
import { History, start } from './history.ts';
import { carriedOut } from './small-estate.ts';

const known = { since: start, until: start, drifts: [], takenBack: [] };

/** Findings as JSON has them, and gaps as text. */
function judged(...events: DomainEvent[]): { findings: unknown[]; gaps: string[] } {
  const question = { state: new History().record(...events).state(), instant: start, wanted: allPairs };
  const gaps = gapsOf('intended', question, known).map(
    ({ kind, about, problem }) => `${kind} ${about}: ${problem}`,
  );
  return { findings: judge('intended', question), gaps };
}

const at = { host: 'hv-1' };

describe('what documents must not ask for', () => {
  test('given consent across an air gap, it is found, with the rules that give it', () => {
    const consent = [
      policy('a', { egress: [{ destination: 'g', protocol: 'icmp' }] }),
      policy('g', { ingress: [{ source: 'a' }] }),
    ];
    const { findings } = judged(tenant('a'), tenant('g', { isolation: 'air-gapped' }), ...consent);
    expect(findings).toEqual([
      {
        kind: 'airgap',
        from: 'a/s',
        to: 'g/s',
        witness: { src: null, dst: null, protocol: 'icmp' },
        rules: [expect.stringMatching(/^[0-9a-f]{24}$/), expect.stringMatching(/^[0-9a-f]{24}$/)],
      },
    ]);
  });

  test('given a grant between classifications, what no guard of the higher side covers is found', () => {
    const high = tenant('a', { classification: 'restricted' });
    const attached = [
      endpoints('a', [endpoint('a1', { ...at, ips: ['10.0.0.1', 'fd00::1'] })]),
      endpoints('b', [endpoint('b1', { ...at, ips: ['fd00::2'] })]),
    ];
    const open = policy('b', { egress: [{ destination: 'a', protocol: 'tcp', ports: [[22, 23]] }] });
    const guarded = policy('a', {
      ingress: [{ source: '*' }, { source: 'b', protocol: 'tcp', ports: [[22, 22]], guard: 'CAB-1' }],
    });
    const { findings } = judged(high, tenant('b'), ...attached, open, guarded);
    expect(findings).toMatchObject([
      {
        kind: 'classification',
        from: 'b/s',
        to: 'a/s',
        witness: { src: 'fd00::2', dst: 'fd00::1', protocol: 'tcp', srcPort: 40_000, dstPort: 23 },
      },
    ]);
  });

  test('given ends without addresses of one family, the witness has none', () => {
    const attached = [
      endpoints('a', [endpoint('a1', { ...at, ips: ['10.0.0.1'] })]),
      endpoints('b', [endpoint('b1', { ...at, ips: ['fd00::2'] })]),
    ];
    const consent = [
      policy('a', { egress: [{ destination: 'b' }] }),
      policy('b', { ingress: [{ source: 'a' }] }),
    ];
    const low = tenant('b', { classification: 'public' });
    expect(judged(tenant('a'), low, ...attached, ...consent).findings).toMatchObject([
      { kind: 'classification', witness: { src: null, dst: null, protocol: 'tcp' } },
    ]);
  });

  test('given an external, the guard is on the tenant own rule, whichever side is higher', () => {
    const low = tenant('a', { classification: 'public' });
    const rules = (guard: { guard?: string }): DomainEvent =>
      policy('a', { egress: [{ destination: 'x', ...guard }], ingress: [{ source: 'x', ...guard }] });
    expect(judged(low, external('x'), rules({ guard: 'CAB-2' })).findings).toEqual([]);
    expect(judged(low, external('x'), rules({})).findings).toMatchObject([
      { kind: 'classification', from: 'a/s', to: 'x' },
      { kind: 'classification', from: 'x', to: 'a/s' },
    ]);
  });

  test('given two addresses that one segment could not tell apart, who is meant stays open', () => {
    const two = [
      endpoints('a', [endpoint('a1', { ...at, ips: ['10.0.0.1'] })]),
      endpoints('b', [endpoint('b1', { ...at, ips: ['10.0.0.1'] })]),
    ];
    const consent = [
      policy('a', { egress: [{ destination: 'b' }] }),
      policy('b', { ingress: [{ source: 'a' }] }),
    ];
    const problem = '10.0.0.1 is held by more than one endpoint that it may exchange packets with';
    expect(judged(tenant('a'), tenant('b'), ...two).gaps).toEqual([]);
    const question = {
      state: new History().record(tenant('a'), tenant('b'), ...two, ...consent).state(),
      instant: start,
    };
    const wanted: Wanted = { end: (end) => end === 'b/s', pair: () => false };
    expect(gapsOf('intended', { ...question, wanted }, known).map(({ about }) => about)).toEqual(['b/s']);
    expect(judged(tenant('a'), tenant('b'), ...two, ...consent).gaps).toEqual([
      `address a/s: ${problem}`,
      `address b/s: ${problem}`,
    ]);
  });
});

test('given nobody of a name, nobody is seen there', () => {
  const { documents } = new History().state();
  expect(new Addressing(new Authorisation(documents, start)).external({ from: 'a/s', to: 'x' })).toEqual([]);
});

describe('whether one can reach the other', () => {
  const reached = (lane: Lane, from: string, to: string): boolean => {
    const history = carriedOut();
    const wanted: Wanted = {
      end: (end) => [from, to].includes(end),
      pair: (pair) => pair.from === from && pair.to === to,
    };
    return reaches(lane, { state: history.state(), instant: history.now, wanted });
  };

  test.each(['intended', 'applied'] as const)(
    'on the %s lane, it is so where it is granted, one way',
    (lane) => {
      expect(reached(lane, 'a/s', 'b/s')).toBe(true);
      expect(reached(lane, 'b/s', 'a/s')).toBe(false);
      expect(reached(lane, 'a/s', 'c/s')).toBe(false);
      expect(reached(lane, 'a/s', 'a/s')).toBe(true);
    },
  );
});

test('given tenants by other names, the answers are the same under the other names', () => {
  const names: Record<string, readonly string[]> = { plain: ['a', 'b', 'c'], permuted: ['c', 'a', 'b'] };
  const answers = Object.values(names).map(([one = '', two = '', three = '']) => {
    const events = [
      shard('east'),
      host('hv-1', '172.31.0.1'),
      tenant(one, { classification: 'confidential' }),
      tenant(two, { isolation: 'air-gapped' }),
      tenant(three),
      policy(one, {
        egress: [{ destination: two }, { destination: three }],
        ingress: [{ source: '*', guard: 'g' }],
      }),
      policy(two, { ingress: [{ source: '*' }, { source: one }] }),
      policy(three, { ingress: [{ source: '*' }], egress: [{ destination: one }] }),
    ];
    const role = (end: string): string => String([one, two, three].indexOf(end.split('/', 1).join('')));
    const { findings } = judged(...events);
    return findings.map((finding) =>
      JSON.stringify(finding, (key, value: unknown) => {
        if (key === 'rules') return undefined;
        return (key === 'from' || key === 'to') && typeof value === 'string' ? role(value) : value;
      }),
    );
  });
  expect(answers[0]?.length).toBe(2);
  expect(answers[1]).toEqual(answers[0]);
});
