import { describe, expect, it } from 'vitest';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { hostState, type MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

const cuts = { only: 'cuts', reads: 'marks' } as const;

/** The town, driven, and then a tenant in quarantine that no host knows of yet. */
async function quarantined(): Promise<Stage> {
  const stage = new Stage();
  await stage.enact(town);
  await stage.sync();
  await stage.quarantine('acme');
  for (const { calls, changes } of stage.overlays.values()) {
    calls.splice(0);
    changes.splice(0);
  }
  return stage;
}

/** Changes what a host holds behind everybody's back; its mark stays. */
function edit(
  overlay: MemoryOverlay,
  host: string,
  change: (objects: Map<string, OverlayObject>) => void,
): void {
  const state = overlay.hosts.get(host);
  if (state === undefined) throw new Error(`${host} holds nothing`);
  const objects = new Map(state.objects);
  change(objects);
  overlay.hosts.set(host, { ...state, objects });
}

function keysAt(overlay: MemoryOverlay, host: string): string[] {
  return [...(overlay.hosts.get(host)?.objects.keys() ?? [])];
}

/** What is put by the cut of a tenant at a shard, by key. */
async function cutsPlanned(stage: Stage, shard: string): Promise<OverlayObject[]> {
  return (await stage.entries()).flatMap((entry) =>
    entry.type === 'ChangePlanned' && entry.data.shard === shard && entry.data.plan > 1 ? entry.data.put : [],
  );
}

const someRoute: OverlayObject = { kind: 'route', from: 4000, to: 4001 };

describe('driving by marks', () => {
  it('reads no host whole, and leads each on from the mark that it has', async () => {
    const stage = await quarantined();
    const { shards } = await stage.sync(cuts);
    expect(shards.map(({ driven }) => driven)).toEqual([['hv-1', 'hv-2'], []]);
    expect(stage.overlay('shard-1').calls.toSorted()).toEqual([
      ...['apply hv-1', 'apply hv-2', 'mark hv-1', 'mark hv-2'],
    ]);
    expect(stage.overlay('shard-1').changes.map(({ from }) => from)).toMatchObject([
      { plan: 1 },
      { plan: 1 },
    ]);
  });

  it('plans the cuts alone, and leaves whatever else is to be done to a sync', async () => {
    const stage = await quarantined();
    await stage.enact('{ kind: Tenant, tenant: late, segments: [one] }');
    await stage.sync(cuts);
    const planned = await cutsPlanned(stage, 'shard-1');
    expect(planned.length).toBeGreaterThan(0);
    for (const object of planned) expect(object).toMatchObject({ kind: 'acl', tier: 'quarantine' });
    const { estate } = await stage.sync();
    stage.expectSettled(estate);
  });

  it('puts the cut at a host that somebody edited beside it, and leaves the edit for a sync to find', async () => {
    const stage = await quarantined();
    const overlay = stage.overlay('shard-1');
    edit(overlay, 'hv-1', (objects) => objects.set(keyOf(someRoute), someRoute));
    const { shards } = await stage.sync(cuts);
    expect(shards[0]).toMatchObject({ driven: ['hv-1', 'hv-2'], drifted: [] });
    const planned = (await cutsPlanned(stage, 'shard-1')).map(keyOf);
    expect(keysAt(overlay, 'hv-1')).toEqual(expect.arrayContaining([...planned, keyOf(someRoute)]));
    const { shards: synced, estate } = await stage.sync();
    expect(synced[0]?.drifted.map(({ host }) => host)).toEqual(['hv-1']);
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', plan: 2, put: [someRoute], removed: [] }]);
    stage.expectSettled(estate);
    expect(appliedShard(estate.state.applied, 'shard-1').drifted.size).toBe(0);
  });

  it.each<[what: string, tamper: (overlay: MemoryOverlay) => void, found: object]>([
    ['is gone', ({ hosts }) => hosts.delete('hv-1'), { found: 'nothing' }],
    ['cannot be read', ({ spoilt }) => spoilt.set('hv-1', 'torn off'), { found: 'unreadable' }],
    [
      'is that of a plan that the ledger does not have',
      ({ hosts }) => {
        const { objects = new Map<string, OverlayObject>() } = hosts.get('hv-1') ?? {};
        hosts.set('hv-1', hostState(0, [...objects.values()].slice(1)));
      },
      { found: 'objects', removed: [expect.any(String)] },
    ],
  ])(
    'of a host whose mark %s, reads it whole, records that, and gives it the whole set',
    async (_what, tamper, found) => {
      const stage = await quarantined();
      const overlay = stage.overlay('shard-1');
      tamper(overlay);
      const { shards, estate } = await stage.sync(cuts);
      expect(shards[0]).toMatchObject({ driven: ['hv-1', 'hv-2'], drifted: [{ host: 'hv-1' }] });
      expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', plan: 1, ...found }]);
      expect(appliedShard(estate.state.applied, 'shard-1').drifted.size).toBe(0);
      expect(keysAt(overlay, 'hv-1').toSorted()).toEqual(keysAt(overlay, 'hv-2').toSorted());
    },
  );

  it('believes no mark of a host whose drift is not put right yet', async () => {
    const stage = await quarantined();
    const overlay = stage.overlay('shard-1');
    edit(overlay, 'hv-1', (objects) => objects.set(keyOf(someRoute), someRoute));
    overlay.faults.push('not-done', 'not-done');
    await stage.sync({ only: 'restrictions', timeoutMs: 0 });
    expect(await stage.drifts()).toHaveLength(1);
    const { estate } = await stage.sync(cuts);
    expect(keysAt(overlay, 'hv-1')).not.toContain(keyOf(someRoute));
    expect(appliedShard(estate.state.applied, 'shard-1').drifted.size).toBe(0);
    expect(await stage.drifts()).toHaveLength(1);
  });

  it('looks again at a host that was changed between the look at its mark and the change', async () => {
    const stage = await quarantined();
    const overlay = stage.overlay('shard-1');
    overlay.beforeApply = (host) => {
      if (host === 'hv-1') overlay.hosts.delete(host);
      overlay.beforeApply = () => undefined;
    };
    const { shards } = await stage.sync(cuts);
    expect(shards[0]).toMatchObject({ driven: ['hv-1', 'hv-2'], absent: [], drifted: [{ host: 'hv-1' }] });
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', found: 'nothing' }]);
    expect(await stage.overlayEvents()).toContain('ChangeFailed hv-1');
    expect(keysAt(overlay, 'hv-1').toSorted()).toEqual(keysAt(overlay, 'hv-2').toSorted());
  });
});

describe('driving by whole hosts', () => {
  it('records the drift of a host that is a plan behind against the plan that it acknowledged, exact to the object', async () => {
    const stage = await quarantined();
    const overlay = stage.overlay('shard-1');
    overlay.away.add('hv-1');
    await stage.sync({ ...cuts, timeoutMs: 0 });
    overlay.away.delete('hv-1');
    edit(overlay, 'hv-1', (objects) => objects.set(keyOf(someRoute), someRoute));
    const { estate } = await stage.sync();
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', plan: 1, put: [someRoute], removed: [] }]);
    stage.expectSettled(estate);
  });

  it('reads each host whole once, however long another one is waited for', async () => {
    const stage = await quarantined();
    const overlay = stage.overlay('shard-1');
    overlay.away.add('hv-1');
    await stage.sync({ timeoutMs: 1000 });
    expect(overlay.calls.filter((call) => call === 'read hv-2')).toHaveLength(1);
    expect(overlay.calls.filter((call) => call === 'read hv-1').length).toBeGreaterThan(2);
  });

  it('leads a host on from its mark where it holds what that says', async () => {
    const stage = await quarantined();
    await stage.sync();
    expect(stage.overlay('shard-1').changes.map(({ from }) => from)).toMatchObject([
      { plan: 1 },
      { plan: 1 },
    ]);
  });
});

describe('driving hosts side by side', () => {
  it('one that is slow delays no other', async () => {
    const clock = new ManualClock();
    const stage = new Stage(clock);
    await stage.enact(town);
    stage.overlay('shard-1').beforeApply = (host) =>
      host === 'hv-1' ? clock.sleep(60_000) : Promise.resolve();
    const syncing = stage.sync({ shards: ['shard-1'], timeoutMs: 0 });
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    expect(await stage.overlayEvents()).toEqual(['ChangePlanned', 'ChangeApplied hv-2']);
    clock.pass(60_000);
    expect((await syncing).shards[0]?.driven).toEqual(['hv-1', 'hv-2']);
  });

  it('what they acknowledge together is recorded together, and progress counts those that are done', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const progress: number[] = [];
    await stage.sync({ shards: ['shard-1'], onProgress: ({ done }) => progress.push(done) });
    expect(progress).toEqual([0, 1, 2]);
    const acknowledged = (await stage.entries()).filter(({ type }) => type === 'ChangeApplied');
    expect(new Set(acknowledged.map(({ batch }) => batch.id)).size).toBe(1);
  });
});
