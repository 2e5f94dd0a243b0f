import { describe, expect, it } from 'vitest';
import type { EventData } from '../../../events/catalogue.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { driveQuarantine } from '../../../src/apply/drive/drive-quarantine.ts';
import { NotProvablyOurs, OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { hostState, type MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

const cuts = { only: 'cuts', reads: 'marks' } as const;
const someRoute: OverlayObject = { kind: 'route', from: 4000, to: 4001 };

/** A tenant whose cut names more objects than are remembered of a change. */
const wide = `
kind: Shard
shard: shard-1
vnis: { from: 5000, to: 5999 }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 172.31.0.1 }
---
kind: Tenant
tenant: acme
intraTenant: segments
segments: [${Array.from({ length: 200 }, (_, index) => `s${String(index)}`).join(', ')}]
`;

const withoutHv2 = town
  .split('\n---\n')
  .filter((document) => !document.includes('hv-2'))
  .join('\n---\n');

async function driven(yaml: string): Promise<Stage> {
  const stage = new Stage();
  await stage.enact(yaml);
  await stage.sync();
  return stage;
}

/** Puts an object at a host behind everybody's back; its mark stays. */
function edit({ hosts }: MemoryOverlay, host: string): void {
  const state = hosts.get(host);
  if (state === undefined) throw new Error(`${host} holds nothing`);
  hosts.set(host, { ...state, objects: new Map([...state.objects, [keyOf(someRoute), someRoute]]) });
}

/** A driver whose hosts say their marks, and cannot be read beyond that for so many times. */
function unreadableBeyond(overlay: MemoryOverlay, times: number): OverlayDriver {
  let left = times;
  return {
    name: overlay.name,
    mark: (host) => overlay.mark(host),
    apply: (host, change) => overlay.apply(host, change),
    read: (host, expected) => {
      left -= 1;
      return left < 0 ? overlay.read(host, expected) : Promise.reject(new OverlayUnavailable('no answer'));
    },
  };
}

async function dataOf(
  stage: Stage,
  type: 'ChangeApplied' | 'DriftCorrected',
): Promise<Pick<EventData<'ChangeApplied'>, 'host' | 'plan' | 'seenWhole'>[]> {
  return (await stage.entries()).flatMap((entry) => {
    if ((entry.type !== 'ChangeApplied' && entry.type !== 'DriftCorrected') || entry.type !== type) return [];
    const { host, plan, seenWhole } = entry.data;
    return [{ host, plan, seenWhole }];
  });
}

describe('a host that is about to be given the whole set', () => {
  it('is read whole before, and its drift recorded, by a cut of which more is to be told than is remembered', async () => {
    const stage = await driven(wide);
    const overlay = stage.overlay('shard-1');
    edit(overlay, 'hv-1');
    await stage.quarantine('acme');
    overlay.calls.splice(0);
    const { shards } = await stage.sync(cuts);
    expect(overlay.calls).toEqual(['mark hv-1', 'read hv-1', 'apply hv-1', 'read hv-1']);
    expect(overlay.changes.at(-1)?.from).toBe('anything');
    expect(shards[0]).toMatchObject({ driven: ['hv-1'], drifted: [{ host: 'hv-1' }] });
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', plan: 1, put: [someRoute], removed: [] }]);
    const types = (await stage.entries()).map(({ type }) => type);
    expect(types.slice(-4)).toEqual(['ChangePlanned', 'DriftDetected', 'ChangeApplied', 'DriftCorrected']);
    expect(await dataOf(stage, 'DriftCorrected')).toMatchObject([{ host: 'hv-1', plan: 2 }]);
  });

  it('is cut though nothing but its mark can be read, and is recorded as one that cannot be read', async () => {
    const stage = await driven(wide);
    const driver = unreadableBeyond(stage.overlay('shard-1'), 1);
    await stage.quarantine('acme');
    const { shards } = await stage.sync({ ...cuts, timeoutMs: 0, driverFor: () => driver });
    expect(shards[0]).toMatchObject({ driven: ['hv-1'], absent: [] });
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', found: 'unreadable', problem: 'no answer' }]);
  });

  it('waits until it can be read where nobody is to be cut off', async () => {
    const stage = await driven(wide);
    const driver = unreadableBeyond(stage.overlay('shard-1'), 1);
    await stage.quarantine('acme');
    const { shards } = await stage.sync({ reads: 'marks', driverFor: () => driver });
    expect(shards[0]).toMatchObject({ driven: ['hv-1'], absent: [], drifted: [] });
    expect(await stage.drifts()).toEqual([]);
  });

  it('is read whole before it is emptied, since it was retired', async () => {
    const stage = await driven(town);
    const overlay = stage.overlay('shard-1');
    await stage.enact(withoutHv2, 'all');
    edit(overlay, 'hv-2');
    await stage.quarantine('acme');
    const { shards } = await stage.sync(cuts);
    expect(shards[0]).toMatchObject({ cleared: ['hv-2'], drifted: [{ host: 'hv-2' }] });
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-2', plan: 1, put: [someRoute], removed: [] }]);
    expect(overlay.hosts.get('hv-2')?.objects.size).toBe(0);
  });

  it('is not emptied by a sync that could not read it', async () => {
    const stage = await driven(town);
    const overlay = stage.overlay('shard-1');
    await stage.enact(withoutHv2, 'all');
    edit(overlay, 'hv-2');
    const driver = unreadableBeyond(overlay, Infinity);
    const asked = { shards: ['shard-1'], timeoutMs: 0 };
    const { shards } = await stage.sync({ ...asked, driverFor: () => driver });
    expect(shards[0]).toMatchObject({ cleared: [], absent: [{ host: 'hv-1' }, { host: 'hv-2' }] });
    expect(overlay.hosts.get('hv-2')?.objects.keys()).toContain(keyOf(someRoute));
    await stage.sync(asked);
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-2', plan: 1, put: [someRoute] }]);
  });

  it('is compared with a plan that is remembered no more, where it was retired and came again', async () => {
    for (const isEdited of [false, true]) {
      const stage = await driven(town);
      const overlay = stage.overlay('shard-1');
      const { mark, objects } = overlay.hosts.get('hv-2') ?? hostState(1, []);
      await stage.enact(withoutHv2, 'all');
      await stage.sync({ shards: ['shard-1'] });
      await stage.enact('{ kind: Tenant, tenant: late, segments: [one] }');
      await stage.sync({ shards: ['shard-1'] });
      await stage.enact(town);
      // An old disk comes back with it, whose mark tells of what is there.
      const list = [...objects.values(), ...(isEdited ? [someRoute] : [])];
      overlay.hosts.set('hv-2', isEdited ? hostState(1, list) : { mark, objects });
      await stage.sync({ shards: ['shard-1'] });
      expect((await stage.drifts()).map(({ host }) => host)).toEqual(isEdited ? ['hv-2'] : []);
    }
  });
});

describe('a host whose drift was to be put right', () => {
  it.each(['hosts', 'marks'] as const)(
    'is acknowledged only once a fresh reading finds it right, whatever its mark says (by %s)',
    async (reads) => {
      const stage = await driven(town);
      const overlay = stage.overlay('shard-1');
      let problem: string | undefined = 'a second device';
      const driver: OverlayDriver = {
        name: overlay.name,
        mark: (host) => overlay.mark(host),
        apply: (host, change) => overlay.apply(host, change),
        read: (host, expected) =>
          host === 'hv-1' && problem !== undefined
            ? Promise.resolve({ kind: 'unreadable', problem, isOthers: true })
            : overlay.read(host, expected),
      };
      const only: Parameters<Stage['sync']>[0] = { shards: ['shard-1'], driverFor: () => driver };
      await stage.sync({ ...only, timeoutMs: 0 });
      await stage.quarantine('acme');
      for (let times = 0; times < 2; times += 1) {
        const { shards, estate } = await stage.sync({ ...only, reads, timeoutMs: 0 });
        expect(shards[0]?.absent.map((each) => each.host)).toEqual(['hv-1']);
        expect(shards[0]?.absent[0]?.problem).toMatch(/a second device$/);
        expect(appliedShard(estate.state.applied, 'shard-1').drifted.has('hv-1')).toBe(true);
      }
      expect((await stage.drifts()).map(({ host }) => host)).toEqual(['hv-1']);
      expect(await dataOf(stage, 'DriftCorrected')).toEqual([]);
      expect(await dataOf(stage, 'ChangeApplied')).not.toContainEqual(
        expect.objectContaining({ host: 'hv-1', plan: 2 }),
      );
      problem = undefined;
      await stage.sync({ ...only, reads });
      expect(await dataOf(stage, 'DriftCorrected')).toMatchObject([{ host: 'hv-1', plan: 2 }]);
    },
  );

  it('waits for a retired one to be emptied whose switch it takes, and has not drifted', async () => {
    const stage = await driven(town);
    const overlay = stage.overlay('shard-1');
    await stage.enact(withoutHv2, 'all');
    await stage.enact('{ kind: Host, host: hv-9, shard: shard-1, tunnelIp: 192.0.2.99 }');
    const isThere = (): boolean => (overlay.hosts.get('hv-2')?.objects.size ?? 0) > 0;
    const driver: OverlayDriver = {
      name: overlay.name,
      mark: (host) => overlay.mark(host),
      apply: (host, change) =>
        host === 'hv-9' && isThere()
          ? Promise.reject(new NotProvablyOurs('it is that of host hv-2', 'wait', 'hv-2'))
          : overlay.apply(host, change),
      read: (host, expected) =>
        host === 'hv-9' && isThere()
          ? Promise.resolve({ kind: 'unreadable', problem: 'it is that of host hv-2', ofHost: 'hv-2' })
          : overlay.read(host, expected),
    };
    const { shards } = await stage.sync({ shards: ['shard-1'], driverFor: () => driver });
    expect(shards[0]).toMatchObject({ cleared: ['hv-2'], absent: [], drifted: [] });
    expect(shards[0]?.driven).toContain('hv-9');
    expect(await stage.drifts()).toEqual([]);
  });
});

describe('an acknowledgement', () => {
  it('says when the whole host was read, however long another one was waited for, or given the whole set', async () => {
    const clock = new ManualClock('2026-03-01T12:00:00.000Z');
    const stage = new Stage(clock);
    await stage.enact(town);
    await stage.sync();
    await stage.enact('{ kind: Tenant, tenant: late, segments: [one] }');
    clock.set('2026-03-01T13:00:00.000Z');
    stage.overlay('shard-2').beforeApply = () => {
      clock.set('2026-03-01T13:10:00.000Z');
    };
    await stage.sync();
    expect(await dataOf(stage, 'ChangeApplied')).toEqual([
      ...['hv-1', 'hv-2', 'hv-3', 'hv-4'].map((host) => ({
        host,
        plan: 1,
        seenWhole: '2026-03-01T12:00:00.000Z',
      })),
      ...['hv-3', 'hv-4'].map((host) => ({ host, plan: 2, seenWhole: '2026-03-01T13:00:00.000Z' })),
    ]);
  });

  it('says that nothing but the mark was read, where that is so', async () => {
    const stage = await driven(town);
    await stage.quarantine('acme');
    await stage.sync(cuts);
    expect((await dataOf(stage, 'ChangeApplied')).slice(4)).toEqual([
      { host: 'hv-1', plan: 2, seenWhole: null },
      { host: 'hv-2', plan: 2, seenWhole: null },
    ]);
  });
});

describe('a cut that is given again', () => {
  it('reads hosts whole, finds one that only says that it cuts, and puts it right', async () => {
    const stage = await driven(town);
    const overlay = stage.overlay('shard-1');
    const again = async (): ReturnType<typeof driveQuarantine> =>
      driveQuarantine((how) => stage.sync(how), {
        intent: 'quarantine',
        isNew: false,
        estate: (await stage.quarantine('acme')).estate,
        timeoutMs: 2000,
        clock: stage.clock,
      });
    await stage.quarantine('acme');
    // Nobody was told yet: that comes first, by marks.
    overlay.calls.splice(0);
    const told = await again();
    expect(told.shards[0]).toMatchObject({ driven: ['hv-1', 'hv-2'], drifted: [] });
    expect(overlay.calls.findIndex((call) => call.startsWith('read'))).toBeGreaterThan(
      overlay.calls.findLastIndex((call) => call.startsWith('apply')),
    );
    const state = overlay.hosts.get('hv-1');
    const isCut = (object: OverlayObject): boolean => object.kind === 'acl' && object.tier === 'quarantine';
    const uncut = [...(state?.objects ?? [])].filter(([, object]) => !isCut(object));
    if (state !== undefined) overlay.hosts.set('hv-1', { ...state, objects: new Map(uncut) });
    const { shards } = await again();
    expect(shards.map(({ driven: hosts, drifted }) => [hosts, drifted.map(({ host }) => host)])).toEqual([
      [['hv-1'], ['hv-1']],
      [[], []],
    ]);
    expect([...(overlay.hosts.get('hv-1')?.objects.keys() ?? [])].toSorted()).toEqual(
      [...(state?.objects.keys() ?? [])].toSorted(),
    );
  });
});
