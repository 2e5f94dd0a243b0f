import type { DomainEvent } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Document } from '../../../events/documents.ts';
import type { Actor } from '../../../events/entry.ts';
import { sync } from '../../../src/apply/drive/sync.ts';
import { enact } from '../../../src/apply/record/enact.ts';
import { setQuarantine, type QuarantineIntent } from '../../../src/apply/record/quarantine.ts';
import type { Quarantinable } from '../../../projections/intended/quarantine.ts';
import type { Estate } from '../../../src/projector/estate-projection.ts';
import { estateProjection } from '../../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import { seededRandom } from '../../bench/estate/random.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { PassingClock } from '../../doubles/passing-clock.ts';
import { seededIds } from '../../simulation/seeded-ids.ts';

/** Who acts, and what for. */
export interface Deed {
  readonly actor?: Actor;
  readonly reason?: string;
  readonly source?: string;
}

export const operator: Actor = { name: 'ada', authenticated: 'os-user', account: 'ada@ledger-1' };
const service: Actor = { name: 'isoledger', authenticated: 'os-user', account: 'isoledger@ledger-1' };

/** An estate in memory that somebody works on: the same ids and times whenever the same is done. */
export class WorkedEstate {
  readonly clock = new PassingClock('2026-03-02T08:00:00.000Z');
  readonly ids = seededIds(seededRandom(14));
  readonly ledger = new MemoryLedger({ clock: this.clock, ids: this.ids });
  readonly overlays = new Map<string, MemoryOverlay>();
  #estate = unfolded(estateProjection);

  overlay(shard: string): MemoryOverlay {
    const known = this.overlays.get(shard) ?? new MemoryOverlay();
    this.overlays.set(shard, known);
    return known;
  }

  /** What is said with each deed: some time passes before it. */
  deed({ actor = operator, reason, source }: Deed = {}): {
    ledger: MemoryLedger;
    clock: PassingClock;
    actor: Actor;
    reason: string | undefined;
    source: string | undefined;
    idempotencyKey: string;
  } {
    this.clock.pass(90_000);
    const { ledger, clock } = this;
    return { ledger, clock, actor, reason, source, idempotencyKey: this.ids(clock.now()) };
  }

  async estate(): Promise<Projected<Estate>> {
    this.#estate = await this.#estate.catchUp(this.ledger);
    return this.#estate;
  }

  /** Has documents judged and recorded, and hosts driven. Throws where they are refused. */
  async apply(documents: readonly Document[], deed: Deed, prune?: 'all'): Promise<void> {
    await this.record(documents, deed, prune);
    await this.drive();
  }

  async record(documents: readonly Document[], deed: Deed, prune?: 'all'): Promise<void> {
    const { decision } = await enact({ ...this.deed(deed), documents, prune }, await this.estate());
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
  }

  /** Drives the hosts of one shard after the other. */
  async drive(timeoutMs = 2_000, past?: Parameters<typeof sync>[0]['past'], only?: string): Promise<void> {
    const { directory } = (await this.estate()).state.intended;
    for (const shard of only === undefined ? directory.shards.keys() : [only]) {
      const { ledger, clock } = this.deed();
      const request = {
        ...{ ledger, clock, actor: service, timeoutMs, past, shards: [shard], reads: 'hosts' as const },
        driverFor: (of: { shard: string }) => this.overlay(of.shard),
        holdRole: () => Promise.resolve({ release: () => Promise.resolve() }),
      };
      await sync(request, await this.estate());
    }
  }

  async quarantine(intent: QuarantineIntent, subject: Quarantinable, reason: string): Promise<void> {
    await setQuarantine({ ...this.deed({ reason }), subject }, intent, await this.estate());
    await this.drive();
  }

  /** Records an event as whoever it comes from does. */
  async say(event: DomainEvent, deed: Deed = {}): Promise<void> {
    const { ledger, actor, reason } = this.deed({ actor: service, ...deed });
    await ledger.append({ events: [draftOf(event)], actor, ...(reason === undefined ? {} : { reason }) });
  }

  async bytes(): Promise<Uint8Array[]> {
    const all: Uint8Array[] = [];
    for await (const { bytes } of this.ledger.read()) all.push(bytes);
    return all;
  }
}
