import { describe, expect, it } from 'vitest';
import type { Document } from '../../../events/documents.ts';
import { decodeEntry } from '../../../events/codec/decode.ts';
import { appliedShard, emptyApplied, foldApplied } from '../../../projections/applied/applied.ts';
import { emptyIntended, foldIntended } from '../../../projections/intended/intended.ts';
import { enact } from '../../../src/apply/record/enact.ts';
import { setQuarantine, type QuarantineIntent } from '../../../src/apply/record/quarantine.ts';
import { sync } from '../../../src/apply/drive/sync.ts';
import type { AppendRequest, AppendResult } from '../../../src/ledger/port.ts';
import { estateProjection } from '../../../src/projector/estate-projection.ts';
import { unfolded } from '../../../src/projector/projection.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { seededRandom, type Random } from '../../bench/estate/random.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { PassingClock } from '../../doubles/passing-clock.ts';
import { documentsOf } from '../../support/documents.ts';
import { openPairs } from '../../support/open-pairs.ts';
import { actor, held } from '../../support/stage.ts';

const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
console.info(`overtaken: ISOLEDGER_TEST_SEED=${String(seed)}`);

const tenants = ['a', 'b', 'c'] as const;
const shard = 'shard-1';
const hosts = ['h1', 'h2'] as const;

const ground = [
  `{ kind: Shard, shard: ${shard}, vnis: { from: 100, to: 199 } }`,
  ...hosts.map(
    (host, at) => `{ kind: Host, host: ${host}, shard: ${shard}, tunnelIp: 172.31.0.${String(at + 1)} }`,
  ),
  ...tenants.map((tenant) => `{ kind: Tenant, tenant: ${tenant}, shard: ${shard}, segments: [s] }`),
].join('\n---\n');

/** By tenant: nobody, somebody at one place or at the other, at both. */
const endpointsOf = tenants.map((tenant, at) =>
  [[], [0], [1], [0, 1]].map((present) => {
    const list = present.map(
      (index) =>
        `{ name: e${String(index)}, segment: s, ip: 10.0.${String(at)}.${String(index + 1)}, mac: '02:00:00:00:0${String(at)}:0${String(index)}', host: ${hosts[index] ?? ''}, interface: ${tenant}${String(index)} }`,
    );
    return `{ kind: Endpoints, tenant: ${tenant}, endpoints: [${list.join(', ')}] }`;
  }),
);

/** Everything that one of the documents is changed to. */
function variants(): string[] {
  return tenants.flatMap((tenant, at) => {
    const others = tenants.filter((other) => other !== tenant);
    const rules = (way: 'destination' | 'source', peers: readonly string[], port: number): string =>
      peers
        .map(
          (peer) => `{ ${way}: ${peer}/s, segment: s, ports: [${String(port)}], protocol: tcp, guard: T-1 }`,
        )
        .join(', ');
    const peers = [[], others, ...others.map((other) => [other])];
    const policies = peers.flatMap((out) =>
      peers.flatMap((into) =>
        [80, 443].map(
          (port) =>
            `{ kind: Policy, tenant: ${tenant}, egress: [${rules('destination', out, port)}], ingress: [${rules('source', into, port)}] }`,
        ),
      ),
    );
    return [...policies, ...(endpointsOf[at] ?? [])];
  });
}

/** A ledger in which others record something just before an event of some kinds. */
class OvertakingLedger extends MemoryLedger {
  overtake: () => Promise<void> = () => Promise.resolve();
  attempts = 0;
  readonly #kinds = /^(ChangePlanned|GrantLapsed)$/;
  #isIn = false;

  override async append(request: AppendRequest): Promise<AppendResult> {
    if (!this.#isIn && request.events.some(({ type }) => this.#kinds.test(type))) {
      this.attempts += 1;
      this.#isIn = true;
      try {
        await this.overtake();
      } finally {
        this.#isIn = false;
      }
    }
    return super.append(request);
  }
}

