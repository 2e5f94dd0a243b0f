import { describe, expect, it } from 'vitest';
import type { EventData } from '../../../events/catalogue.ts';
import type { DropCount, OverlayDriver } from '../../../src/overlay/port.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

async function driven(): Promise<Stage> {
  const stage = new Stage();
  await stage.enact(town);
  await stage.sync();
  for (const overlay of stage.overlays.values()) overlay.count();
  return stage;
}

function dropped(stage: Stage, host: string, ...counts: readonly DropCount[]): void {
  stage.overlay('shard-1').dropped.set(host, counts);
}

async function observed(stage: Stage): Promise<EventData<'DropsObserved'>[]> {
  return (await stage.entries()).flatMap((entry) => (entry.type === 'DropsObserved' ? [entry.data] : []));
}

const attempt = (packets: number): DropCount => ({
  from: 'acme/web',
  to: 'globex/app',
  by: 'default',
  packets,
});

describe('a sync', () => {
  it('records what hosts dropped since the last one, and nothing where no counter grew', async () => {
    const stage = await driven();
    await stage.sync();
    expect(await observed(stage)).toEqual([]);
    dropped(stage, 'hv-1', attempt(5));
    await stage.sync();
    const first = (await observed(stage)).at(0);
    expect(first).toMatchObject({ host: 'hv-1', since: null, drops: [{ packets: 5, total: 5 }] });
    await stage.sync();
    expect(await observed(stage)).toHaveLength(1);
    dropped(stage, 'hv-1', attempt(2));
    await stage.sync();
    expect((await observed(stage)).slice(1)).toMatchObject([
      { host: 'hv-1', since: first?.readAt, drops: [{ packets: 2, total: 2 }] },
    ]);
  });

  it('reads the counters of each host once, however many rounds it takes', async () => {
    const stage = await driven();
    const { calls } = stage.overlay('shard-1');
    calls.length = 0;
    await stage.sync();
    const asked = calls.filter((call) => call.startsWith('drops '));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked).toEqual([...new Set(asked)]);
  });

  it('drives hosts whose counters cannot be read, and records what the others dropped', async () => {
    const stage = await driven();
    const overlay = stage.overlay('shard-1');
    const driver: OverlayDriver = {
      name: overlay.name,
      mark: (host) => overlay.mark(host),
      read: (host, expected) => overlay.read(host, expected),
      apply: (host, change) => overlay.apply(host, change),
      drops: (host) =>
        host === 'hv-1' ? Promise.reject(new OverlayUnavailable('no answer')) : Promise.resolve([attempt(1)]),
    };
    const { shards, estate } = await stage.sync({ driverFor: () => driver, shards: ['shard-1'] });
    expect(shards).toMatchObject([{ absent: [], refused: [] }]);
    stage.expectSettled(estate);
    expect(new Set((await observed(stage)).map(({ host }) => host))).not.toContain('hv-1');
    expect(await observed(stage)).not.toEqual([]);
  });

  it('ends with a bug of a driver, as with any other', async () => {
    const stage = await driven();
    stage.overlay('shard-1').drops = () => Promise.reject(new Error('bug'));
    await expect(stage.sync()).rejects.toThrow('bug');
  });

  it('that reads marks, or cuts somebody off, waits for no counter', async () => {
    const stage = await driven();
    dropped(stage, 'hv-1', attempt(5));
    await stage.sync({ reads: 'marks' });
    await stage.quarantine('acme');
    await stage.sync({ reads: 'marks', only: 'cuts' });
    expect(await observed(stage)).toEqual([]);
  });
});
