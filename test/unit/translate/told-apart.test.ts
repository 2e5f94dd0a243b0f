import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { digestOfObjects, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { putEndpoints } from '../../../projections/directory/directory.ts';
import { copyIntended, putPolicy, type Intended } from '../../../projections/intended/intended.ts';
import { grantName } from '../../../src/translate/contributions.ts';
import { ShardTranslation } from '../../../src/translate/shard-translation.ts';
import { tellApart } from '../../../src/translate/told-apart.ts';
import { generateEstate } from '../../bench/estate.ts';
import { seededRandom } from '../../bench/estate/random.ts';
import { estateOf } from '../../support/documents.ts';

const at = '2026-03-01T12:00:00.000Z';

/** Few tenants that say much to one another, over hosts of which some carry one of them alone. */
function crowded(seed: number): Promise<Intended> {
  const { documents } = generateEstate({ seed, tenants: 5, rulesPerTenant: 12, hostsPerShard: 6 });
  return estateOf(documents.map((document) => JSON.stringify(document)).join('\n---\n'));
}

/** The estate after something of a tenant went: its policy, its endpoints, its freedom or its quarantine. */
function without(before: Intended, tenant: string, what: number): Intended {
  const after = copyIntended(before);
  if (what === 0) putPolicy(after, tenant, undefined);
  else if (what === 1) putEndpoints(after.directory, tenant, new Map());
  else if (!after.quarantine.tenants.delete(tenant)) after.quarantine.tenants.add(tenant);
  return after;
}

/** What is there of the shard is told apart, so that it can be followed as if it had been translated. */
function expectFollowed(
  estates: readonly Intended[],
  { shard, touched }: { shard: string; touched: string[] },
) {
  const [intended, ...later] = estates;
  if (intended === undefined) throw new Error('no estate');
  const objects = objectsByKey(ShardTranslation.of(shard, { intended, at }).objects());
  const { hosts } = intended.directory;
  const told = ShardTranslation.thatCameTo(objects, { shard, hosts });
  for (const [index, after] of later.entries()) {
    told?.follow({ intended: after, at }, new Set([touched[index] ?? '']));
    const anew = ShardTranslation.of(shard, { intended: after, at });
    expect(digestOfObjects(told?.objects() ?? [])).toBe(digestOfObjects(anew.objects()));
  }
}

describe('a set of a shard told apart by its contributors', () => {
  let estates: Intended[] = [];
  beforeAll(async () => {
    estates = await Promise.all([1, 2, 3, 4].map(crowded));
  });

  it('leads on as its translation would, whoever leaves it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.nat(), (nth, seed) => {
        const random = seededRandom(seed);
        const first = estates[nth];
        if (first === undefined) throw new Error('no estate');
        const touched = Array.from({ length: 4 }, () => random.pick([...first.directory.tenants.keys()]));
        const later = [without(first, random.pick(touched), 2)];
        for (const tenant of touched) later.push(without(later.at(-1) ?? first, tenant, random.below(3)));
        for (const shard of first.directory.shards.keys()) expectFollowed(later, { shard, touched });
      }),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 100) },
    );
  });

  it('has the keys of the set', async () => {
    const intended = await crowded(5);
    const { hosts } = intended.directory;
    const objects = objectsByKey(ShardTranslation.of('shard-1', { intended, at }).objects());
    const told = tellApart(objects, (host) => hosts.get(host)?.shard === 'shard-1');
    expect(told?.contributed.objects.size).toBe(objects.size);
    expect(told?.contributed.contributedBy(grantName('nobody/web nobody/app'))).toEqual([]);
    const translation = ShardTranslation.thatCameTo(objects, { shard: 'shard-1', hosts });
    expect([...(translation?.keys() ?? [])]).toEqual([...objects.keys()]);
  });

  it('cannot be told where two ends have one VNI, or an end has two', () => {
    const one: OverlayObject = { kind: 'network', vni: 7, segment: 'a/web' };
    const told = (segment: string, vni: number): unknown =>
      tellApart(objectsByKey([one, { kind: 'network', vni, segment }]), () => false);
    expect([told('b/web', 7), told('a/web', 8)]).toEqual([undefined, undefined]);
    expect(told('b/web', 8)).toBeDefined();
    const twice = objectsByKey([one, { ...one, segment: 'b/web' }]);
    expect(ShardTranslation.thatCameTo(twice, { shard: 'shard-1', hosts: new Map() })).toBeUndefined();
  });
});
