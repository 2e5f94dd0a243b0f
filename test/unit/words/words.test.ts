import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trafficOf } from '../../../projections/isolation/header-sets/traffic.ts';
import { mergePorts } from '../../../src/policy/ports.ts';
import { trafficWords } from '../../../src/verify/traffic-rows.ts';
import { count, listWords } from '../../../src/words/lists.ts';
import { authorWords, originWords } from '../../../src/words/origin-words.ts';
import { ruleWords } from '../../../src/words/rule-words.ts';
import { protocolWords } from '../../../src/words/traffic-words.ts';

describe('lists and numbers', () => {
  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b'], 'a and b'],
    [['a', 'b', 'c'], 'a, b and c'],
    [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
  ])('%j reads %s', (words, text) => {
    expect(listWords(words, 3)).toBe(text);
  });

  it.each([
    [0, '0 entries'],
    [1, '1 entry'],
    [2, '2 entries'],
  ])('%i is %s', (number, text) => {
    expect(count(number, 'entry', 'entries')).toBe(text);
  });
});

describe('a rule in words', () => {
  const id = '0'.repeat(24);

  it('says to whom, by what, and what narrows it', () => {
    expect(ruleWords({ id, destination: 'globex/database', protocol: 'tcp', ports: [[5432, 5432]] })).toBe(
      'egress to globex/database, tcp/5432',
    );
    const bound = { text: '2026-03-01', instant: '2026-03-01T00:00:00.000Z' };
    expect(
      ruleWords({
        id,
        source: '*',
        protocol: 'any',
        segment: 'web',
        guard: 'CR-1',
        from: bound,
        expires: bound,
      }),
    ).toBe(
      'ingress from every tenant (*), any, only segment web, guard CR-1, from 2026-03-01, until 2026-03-01',
    );
  });

  const port = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(65_534, 65_535));
  const range = fc.tuple(port, port).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
  const spoken = fc.oneof(
    fc.record({ protocol: fc.constantFrom('tcp', 'udp', 'sctp', 'icmp', 'any') }),
    fc.record({
      protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
      ports: fc.array(range, { minLength: 1, maxLength: 4 }).map(mergePorts),
    }),
  );

  it('spells what a document speaks of as the verifier spells what it made of it', () => {
    fc.assert(
      fc.property(spoken, (rule) => {
        expect(protocolWords(rule)).toBe(trafficWords(trafficOf(rule)));
      }),
    );
  });
});

describe('an event in words', () => {
  const author = { by: 'sam', authenticated: 'os-user' } as const;

  it('says when, what and who, and why where that is known', () => {
    expect(originWords({ ...author, seq: 12, type: 'PolicyEnacted', time: '2026-03-01T12:00:00.000Z' })).toBe(
      'seq 12, 2026-03-01T12:00:00.000Z: PolicyEnacted by sam (os-user)',
    );
    expect(authorWords({ ...author, reason: 'a "new" shop', source: 'git:1a2b' })).toBe(
      'by sam (os-user), reason "a \\"new\\" shop", source git:1a2b',
    );
    expect(authorWords({ ...author, authenticated: 'asserted', account: 'joe' })).toBe('by sam (as joe)');
  });
});
