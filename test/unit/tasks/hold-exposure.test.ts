import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../../events/documents.ts';
import type { Shard } from '../../../events/estate.ts';
import type { PastState } from '../../../src/apply/plan/course.ts';
import { sync } from '../../../src/apply/drive/sync.ts';
import { enact } from '../../../src/apply/record/enact.ts';
import { estateAt, holdShard, pastState, vniClashes } from '../../../src/apply/record/hold.ts';
import { setQuarantine } from '../../../src/apply/record/quarantine.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import type { Roles } from '../../../src/roles/port.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { holdExposure } from '../../../src/tasks/hold-exposure.ts';
import { verify } from '../../../src/verify/verify.ts';
import { generateEstate } from '../../bench/estate.ts';
import { ofKind, type WrittenDocument } from '../../bench/estate/documents.ts';
import { mutateEstate } from '../../bench/estate/mutate.ts';
import { seededRandom } from '../../bench/estate/random.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { documentsOf } from '../../support/documents.ts';

const actor = { name: 'ada', authenticated: 'asserted' } as const;
const holdRole: Roles['hold'] = () => Promise.resolve({ release: () => Promise.resolve() });

/** A ledger with an applier and its hosts, all in memory. */
class Running {
  readonly clock = new ManualClock();
  readonly ledger = new MemoryLedger({ clock: this.clock, ids: randomIds });
  readonly overlays = new Map<string, MemoryOverlay>();
  estate: Projected<Estate> = unfolded(estateProjection);

  get request(): { ledger: MemoryLedger; clock: ManualClock; actor: typeof actor; idempotencyKey: string } {
    const { ledger, clock } = this;
    return { ledger, clock, actor, idempotencyKey: randomIds(clock.now()) };
  }

  async apply(documents: readonly Document[]): Promise<void> {
    const { decision, estate } = await enact({ ...this.request, documents }, this.estate);
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems, undefined, 1));
    this.estate = estate;
  }

  async quarantine(name: string): Promise<void> {
    const subject = { kind: 'tenant', name } as const;
    ({ estate: this.estate } = await setQuarantine({ ...this.request, subject }, 'quarantine', this.estate));
  }

  async sync(how: { shards?: string[]; past?: PastState } = {}): Promise<void> {
    const driverFor = ({ shard }: { shard: string }): MemoryOverlay => {
      const overlay = this.overlays.get(shard) ?? new MemoryOverlay();
      this.overlays.set(shard, overlay);
      return overlay;
    };
    const request = { ...this.request, driverFor, holdRole, reads: 'hosts', timeoutMs: 0, ...how } as const;
    ({ estate: this.estate } = await sync(request, this.estate));
  }

  async hold(shard: string, past: PastState): Promise<void> {
    const hold = {
      seq: past.seq,
      time: past.time,
      size: this.estate.cursor.size,
      acceptedExposure: undefined,
    };
    const held = await holdShard({ ...this.request, shard }, hold, this.estate);
    expect(held.isCurrent).toBe(true);
    this.estate = held.estate;
    await this.sync({ shards: [shard], past });
  }

  /** Between which ends the verifier finds that hosts may let through more than is authorised. */
  async exposed(): Promise<Set<string>> {
    const { ledger, clock } = this;
    const { findings } = await verify(ledger, { at: { kind: 'now' }, lane: 'applied', clock });
    const beyond = findings.filter(({ kind }) => kind !== 'missing' && kind !== 'classification');
    return new Set(beyond.map(({ from, to }) => `${from} ${to}`));
  }
}

function read(documents: readonly WrittenDocument[]): Promise<Document[]> {
  return documentsOf(documents.map((document) => JSON.stringify(document)).join('\n---\n'));
}

/** Changes the estate, drives every shard, and holds one at what it was before: returns whether that opened anything. */
async function liveThrough(seed: number): Promise<'opened' | 'opened nothing' | 'a VNI changed hands'> {
  const random = seededRandom(seed);
  let estate = generateEstate({ seed, tenants: 6, rulesPerTenant: 4, shards: 2 });
  const running = new Running();
  await running.apply(await read(estate.documents));
  await running.sync();
  const { size } = await running.ledger.head();
  for (let step = 0; step < 5; step += 1) {
    const { estate: next, document } = mutateEstate(estate, random.below(2 ** 31));
    await running.apply(await read([document]));
    estate = next;
  }
  if (random.chance(0.3)) await running.quarantine(random.pick(ofKind(estate.documents, 'Tenant')).tenant);
  await running.sync();
  expect(await running.exposed()).toEqual(new Set());
  const then = await estateAt(running.ledger, { kind: 'seq', seq: size - 1 });
  if (then === undefined) throw new Error('the ledger has lost an entry');
  const shard: Shard = random.pick([...running.estate.state.intended.directory.shards.values()]);
  const past = pastState(shard.shard, then);
  if (vniClashes(past, running.estate.state.intended).length > 0) return 'a VNI changed hands';
  const rows = await holdExposure(running, { shard, past, estate: running.estate });
  await running.hold(shard.shard, past);
  expect(new Set(rows.map(({ from, to }) => `${from} ${to}`))).toEqual(await running.exposed());
  return rows.length > 0 ? 'opened' : 'opened nothing';
}

describe('what a hold would open', () => {
  it('is what the verifier finds once the shard is held there, and nothing else', async () => {
    const met = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        met.add(await liveThrough(seed));
      }),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 12) },
    );
    // Few random runs may open nothing at all: then go on with known ones until one does.
    for (let seed = 0; !met.has('opened') && seed < 100; seed += 1) met.add(await liveThrough(seed));
    expect(met).toContain('opened');
  });

  it('is nothing for a shard without a plan and without objects', async () => {
    const running = new Running();
    await running.apply(await documentsOf('{ kind: Shard, shard: s, vnis: { from: 1, to: 9 } }'));
    const shard = running.estate.state.intended.directory.shards.get('s');
    if (shard === undefined) throw new Error('no shard');
    const past = { seq: -1, time: running.clock.now(), objects: [] };
    expect(await holdExposure(running, { shard, past, estate: running.estate })).toEqual([]);
  });
});