class Town {
  readonly clock = new PassingClock();
  readonly ledger = new OvertakingLedger({ clock: this.clock, ids: randomIds });
  readonly overlay = new MemoryOverlay();

  async apply(documents: readonly Document[]): Promise<void> {
    const { ledger, clock } = this;
    const request = { ledger, clock, documents, actor, idempotencyKey: randomIds(clock.now()) };
    const { decision } = await enact(request, unfolded(estateProjection));
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems, undefined, 1));
  }

  async quarantine(name: string, intent: QuarantineIntent): Promise<void> {
    const { ledger, clock } = this;
    const request = { ledger, clock, actor, idempotencyKey: randomIds(clock.now()) };
    await setQuarantine(
      { ...request, subject: { kind: 'tenant', name } },
      intent,
      unfolded(estateProjection),
    );
  }

  async sync(only?: 'cuts'): Promise<void> {
    const { ledger, clock, overlay } = this;
    const base = { ledger, clock, actor, driverFor: () => overlay, holdRole: held };
    await sync({ ...base, reads: 'marks', timeoutMs: 2_000, only }, unfolded(estateProjection));
  }

  /** What the set that was planned last lets open. */
  async openNow(): Promise<Set<string>> {
    const applied = emptyApplied();
    for await (const stored of this.ledger.read()) foldApplied(applied, decodeEntry(stored));
    return openPairs([...appliedShard(applied, shard).objects.values()]);
  }

  /** What each plan opened that the estate of the moment of its record does not allow. */
  async reopened(): Promise<string[]> {
    const intended = emptyIntended();
    const applied = emptyApplied();
    const found: string[] = [];
    for await (const stored of this.ledger.read()) {
      const entry = decodeEntry(stored);
      const before = openPairs([...appliedShard(applied, shard).objects.values()]);
      foldApplied(applied, entry);
      if (entry.type !== 'ChangePlanned') {
        foldIntended(intended, entry);
        continue;
      }
      const opened = openPairs([...appliedShard(applied, shard).objects.values()]).difference(before);
      const allowed = openPairs(desiredObjects(intended, { shard, at: entry.recordedAt }));
      found.push(
        ...[...opened.difference(allowed)].map((pair) => `plan ${String(entry.data.plan)}: ${pair}`),
      );
    }
    return found;
  }
}

async function somethingChanges(
  town: Town,
  { random, choices }: { random: Random; choices: readonly Document[] },
): Promise<void> {
  if (random.chance(0.4))
    await town.quarantine(random.pick(tenants), random.pick<QuarantineIntent>(['quarantine', 'release']));
  else await town.apply([random.pick(choices)]);
}

const policyOf = (tenant: string, rest: string): string => `{ kind: Policy, tenant: ${tenant}, ${rest} }`;
const open = {
  a: policyOf(
    'a',
    'egress: [{ destination: b/s, segment: s, ports: [80], protocol: tcp, guard: T-1 }], ingress: []',
  ),
  b: policyOf(
    'b',
    'egress: [], ingress: [{ source: a/s, segment: s, ports: [80], protocol: tcp, guard: T-1 }]',
  ),
};

async function townWith(...documents: readonly string[]): Promise<Town> {
  const town = new Town();
  await town.apply(await documentsOf([ground, ...documents].join('\n---\n')));
  return town;
}

/** Lets a tenant change one of its documents to and fro, once at each call. */
async function changing(town: Town, texts: readonly [string, string]): Promise<() => Promise<void>> {
  const documents = await Promise.all(texts.map(documentsOf));
  let turns = 0;
  return async () => {
    await town.apply(documents[turns % 2] ?? []);
    turns += 1;
  };
}

