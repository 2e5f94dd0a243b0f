import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WrittenDocument } from '../../bench/estate/documents.ts';
import { seededRandom } from '../../bench/estate/random.ts';
import { tenantOf } from '../../../events/names.ts';
import { grantBetween, grantsOf, type Grant } from '../../../projections/intended/grants.ts';
import { emptyIntended, foldIntended, type Intended } from '../../../projections/intended/intended.ts';
import { isNothing } from '../../../projections/intended/traffic.ts';
import type { Document } from '../../../events/documents.ts';
import { decide, type Decision } from '../../../src/domain/decide.ts';
import { problemsOf } from '../../oracle/validity.ts';
import { documentsOf, someInstant } from '../../support/documents.ts';
import { ground, groundOfSwitches, inForceAfter, randomFolder, type Folder } from './random-folders.ts';

/** How many random estates; each goes through forty folders. */
const runs = Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 20);

/** A document that concerns everyone and gets in nobody's way: a folder with it is judged without any scope. */
const concernsEveryone = '{ kind: External, external: zz-everyone, cidrs: [192.0.2.0/24] }';

async function parsed(documents: readonly WrittenDocument[]): Promise<Document[]> {
  return documents.length === 0
    ? []
    : documentsOf(documents.map((each) => JSON.stringify(each)).join('\n---\n'));
}

/** What is wrong, without what depends on the order of looking: which of several viewers, and who comes first. */
function problemsIn(decision: Decision): string[] {
  if (decision.kind === 'accepted') return [];
  const texts = decision.problems.map(({ kind, message }) => `${kind} ${inNoOrder(message)}`);
  return [...new Set(texts)].sort();
}

function inNoOrder(message: string): string {
  const held = /both hold (\S+)\./.exec(message);
  if (held !== null) return `somebody sees ${held[1] ?? ''} twice`;
  const claimed = /^(.* is used twice): by /.exec(message);
  if (claimed !== null) return claimed[1] ?? '';
  const named = /^the name stands for (.*): tenants/.exec(message);
  if (named !== null) return `one name for ${(named[1] ?? '').split(' and ').sort().join(' and ')}`;
  return message;
}

/** The events but for that of the document that concerns everyone. */
function eventsIn(decision: Decision): string[] {
  if (decision.kind === 'refused') return [];
  return decision.events
    .map((event) => JSON.stringify(event))
    .filter((text) => !text.includes('zz-everyone'));
}

function textOf(grants: Iterable<Grant>): string[] {
  return Array.from(grants, (grant) => JSON.stringify(grant)).sort();
}

/** Every index and derived name of a state, spelt out. */
function contentsOf({ directory, policies, naming, vniHolders, shardHolders, vnis }: Intended): object {
  const { endpoints, ports, addresses } = directory;
  const all = [...endpoints.values()].flatMap((each) => [...each.values()]);
  const members = <Key>(keys: Iterable<Key>, of: (key: Key) => Iterable<string>): [Key, string[]][] =>
    Array.from(new Set(keys), (key): [Key, string[]] => [key, [...of(key)].sort()]).sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
  const named = [...policies.values()].flatMap(({ egress, ingress }) => [
    ...egress.map(({ destination }) => destination),
    ...ingress.map(({ source }) => source),
  ]);
  return {
    tenants: [...directory.tenants].sort(),
    services: [...directory.services].sort(),
    endpoints: [...endpoints].filter(([, each]) => each.size > 0).sort(),
    policies: [...policies].sort(),
    naming: members(named, (name) => naming.of(name)),
    addresses: members(
      all.flatMap(({ ips }) => ips),
      (ip) => addresses.of(ip),
    ),
    ports: members(
      all.map(({ host, interface: port }) => `${host} ${port}`),
      (port) => ports.of(port),
    ),
    held: members(
      Array.from(vnis.values(), ({ vni }) => vni),
      (vni) => vniHolders.of(vni),
    ).map(([, ends]) => ends.length),
    holders: ['shard-1', 'shard-2'].map((shard) => [...shardHolders.of(shard)].sort()),
  };
}

/** One estate through many folders, each judged in two ways and by the oracle. */
class Walk {
  readonly intended = emptyIntended();
  inForce: ReadonlyMap<string, WrittenDocument> = new Map();
  accepted = 0;
  refused = 0;
  /** What was found wrong on the way, by the first words of it. */
  readonly kindsOfProblem = new Map<string, number>();

