import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EgressRule, Policy, Rule } from '../../../events/estate.ts';
import { protocols, type Ports } from '../../../events/names.ts';
import { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import {
  appliedConnections,
  intendedConnections,
  type ConnectionRow,
} from '../../../projections/isolation/judging/connections.ts';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import {
  holds,
  isNothing,
  subtract,
  unionOf,
  type Opening,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import type { Answer, WrittenRule } from '../../../src/verify/explain/answer.ts';
import { answersTo, type Known } from '../../../src/verify/explain/explain.ts';
import { parseTraffic } from '../../../src/verify/explain/asked.ts';
import { expectEqual } from '../../support/expect-equal.ts';
import { idOf } from '../isolation/documents.ts';
import { Dice } from '../isolation/random-estate.ts';
import { randomTale } from '../isolation/tales.ts';
import { ruleWords } from '../../../src/words/rule-words.ts';
import { ask, knownAfter } from './known.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);
const runs = 60 * scale;
/** Of what asks some six hundred questions about each estate. */
const runsOfMany = 30 * scale;

/** What is asked about, and one packet of it; together they meet every boundary of the random rules. */
const samples: readonly (readonly [text: string, opening: Opening])[] = [
  ...(['tcp', 'udp'] as const).flatMap((protocol) =>
    [0, 9, 10, 19, 20, 30, 65_535].map(
      (dstPort) => [`${protocol}/${String(dstPort)}`, { protocol, dstPort }] as const,
    ),
  ),
  ['sctp/10', { protocol: 'sctp', dstPort: 10 }],
  ['icmp', { protocol: 'icmp' }],
  ['47', { protocol: 'other' }],
];

function rowsAllow(rows: readonly ConnectionRow[], opening: Opening): boolean {
  return rows.some(({ protocol, ports }) => {
    if (protocol === 'any') return true;
    if (protocol !== opening.protocol) return false;
    return ports === '*' || holds(parseTraffic(`${protocol}/${ports}`), opening);
  });
}

function connectionsOf(lane: Lane, { state, moment }: Known): ConnectionRow[] {
  return lane === 'intended'
    ? intendedConnections(state, moment.time)
    : appliedConnections(state, moment.time);
}

/** A random history, now and then with a tenant in quarantine. */
function known(seed: number, lane: Lane): Known {
  const dice = new Dice(seed);
  const { history } = randomTale(dice);
  for (const tenant of dice.some(['a', 'b'], 0.15))
    history.record({ type: 'TenantQuarantined', data: { tenant } });
  return knownAfter(history, lane);
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test.for(lanes)(
  'every verdict in lane %s is what connections lists, and every denial names what is missing',
  (lane) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const estate = known(seed, lane);
        const rows = connectionsOf(lane, estate);
        const ends = new Authorisation(estate.state.documents, estate.moment.time).ends();
        for (const from of ends) {
          for (const to of ends.filter((end) => end !== from)) {
            const own = rows.filter((row) => row.from === from && row.to === to);
            for (const [text, opening] of samples) {
              const [answer, ...others] = ask(estate, [from, to, text], lane);
              expectEqual(others, []);
              expectEqual(answer?.verdict, rowsAllow(own, opening) ? 'allowed' : 'denied');
              requireReasons(answer);
            }
          }
        }
      }),
      { numRuns: runsOfMany },
    );
  },
);

function requireReasons(answer: Answer | undefined): void {
  if (answer === undefined) throw new Error('no answer');
  const { verdict, intended, given, missing, certain } = answer;
  if (verdict === 'denied' || intended === 'denied' || !certain) expectEqual(missing.length > 0, true);
  if (intended === 'allowed') expectEqual(given.length > 0, true);
  if (certain) expectEqual(missing, []);
  expectEqual(
    missing.some((one) => one.in === 'documents'),
    intended === 'denied',
  );
}

test('asked about everything at once, the parts make up what connections lists', () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(...lanes), (seed, lane) => {
      const estate = known(seed, lane);
      const rows = connectionsOf(lane, estate);
      const ends = new Authorisation(estate.state.documents, estate.moment.time).ends();
      const pairs = ends.flatMap((from) => ends.filter((end) => end !== from).map((to) => ({ from, to })));
      const answers = answersTo({ pairs, traffic: parseTraffic('any'), lane }, estate);
      for (const { from, to } of pairs) {
        const own = rows.filter((row) => row.from === from && row.to === to);
        const about = answers.filter(({ pairs: of }) =>
          of.some((pair) => pair.from === from && pair.to === to),
        );
        for (const [, opening] of samples) {
          const verdicts = about
            .filter((answer) => holds(trafficIn(answer), opening))
            .map(({ verdict }) => verdict);
          expectEqual(verdicts, [rowsAllow(own, opening) ? 'allowed' : 'denied']);
        }
      }
    }),
    { numRuns: runs },
  );
});

