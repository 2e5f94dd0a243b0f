import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../../events/documents.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import type { Quarantinable } from '../../../projections/intended/quarantine.ts';
import { enact, judge } from '../../../src/apply/record/enact.ts';
import { judgedAt } from '../../../src/ledger/instants.ts';
import { setQuarantine } from '../../../src/apply/record/quarantine.ts';
import { keptEstate } from '../../../src/apply/plan/kept-estate.ts';
import { outlookAfter, outlookOn, type Outlook } from '../../../src/apply/plan/shard-outlook.ts';
import { sync } from '../../../src/apply/drive/sync.ts';
import { deltaOf } from '../../../src/overlay/delta.ts';
import type { Estate } from '../../../src/projector/estate-projection.ts';
import { Projected, unfolded } from '../../../src/projector/projection.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { generateEstate } from '../../bench/estate.ts';
import { ofKind } from '../../bench/estate/documents.ts';
import type { Estate as WrittenEstate } from '../../bench/estate/estate.ts';
import { mutateEstate } from '../../bench/estate/mutate.ts';
import { seededRandom, type Random } from '../../bench/estate/random.ts';
import type { Roles } from '../../../src/roles/port.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { documentsOf } from '../../support/documents.ts';
import { quarantinable } from '../../support/quarantinable.ts';

const actor = { name: 'ada', authenticated: 'asserted' } as const;
/** Between bounds of generated rules, so that some open and some lapse on the way. */
const instants = ['2026-02-01', '2026-03-02', '2026-03-16', '2026-04-02', '2026-07-01', '2036-01-01'];

/** The estate as a file holds it. */
interface Kept extends Pick<Projected<Estate>, 'cursor' | 'recordedAt'> {
  readonly written: string;
}

/** A process that runs on: one estate in memory, brought up to date, and begun anew from what was kept only when it is told to. */
class Running {
  readonly clock = new ManualClock(`${instants[0] ?? ''}T00:00:00.000Z`);
  readonly ledger = new MemoryLedger({ clock: this.clock, ids: randomIds });
  readonly overlays = new Map<string, MemoryOverlay>();
  estate: Projected<Estate> = unfolded(keptEstate);

  async apply(documents: readonly Document[], prune?: 'all'): Promise<void> {
    const { ledger, clock } = this;
    const request = { ledger, clock, documents, actor, prune, idempotencyKey: randomIds(clock.now()) };
    const { decision, estate } = await enact(request, this.estate);
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems, undefined, 1));
    this.estate = estate;
  }

  async quarantine(subject: Quarantinable, intent: 'quarantine' | 'release'): Promise<void> {
    const { ledger, clock } = this;
    const request = { ledger, clock, actor, subject, idempotencyKey: randomIds(clock.now()) };
    ({ estate: this.estate } = await setQuarantine(request, intent, this.estate));
  }

  async sync(): Promise<void> {
    const { ledger, clock } = this;
    const driverFor = ({ shard }: { shard: string }): MemoryOverlay => {
      const overlay = this.overlays.get(shard) ?? new MemoryOverlay();
      this.overlays.set(shard, overlay);
      return overlay;
    };
    const holdRole: Roles['hold'] = () => Promise.resolve({ release: () => Promise.resolve() });
    const request = { ledger, clock, actor, driverFor, holdRole, reads: 'hosts', timeoutMs: 0 } as const;
    ({ estate: this.estate } = await sync(request, this.estate));
  }

  keep(): Kept {
    const { state, cursor, recordedAt } = this.estate;
    return { cursor, recordedAt, written: JSON.stringify(keptEstate.save(state, recordedAt)) };
  }

  /** Ends, and another process goes on from what was kept. */
  async restart({ written, ...place }: Kept): Promise<void> {
    const state = keptEstate.load(JSON.parse(written));
    this.estate = await new Projected(keptEstate, { state, ...place }).catchUp(this.ledger);
  }

  get at(): string {
    return judgedAt(this.clock.now(), this.estate.recordedAt);
  }

  /** That what is kept says what working it out anew says. */
  expectExact(): void {
    const { intended } = this.estate.state;
    for (const shard of [...intended.directory.shards.keys(), 'nowhere']) {
      const objects = desiredObjects(intended, { shard, at: this.at });
      this.expectSame(outlookOn(this.estate.state, { shard, at: this.at }), { shard, objects });
    }
  }

  expectSame(
    { delta }: Outlook,
    { shard, objects }: { shard: string; objects: ReturnType<typeof desiredObjects> },
  ): void {
    const planned = appliedShard(this.estate.state.applied, shard);
    expect(delta).toEqual(deltaOf(planned.objects, objects));
  }
}

