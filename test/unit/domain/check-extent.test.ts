import { describe, expect, it } from 'vitest';
import { decideOn, estateOf } from '../../support/documents.ts';

const shard = '{ kind: Shard, shard: s, vnis: { from: 1, to: 9999 } }';
const segments = (count: number): string =>
  Array.from({ length: count }, (_, index) => `s${index}`).join(', ');
const tenant = (name: string, count: number): string =>
  `{ kind: Tenant, tenant: ${name}, intraTenant: segments, segments: [${segments(count)}], services: [{ name: ${name}-api, segment: s0 }] }`;
const policy = (name: string, rules: string): string => `{ kind: Policy, tenant: ${name}, ${rules} }`;
const ports = (count: number, end: string): string =>
  Array.from({ length: count }, (_, index) => `{ ${end}, ports: [${index + 1}] }`).join(', ');

/** What is refused of an estate that begins with two tenants of so many segments; after another estate, if one is given. */
async function refused(documents: readonly string[], before?: readonly string[]): Promise<string[]> {
  const intended = before === undefined ? {} : { intended: await estateOf(before.join('\n---\n')) };
  const decision = await decideOn(documents.join('\n---\n'), intended);
  if (decision.kind === 'accepted') return [];
  return decision.problems.map(
    ({ kind, at, message }) =>
      `${kind} ${at.kind} ${at.name} ${at.path.join('.')}: ${message.slice(0, message.indexOf(', a pair'))}`,
  );
}

describe('the pairs of ends that rules speak of', () => {
  it('are counted for each rule, on either side, and may be 100,000', async () => {
    const estate = (rules: number): string[] => [
      ...[shard, tenant('a', 10), tenant('b', 250)],
      policy('a', `egress: [${ports(rules, 'destination: b')}]`),
      policy('b', `ingress: [${ports(rules, 'source: a')}]`),
    ];
    expect(await refused(estate(41))).toEqual([
      'input Policy a egress: the egress rules of a to b speak of 102500 pairs of ends',
      'input Policy b ingress: the ingress rules of b from a speak of 102500 pairs of ends',
    ]);
    const whole = (last: number): string[] => [
      ...[shard, tenant('a', 400), tenant('b', 250)],
      policy('a', `egress: [{ destination: b }]`),
      policy('b', `ingress: [${ports(last, 'source: "*", segment: s1')}]`),
    ];
    expect(await refused(whole(1))).toEqual([]);
  });

  it('are few where rules are narrowed, name services or externals', async () => {
    const external = '{ kind: External, external: x, cidrs: [198.51.100.0/24] }';
    const estate = [shard, external, tenant('a', 500), tenant('b', 500)];
    const narrow = policy(
      'a',
      'egress: [{ destination: b, segment: s1 }, { destination: b-api }, { destination: x }]',
    );
    expect(await refused([...estate, narrow])).toEqual([]);
    const many = policy('a', `egress: [${ports(201, 'destination: x')}]`);
    expect(await refused([...estate, many])).toEqual([
      'input Policy a egress: the egress rules of a to x speak of 100500 pairs of ends',
    ]);
    expect(
      await refused([...estate, policy('a', 'ingress: [{ source: b/s1 }, { source: nobody }]')]),
    ).toEqual([expect.stringContaining('input Policy a')]);
  });

  it('are none of names that nobody has, and of tenants that are not there', async () => {
    const estate = [shard, tenant('a', 500), tenant('b', 500)];
    const ghost = policy(
      'ghost',
      'egress: [{ destination: a }, { destination: nobody }], ingress: [{ source: "*" }]',
    );
    const problems = await refused([...estate, ghost, policy('b', 'egress: [{ destination: nobody }]')]);
    expect(problems.every((problem) => !problem.includes('pairs of ends'))).toBe(true);
    const caller = policy('b', 'egress: [{ destination: nobody }, { destination: ghost }]');
    expect(await refused([...estate, ghost, caller])).not.toEqual([]);
  });

  it('count a rule for everyone for each tenant that names this one, whichever of the two grows', async () => {
    const everyone = policy('a', 'ingress: [{ source: "*" }]');
    const caller = policy('b', 'egress: [{ destination: a/s0 }]');
    const small = [shard, tenant('a', 250), tenant('b', 400), tenant('c', 500), everyone, caller];
    expect(await refused(small)).toEqual([]);
    const tooMany = 'the ingress rules of a from b speak of';
    expect(await refused([tenant('b', 401)], small)).toEqual([
      `input Tenant b segments: ${tooMany} 100250 pairs of ends`,
    ]);
    expect(await refused([tenant('a', 251)], small)).toEqual([
      `input Tenant a segments: ${tooMany} 100400 pairs of ends`,
    ]);
    expect(
      await refused([policy('c', 'egress: [{ destination: a-api }], ingress: [{ source: a/s1 }]')], small),
    ).toEqual([expect.stringContaining('the ingress rules of a from c speak of 125000 pairs')]);
    expect(await refused([policy('c', 'ingress: [{ source: a/s1 }]')], small)).toEqual([]);
  });
});