/** The traffic that an answer is about. */
function trafficIn({ traffic }: Answer): Traffic {
  return unionOf(
    traffic.map(({ protocol, ports }) => {
      if (protocol === 'other') return parseTraffic('47');
      return parseTraffic(ports === '*' ? protocol : `${protocol}/${ports}`);
    }),
  );
}

test('the rules that are suggested allow what was denied, where nothing but rules is missing', () => {
  let mended = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const estate = known(seed, 'applied');
      const ends = new Authorisation(estate.state.documents, estate.moment.time).ends();
      const pairs = ends.flatMap((from) => ends.map((to) => ({ from, to })));
      for (const text of ['tcp/10', 'udp/0', 'tcp', 'icmp', '47', 'any']) {
        for (const answer of answersTo({ pairs, traffic: parseTraffic(text), lane: 'intended' }, estate)) {
          if (!onlyRulesAreMissing(answer)) continue;
          mended += 1;
          const before = new Authorisation(estate.state.documents, estate.moment.time);
          expect(answer.pairs.some((pair) => isAllowed(before, pair, answer))).toBe(false);
          const next = withPolicies(estate, policiesWith(answer, estate));
          expect(answer.pairs.every((pair) => isAllowed(next, pair, answer))).toBe(true);
        }
      }
    }),
    { numRuns: runs },
  );
  expect(mended).toBeGreaterThan(runs);
});

function onlyRulesAreMissing({ verdict, missing }: Answer): boolean {
  const kinds = new Set<string>(['no-rule', 'lapsed', 'service-bound']);
  return verdict === 'denied' && missing.every(({ kind }) => kinds.has(kind));
}

function isAllowed(authorisation: Authorisation, pair: Answer['pairs'][number], answer: Answer): boolean {
  return isNothing(subtract(trafficIn(answer), authorisation.between(pair)));
}

function policiesWith({ mends, missing }: Answer, { state }: Known): Map<string, Policy> {
  const policies = new Map(state.documents.policies);
  const extended = (rule: Rule): boolean =>
    mends.some((mend) => mend.kind === 'words' && mend.words.includes(`(${ruleWords(rule)})`));
  for (const { kind, whose, side, rule } of missing) {
    const before = policies.get(whose);
    if (kind !== 'lapsed' || side === undefined || rule === undefined || before === undefined) continue;
    if (!extended(rule)) continue;
    const open = <R extends Rule>(one: R): R => (one.id === rule.id ? { ...one, expires: undefined } : one);
    policies.set(whose, {
      ...before,
      egress: before.egress.map(open),
      ingress: before.ingress.map(open),
    });
  }
  for (const mend of mends) {
    if (mend.kind !== 'rule') continue;
    const before = policies.get(mend.tenant) ?? {
      apiVersion: 'isoledger/v1',
      tenant: mend.tenant,
      egress: [],
      ingress: [],
    };
    const { destination, source } = mend.rule;
    const common = ruleOf(mend.rule);
    if (destination !== undefined)
      policies.set(mend.tenant, { ...before, egress: [...before.egress, { destination, ...common }] });
    if (source !== undefined)
      policies.set(mend.tenant, { ...before, ingress: [...before.ingress, { source, ...common }] });
  }
  return policies;
}

function withPolicies({ state, moment }: Known, policies: ReadonlyMap<string, Policy>): Authorisation {
  const { documents } = state;
  const { tenants, externals, hosts, formerHosts, shards, endpoints, occupants, formerEnds } = documents;
  const { quarantinedTenants, quarantinedEnds } = documents;
  return new Authorisation(
    {
      ...{ tenants, policies, externals, hosts, formerHosts, shards, endpoints, occupants, formerEnds },
      ...{ quarantinedTenants, quarantinedEnds },
    },
    moment.time,
  );
}

/** The rule as an event would hold it. */
function ruleOf({ segment, protocol, ports, guard }: WrittenRule): Omit<EgressRule, 'destination'> {
  const spoken = protocols.find((known) => known === protocol);
  if (spoken === undefined) throw new Error(`no rule can say ${protocol}`);
  return {
    id: idOf({ segment, protocol, ports }),
    protocol: spoken,
    ...(segment === undefined ? {} : { segment }),
    ...(ports === undefined ? {} : { ports: ports.map(rangeOf) }),
    ...(guard === undefined ? {} : { guard }),
  };
}

function rangeOf(text: number | string): Ports[number] {
  const [first = NaN, last = first] = String(text).split('-').map(Number);
  return [first, last];
}