function documentsOfEstate({ documents }: Pick<WrittenEstate, 'documents'>): Promise<Document[]> {
  return documentsOf(documents.map((document) => JSON.stringify(document)).join('\n---\n'));
}

/** One random thing that happens, whose outcome is looked at before it is recorded where it is a change of documents. */
async function happen(running: Running, { estate, random }: { estate: WrittenEstate; random: Random }) {
  if (random.chance(0.3)) {
    const subject = random.pick(quarantinable(estate.documents));
    await running.quarantine(subject, random.chance(0.6) ? 'quarantine' : 'release');
  }
  if (random.chance(0.3)) running.clock.set(`${random.pick(instants)}T00:00:00.000Z`);
  if (random.chance(0.3)) await running.sync();
  const { estate: next, document } = mutateEstate(estate, random.below(2 ** 31));
  const whole = random.chance(0.2);
  const gone = random.pick(ofKind(next.documents, 'Policy'));
  const kept = whole ? next.documents.filter((each) => each !== gone) : [document];
  const documents = await documentsOfEstate({ documents: kept });
  expectForeseen(running, documents, whole ? 'all' : undefined);
  await running.apply(documents, whole ? 'all' : undefined);
  return { ...next, documents: next.documents.filter((each) => !whole || each !== gone) };
}

/** That what is foreseen of documents is what they would come to, while nothing of what is kept changes. */
function expectForeseen(running: Running, documents: readonly Document[], prune: 'all' | undefined): void {
  const { state } = running.estate;
  const decision = judge({ documents, prune }, state, running.at);
  if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems, undefined, 1));
  for (const shard of decision.after.directory.shards.keys()) {
    const objects = desiredObjects(decision.after, { shard, at: running.at });
    running.expectSame(outlookAfter(state, decision, { shard, at: running.at }), { shard, objects });
  }
  running.expectExact();
}

describe('what a shard is to hold, kept from change to change', () => {
  it('is what working it out anew gives, whatever happens in between, and what was foreseen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        const random = seededRandom(seed);
        let estate = generateEstate({ seed, tenants: 8, rulesPerTenant: 4 });
        const running = new Running();
        running.expectExact();
        await running.apply(await documentsOfEstate(estate));
        let kept = running.keep();
        for (let step = 0; step < 6; step += 1) {
          running.expectExact();
          estate = await happen(running, { estate, random });
          if (random.chance(0.3)) kept = running.keep();
          if (random.chance(0.3)) await running.sync();
          if (random.chance(0.5)) await running.restart(kept);
        }
        running.expectExact();
      }),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 12) },
    );
  });

  it('goes on from what was kept, and translates nothing anew', async () => {
    const running = new Running();
    const written = generateEstate({ seed: 3, tenants: 8, rulesPerTenant: 4 });
    await running.apply(await documentsOfEstate(written));
    expect(running.keep().written).toContain('"desired":[]');
    await running.sync();
    const kept = running.keep();
    expect(kept.written).toMatch(/"desired":\[\["shard-1",\{"at":"\S+","put":\[\],"removed":\[\]\}\]/);
    await running.restart(kept);
    running.estate.state.intended.policies.clear();
    const { delta } = outlookOn(running.estate.state, { shard: 'shard-1', at: running.at });
    expect(delta).toEqual({ put: [], removed: [] });
  });
});