describe('a plan that others overtake', () => {
  it('opens nothing that was taken back before it was recorded', async () => {
    const choices = (await Promise.all(variants().map(documentsOf))).flat();
    const random = seededRandom(seed);
    let overtaken = 0;
    for (let world = 0; world < 20; world += 1) {
      const town = await townWith();
      for (let step = 0; step < 8; step += 1) {
        town.ledger.overtake = async () => {
          if (!random.chance(0.7)) return;
          overtaken += 1;
          await somethingChanges(town, { random, choices });
        };
        for (let changes = random.below(4); changes >= 0; changes -= 1)
          await somethingChanges(town, { random, choices });
        await town.sync();
      }
      expect(await town.reopened()).toEqual([]);
    }
    expect(overtaken).toBeGreaterThan(40);
  }, 60_000);

  const closed = policyOf('b', 'egress: [], ingress: []');
  const [, one = '', , both = ''] = endpointsOf[0] ?? [];
  const [, seatB = ''] = endpointsOf[1] ?? [];

  it.each<{ what: string; before: string[]; change: (town: Town) => Promise<void> }>([
    {
      what: 'a rule',
      before: [one, open.b],
      change: async (town) => town.apply(await documentsOf(open.a)),
    },
    {
      what: 'another endpoint',
      before: [one, open.a, open.b],
      change: async (town) => town.apply(await documentsOf(both)),
    },
    {
      what: 'the end of a quarantine',
      before: [one, open.a, open.b],
      change: async (town) => {
        await town.quarantine('a', 'quarantine');
        await town.sync();
        await town.quarantine('a', 'release');
      },
    },
  ])('opens nothing to a peer that took its consent back: by $what', async ({ before, change }) => {
    const town = await townWith(seatB, ...before);
    await town.sync();
    await change(town);
    let turns = 0;
    town.ledger.overtake = async () => {
      turns += 1;
      if (turns === 1) await town.apply(await documentsOf(closed));
    };
    await town.sync();
    expect(turns).toBeGreaterThan(0);
    expect(await town.reopened()).toEqual([]);
  });

  const seats = endpointsOf.map((documents) => documents.at(-1) ?? '');

  it('is recorded at once though a tenant changes each time that it does not concern', async () => {
    const town = await townWith(...seats, open.a, open.b);
    town.ledger.overtake = await changing(town, [policyOf('c', 'egress: []'), policyOf('c', 'ingress: []')]);
    await town.sync();
    const attempts = town.ledger.attempts;
    const wider = policyOf(
      'a',
      'egress: [{ destination: b/s, segment: s, ports: [80], protocol: tcp, guard: T-1 }], ingress: [{ source: b/s, segment: s, ports: [80], protocol: tcp, guard: T-1 }]',
    );
    await town.apply(await documentsOf(wider));
    await town.apply(
      await documentsOf(
        policyOf(
          'b',
          'egress: [{ destination: a/s, segment: s, ports: [80], protocol: tcp, guard: T-1 }], ingress: []',
        ),
      ),
    );
    await town.sync();
    // What was taken back is a plan of its own.
    expect(town.ledger.attempts - attempts).toBe(2);
  });

  it('is recorded at once where it only takes away, though everybody changes each time', async () => {
    const town = await townWith(...seats, open.a, open.b);
    await town.sync();
    const before = town.ledger.attempts;
    town.ledger.overtake = await changing(town, [policyOf('a', 'egress: []'), open.a]);
    await town.quarantine('a', 'quarantine');
    await town.sync('cuts');
    expect(town.ledger.attempts - before).toBe(1);
    expect([...(await town.openNow())].filter((pair) => pair.includes('a/'))).toEqual([]);
  });

  it('holds up no quarantine where the time of a rule is over', async () => {
    const until = policyOf(
      'a',
      'egress: [{ destination: b/s, segment: s, ports: [80], protocol: tcp, guard: T-1, expires: "2036-06-01T00:00:00Z" }], ingress: []',
    );
    const town = await townWith(...seats, until, open.b);
    town.clock.set('2036-07-01T00:00:00.000Z');
    town.ledger.overtake = await changing(town, [policyOf('c', 'egress: []'), policyOf('c', 'ingress: []')]);
    await town.quarantine('c', 'quarantine');
    expect(town.ledger.attempts).toBe(1);
  });
});
