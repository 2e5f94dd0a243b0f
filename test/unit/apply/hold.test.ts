import { describe, expect, it } from 'vitest';
import { decodeEntry } from '../../../events/codec/decode.ts';
import { enact } from '../../../src/apply/record/enact.ts';
import { holdShard, type HoldLookedAt } from '../../../src/apply/record/hold.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { documentsOf, town } from '../../support/documents.ts';

class Stage {
  readonly clock = new ManualClock();
  readonly ledger = new MemoryLedger({ clock: this.clock, ids: randomIds });
  readonly actor = { name: 'ada', authenticated: 'asserted' } as const;
  estate: Projected<Estate> = unfolded(estateProjection);

  async enact(yaml: string): Promise<void> {
    const { ledger, clock, actor } = this;
    const idempotencyKey = randomIds(clock.now());
    const request = { ledger, clock, actor, documents: await documentsOf(yaml), idempotencyKey };
    ({ estate: this.estate } = await enact(request, this.estate));
  }

  async hold(hold: Partial<HoldLookedAt>): Promise<boolean> {
    const { ledger, actor, clock } = this;
    const request = { ledger, actor, shard: 'shard-1', idempotencyKey: randomIds(clock.now()) };
    const size = this.estate.cursor.size;
    const whole = { seq: 0, time: clock.now(), size, acceptedExposure: undefined, ...hold };
    const { isCurrent, estate } = await holdShard(request, whole, this.estate);
    this.estate = estate;
    return isCurrent;
  }

  async holds(): Promise<object[]> {
    const holds: object[] = [];
    for await (const stored of this.ledger.read()) {
      const entry = decodeEntry(stored);
      if (entry.type === 'ShardHeld') holds.push(entry.data);
    }
    return holds;
  }
}

describe('holding a shard', () => {
  it('keeps how much that opens, where it opens anything', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const time = stage.clock.now();
    expect(await stage.hold({ acceptedExposure: 3 })).toBe(true);
    expect(await stage.hold({ seq: 1 })).toBe(true);
    expect(await stage.holds()).toEqual([
      { shard: 'shard-1', seq: 0, time, acceptedExposure: 3 },
      { shard: 'shard-1', seq: 1, time },
    ]);
  });

  it('records nothing where something was recorded since it was looked at', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const { size } = stage.estate.cursor;
    await stage.enact('{ kind: Tenant, tenant: late, segments: [one] }');
    expect(await stage.hold({ size })).toBe(false);
    expect(await stage.holds()).toEqual([]);
  });

  it('records nothing where the shard is held there already, whenever that was looked at', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const { size } = stage.estate.cursor;
    expect(await stage.hold({ size })).toBe(true);
    expect(await stage.hold({ size })).toBe(true);
    expect(await stage.holds()).toHaveLength(1);
  });
});