  async take(folder: Folder): Promise<void> {
    const documents = await parsed(folder.documents);
    const grounds = {
      at: someInstant,
      intended: this.intended,
      occupied: () => new Set<number>(),
      holds: () => false,
      prune: folder.prune,
    };
    const scoped = decide(documents, grounds);
    const whole = decide([...documents, ...(await documentsOf(concernsEveryone))], grounds);
    const inForce = inForceAfter(this.inForce, folder);
    expect(problemsIn(scoped)).toEqual(problemsIn(whole));
    expect(eventsIn(scoped)).toEqual(eventsIn(whole));
    expect({ folder, refused: scoped.kind === 'refused', why: problemsIn(scoped) }).toEqual({
      folder,
      refused: this.#oracle(inForce).length > 0,
      why: problemsIn(scoped),
    });
    this.#count(scoped);
    if (scoped.kind === 'refused') return;
    for (const event of scoped.events) foldIntended(this.intended, event);
    this.inForce = inForce;
  }

  /** A tenant stays where it was placed, which documents alone do not say. */
  #oracle(inForce: ReadonlyMap<string, WrittenDocument>): string[] {
    const { placements } = this.intended.directory;
    return problemsOf(
      Array.from(inForce.values(), (document) => {
        if (document.kind !== 'Tenant' || document.shard !== undefined) return document;
        const shard = placements.get(document.tenant);
        return shard === undefined ? document : { ...document, shard };
      }),
    );
  }

  #count(decision: Decision): void {
    if (decision.kind === 'accepted') {
      this.accepted += 1;
      return;
    }
    this.refused += 1;
    for (const text of problemsIn(decision)) {
      for (const kind of kindsOfProblem.filter((each) => text.includes(each))) {
        this.kindsOfProblem.set(kind, (this.kindsOfProblem.get(kind) ?? 0) + 1);
      }
    }
  }

  /** The grants of each tenant alone, and those of each pair, are those of everyone. */
  expectScopedGrants(): void {
    const all = [...grantsOf(this.intended, 'always')];
    const holderOf = (end: string): string => tenantOf(end) ?? end;
    for (const tenant of this.intended.directory.tenants.keys()) {
      const own = all.filter(({ from, to }) => holderOf(from) === tenant || holderOf(to) === tenant);
      expect(textOf(grantsOf(this.intended, 'always', new Set([tenant])))).toEqual(textOf(own));
    }
    const ends = new Set(all.flatMap(({ from, to }) => [from, to]));
    for (const from of ends) {
      for (const to of ends) {
        const traffic = grantBetween(this.intended, { from, to }, 'always');
        const found = isNothing(traffic) || from === to ? [] : [{ from, to, traffic }];
        expect(textOf(found)).toEqual(textOf(all.filter((each) => each.from === from && each.to === to)));
      }
    }
  }

  /** All documents in force, applied at once to nothing, come to the same estate. */
  async expectSameFromNothing(): Promise<void> {
    const { placements } = this.intended.directory;
    const documents = (await parsed([...this.inForce.values()])).map((document): Document => {
      if (document.kind !== 'Tenant') return document;
      const shard = placements.get(document.value.tenant);
      return shard === undefined ? document : { ...document, value: { ...document.value, shard } };
    });
    const decision = decide(documents, {
      at: someInstant,
      intended: emptyIntended(),
      occupied: () => new Set(),
      holds: () => false,
    });
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
    expect(textOf(grantsOf(decision.after, 'always'))).toEqual(textOf(grantsOf(this.intended, 'always')));
    // Where a tenant was placed without asking, its document does not say so.
    const unplaced = (contents: object): string =>
      JSON.stringify(contents).replaceAll(/,"shard":"shard-\d"/g, '');
    expect(unplaced(contentsOf(decision.after))).toBe(unplaced(contentsOf(this.intended)));
  }
}

/** What the walks must have met, so that they say something. */
const kindsOfProblem = [
  'somebody sees',
  'is used twice',
  'one name for',
  'is gone from the folder',
  'no longer has',
  'leaves nothing of',
  'names what no document declares',
  'is air-gapped',
  'must carry a guard',
  'endpoints stay on their',
  'interface',
  'which t-',
  'has no mac',
];

describe('a decision that looks only at what a change has to do with', () => {
  it('is the one that looking at everything comes to, and that the oracle comes to', async () => {
    const met = new Map<string, number>();
    const counts = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        const random = seededRandom(seed);
        const walk = new Walk();
        await walk.take({ documents: random.chance(0.4) ? groundOfSwitches : ground });
        for (let step = 0; step < 40; step += 1) {
          const { placements } = walk.intended.directory;
          await walk.take(randomFolder(random, { inForce: walk.inForce, placements }));
        }
        walk.expectScopedGrants();
        await walk.expectSameFromNothing();
        counts.accepted += walk.accepted;
        counts.refused += walk.refused;
        for (const [kind, count] of walk.kindsOfProblem) met.set(kind, (met.get(kind) ?? 0) + count);
      }),
      { numRuns: runs, endOnFailure: true },
    );
    expect(counts.accepted).toBeGreaterThan(runs);
    // A few walks may well miss one kind or another.
    if (runs >= 20) expect([...met.keys()].length).toBeGreaterThan(kindsOfProblem.length - 3);
  });
});
