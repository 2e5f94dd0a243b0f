import { describe, expect, it } from 'vitest';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard, type AppliedShard } from '../../../projections/applied/applied.ts';
import { driveHost } from '../../../src/apply/drive/drive-host.ts';
import { HandWatch } from '../../../src/apply/drive/hand-watch.ts';
import { JoinedAppends } from '../../../src/apply/drive/joined-appends.ts';
import { hostsLeft } from '../../../src/apply/drive/work-left.ts';
import { FoundBeside, OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { tester } from '../../doubles/facts.ts';
import { hostState, type HostState } from '../../doubles/memory-overlay.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

const cuts = { only: 'cuts', reads: 'marks' } as const;
const byHand: OverlayObject = { kind: 'route', from: 4000, to: 4001 };
const more = '{ kind: Tenant, tenant: newcomer, shard: shard-1, segments: [desk] }';

async function driven(): Promise<Stage> {
  const stage = new Stage();
  await stage.enact(town);
  await stage.sync();
  return stage;
}

function stateOf(stage: Stage, host = 'hv-1'): HostState {
  const state = stage.overlay('shard-1').hosts.get(host);
  if (state === undefined) throw new Error(`${host} holds nothing`);
  return state;
}

/** Puts an object at a host behind everybody's back; its mark stays. */
function edit(stage: Stage, object = byHand): void {
  const state = stateOf(stage);
  const objects = new Map([...state.objects, [keyOf(object), object]]);
  stage.overlay('shard-1').hosts.set('hv-1', { ...state, objects });
}

function isEdited(stage: Stage): boolean {
  return stateOf(stage).objects.has(keyOf(byHand));
}

/** Whether a host holds the rest of what was planned last, beside what was put there by hand. */
function holdsPlanned(stage: Stage, { plan, objects }: AppliedShard): boolean {
  const state = stateOf(stage);
  const rest = [...state.objects.values()].filter((object) => keyOf(object) !== keyOf(byHand));
  return (
    state.mark.plan === plan &&
    hostState(plan, rest).mark.digest === hostState(plan, [...objects.values()]).mark.digest
  );
}

async function told(stage: Stage, request: Parameters<Stage['sync']>[0] = {}) {
  const since = (await stage.entries()).length;
  const { shards, estate } = await stage.sync({ shards: ['shard-1'], ...request });
  const [synced] = shards;
  if (synced === undefined) throw new Error('no shard');
  const shard = appliedShard(estate.state.applied, 'shard-1');
  const events = (await stage.entries())
    .slice(since)
    .flatMap(({ type, data }) => ('host' in data && data.host === 'hv-1' ? [type] : []));
  return { synced, shard, events, left: hostsLeft('shard-1', { estate }) };
}

const changes: readonly [string, (stage: Stage) => Promise<unknown>, Parameters<Stage['sync']>[0]][] = [
  ['a change', (stage) => stage.enact(more), {}],
  ['a quarantine', (stage) => stage.quarantine('acme'), cuts],
];

describe('while a bypass is open at a host', () => {
  it('what is found there is recorded, once, and left', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    edit(stage);
    for (const events of [['DriftDetected'], []]) {
      const { events: recorded, synced, left } = await told(stage);
      expect(recorded).toEqual(events);
      expect(synced).toMatchObject({ absent: [], refused: [], driven: [], drifted: [{ host: 'hv-1' }] });
      expect(left).toEqual([]);
    }
    expect(isEdited(stage)).toBe(true);
  });

  it.each(changes)(
    '%s is given to it as one from its mark, and what is there by hand stays',
    async (_what, ask, how) => {
      for (const isFound of [false, true]) {
        const stage = await driven();
        await stage.bypass('open', 'hv-1');
        edit(stage);
        if (isFound) await stage.sync();
        await ask(stage);
        const { shard, synced, events, left } = await told(stage, how);
        expect(synced.driven).toContain('hv-1');
        expect(synced).toMatchObject({ absent: [], refused: [] });
        expect(events).toContain('ChangeApplied');
        expect(events).not.toContain('DriftCorrected');
        expect(left).toEqual([]);
        expect([isEdited(stage), holdsPlanned(stage, shard)]).toEqual([true, true]);
        expect(
          stage
            .overlay('shard-1')
            .changes.slice(2)
            .map(({ from }) => typeof from),
        ).not.toContain('string');
      }
    },
  );

  it.each(changes)(
    '%s is given to it though it cannot be read, as long as it says its mark',
    async (_what, ask, how) => {
      const stage = await driven();
      await stage.bypass('open', 'hv-1');
      await ask(stage);
      const overlay = stage.overlay('shard-1');
      const driver: OverlayDriver = {
        name: 'memory',
        mark: (host) => overlay.mark(host),
        read: (host, expected) =>
          host === 'hv-1'
            ? Promise.resolve({ kind: 'unreadable', problem: 'a flow of somebody' })
            : overlay.read(host, expected),
        apply: (host, change) => overlay.apply(host, change),
      };
      const { synced, shard } = await told(stage, { ...how, driverFor: () => driver });
      expect(synced).toMatchObject({ absent: [], refused: [] });
      expect(shard.hosts.get('hv-1')?.plan).toBe(shard.plan);
    },
  );

  it.each(changes)(
    '%s is given again where it was broken off before that was recorded',
    async (_what, ask, how) => {
      const stage = await driven();
      await stage.bypass('open', 'hv-1');
      edit(stage);
      await ask(stage);
      const before = stateOf(stage);
      await stage.sync({
        shards: ['shard-1'],
        ...how,
        timeoutMs: 0,
        driverFor: () => failingAfter(stage, 'hv-1'),
      });
      expect(stateOf(stage).mark).not.toEqual(before.mark);
      const { synced, shard, events } = await told(stage, how);
      expect(synced).toMatchObject({ absent: [], refused: [] });
      expect(events).toContain('ChangeApplied');
      expect(shard.hosts.get('hv-1')?.plan).toBe(shard.plan);
      expect([isEdited(stage), holdsPlanned(stage, shard)]).toEqual([true, true]);
    },
  );

  it.each([
    ['has lost its mark', (stage: Stage) => stage.overlay('shard-1').hosts.delete('hv-1')],
    [
      'has another mark',
      (stage: Stage) => stage.overlay('shard-1').hosts.set('hv-1', hostState(1, [byHand])),
    ],
    [
      'cannot be read as ours',
      (stage: Stage) => stage.overlay('shard-1').spoilt.set('hv-1', 'it is another one'),
    ],
  ])('a host that %s is left as it is, and that is told and recorded', async (_what, spoil) => {
    for (const [, ask, how] of changes) {
      const stage = await driven();
      await stage.bypass('open', 'hv-1');
      await ask(stage);
      spoil(stage);
      const before = stage.overlay('shard-1').hosts.get('hv-1');
      const began = stage.clock.elapsedMs();
      const { synced, events, shard, left } = await told(stage, { ...how, timeoutMs: 60_000 });
      expect(stage.clock.elapsedMs() - began).toBeLessThan(2000);
      expect(synced.refused).toMatchObject([
        { host: 'hv-1', fault: { code: 'BypassOpen', category: 'conflict' } },
      ]);
      expect(synced.refused[0]?.fault.message).toMatch(
        /a bypass is open .*isoledger bypass close --shard shard-1 --host hv-1/,
      );
      expect(events).toEqual(['DriftDetected', 'ChangeFailed']);
      expect(shard.failed.get('hv-1')?.problem).toMatch(/a bypass is open/);
      expect(left).toEqual(['hv-1']);
      expect(stage.overlay('shard-1').hosts.get('hv-1')).toBe(before);
    }
  });

  it('a host whose mark was set back is led on again to what it has acknowledged', async () => {
    const stage = await driven();
    const before = stateOf(stage);
    const overlay = stage.overlay('shard-1');
    // What led from a plan to the next is known as long as a host may be there.
    overlay.away.add('hv-2');
    await stage.enact(more);
    await stage.sync({ timeoutMs: 0 });
    overlay.away.delete('hv-2');
    await stage.bypass('open', 'hv-1');
    overlay.hosts.set('hv-1', before);
    const { events, synced, shard } = await told(stage);
    expect(events).toEqual(['DriftDetected']);
    expect(synced).toMatchObject({ driven: ['hv-1', 'hv-2'], absent: [], refused: [] });
    expect(holdsPlanned(stage, shard)).toBe(true);
  });

  it('one that would need the whole set is left as it is', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    stage.overlay('shard-1').away.add('hv-1');
    const segments = Array.from({ length: 300 }, (_, at) => `s${String(at)}`).join(', ');
    await stage.enact('kind: Shard\nshard: shard-1\nvnis: { from: 5000, to: 5999 }');
    await stage.enact(
      `{ kind: Tenant, tenant: newcomer, shard: shard-1, intraTenant: segments, segments: [${segments}] }`,
    );
    await stage.sync({ timeoutMs: 0 });
    stage.overlay('shard-1').away.delete('hv-1');
    const { synced } = await told(stage);
    expect(synced.refused[0]?.fault.message).toMatch(/all of its objects anew/);
  });

  it('a change that it takes beside something else is not acknowledged, and that is recorded', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    await stage.enact(more);
    const driver = failingAfter(stage, 'hv-1', new FoundBeside('a mirror'));
    const { synced, events, shard } = await told(stage, { driverFor: () => driver });
    expect(synced.refused[0]?.fault.message).toMatch(/beside something else \(a mirror\)/);
    expect(events).toEqual(['DriftDetected', 'ChangeFailed']);
    expect(shard.drifted.get('hv-1')?.found).toBe('unreadable');
  });

  it('it is not given its whole set by a round that was under way as that was recorded', async () => {
    const stage = await driven();
    const { estate } = await stage.sync({ timeoutMs: 0 });
    edit(stage);
    const applied = appliedShard(estate.state.applied, 'shard-1');
    const { ledger } = stage;
    const driving = {
      ...{ ledger, actor: tester, driver: stage.overlay('shard-1'), shard: 'shard-1' },
      appends: new JoinedAppends({ ledger, actor: tester }),
      now: () => stage.clock.now(),
      ...{
        seen: new Map<string, string>(),
        seenSince: new Map<string, number>(),
        reported: new Set<string>(),
      },
      handWatch: new HandWatch({ ledger, shard: 'shard-1', after: (await ledger.head()).size - 1 }),
    };
    const at = { host: 'hv-1', reading: { kind: 'nothing' }, applied, isDrifted: true } as const;
    await stage.bypass('open', 'hv-1');
    await stage.bypass('open', 'hv-2');
    await stage.bypass('close', 'hv-2');
    expect(await driving.handWatch.isOpenedAt('hv-2')).toBe(false);
    expect(await driveHost(driving, at)).toMatchObject({ kind: 'refused', fault: { code: 'BypassOpen' } });
    expect(isEdited(stage)).toBe(true);
    await stage.bypass('close', 'hv-1');
    expect(await driveHost(driving, at)).toEqual({ kind: 'driven' });
    expect(isEdited(stage)).toBe(false);
  });

  it('a fault of its own, or a change of its mark meanwhile, is tried again', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    await stage.enact(more);
    const overlay = stage.overlay('shard-1');
    overlay.beforeApply = (host) => {
      if (host === 'hv-1') throw new OverlayUnavailable('it is away');
    };
    const { synced, events } = await told(stage, { timeoutMs: 0 });
    expect(synced.absent[0]?.problem).toMatch(/is away; a bypass is open there/);
    expect(events).toEqual(['ChangeFailed']);
    overlay.beforeApply = (host) => {
      overlay.hosts.delete(host);
    };
    expect((await told(stage, { timeoutMs: 0 })).synced.absent[0]?.problem).toMatch(
      /somebody else changed it/,
    );
  });
});

/** A driver at one of whose hosts each change is taken, and reported as failed. */
function failingAfter(
  stage: Stage,
  name: string,
  fault = new OverlayUnavailable('no answer'),
): OverlayDriver {
  const overlay = stage.overlay('shard-1');
  return {
    name: 'memory',
    mark: (host) => overlay.mark(host),
    read: (host, expected) => overlay.read(host, expected),
    apply: async (host, change) => {
      const held = await overlay.apply(host, change);
      if (host === name) throw fault;
      return held;
    },
  };
}

describe('once a bypass was closed', () => {
  it('the host is read whole, what differs is recorded and put right, and the bypass is over', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    edit(stage);
    await stage.bypass('close', 'hv-1');
    const { events, shard, left } = await told(stage, { reads: 'marks' });
    expect(events).toEqual(['DriftDetected', 'DriftCorrected', 'BypassSettled']);
    expect([isEdited(stage), left, shard.bypasses.closed.size]).toEqual([false, [], 0]);
    expect((await told(stage)).events).toEqual([]);
  });

  it('a host that is right is said to be, and given nothing', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    await stage.bypass('close', 'hv-1');
    stage.overlay('shard-1').calls.splice(0);
    const { events, synced } = await told(stage, { reads: 'marks' });
    expect(events).toEqual(['BypassSettled']);
    expect(synced).toMatchObject({ driven: [], upToDate: ['hv-1', 'hv-2'] });
    expect(stage.overlay('shard-1').calls).not.toContain('apply hv-1');
  });

  it('a cut does not wait for that, and leaves it to whoever drives the shard next', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    await stage.bypass('close', 'hv-1');
    await stage.quarantine('acme');
    const { events, left } = await told(stage, cuts);
    expect(events).toEqual(['ChangeApplied']);
    expect(left).toEqual(['hv-1']);
    expect((await told(stage)).events).toEqual(['BypassSettled']);
  });

  it('what was seen before somebody knew of that says nothing', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    const overlay = stage.overlay('shard-1');
    let reads = 0;
    const driver: OverlayDriver = {
      name: 'memory',
      mark: (host) => overlay.mark(host),
      apply: (host, change) => overlay.apply(host, change),
      read: async (host, expected) => {
        const reading = await overlay.read(host, expected);
        reads += 1;
        if (reads === 1) {
          edit(stage);
          await stage.bypass('close', 'hv-1');
        }
        return reading;
      },
    };
    await stage.enact(more);
    const { events } = await told(stage, { driverFor: () => driver });
    expect(events.filter((type) => type !== 'BypassClosed')).toEqual([
      ...['ChangeApplied', 'DriftDetected', 'DriftCorrected', 'BypassSettled'],
    ]);
    expect(isEdited(stage)).toBe(false);
  });

  it('a host that was retired meanwhile is emptied; one that comes again is seen whole first', async () => {
    const stage = await driven();
    await stage.bypass('open', 'hv-1');
    edit(stage);
    const withoutHv1 = town.split('\n---\n').filter((one) => !one.includes('hv-1'));
    await stage.enact(withoutHv1.join('\n---\n'), 'all');
    await stage.enact(town);
    const { events } = await told(stage);
    expect(events).toContain('BypassSettled');
    expect(isEdited(stage)).toBe(false);
  });
});

it('a repeated intent about a bypass records nothing, nor does one about a host that is not there', async () => {
  const stage = await driven();
  const recorded = async (...intent: Parameters<Stage['bypass']>): Promise<boolean> =>
    (await stage.bypass(...intent)).recorded !== undefined;
  expect(await recorded('close', 'hv-1')).toBe(false);
  expect(await recorded('open', 'hv-1')).toBe(true);
  expect(await recorded('open', 'hv-1')).toBe(false);
  expect(await recorded('open', 'hv-1', 'shard-2')).toBe(false);
  expect(await recorded('open', 'hv-9')).toBe(false);
  expect(await recorded('close', 'hv-1')).toBe(true);
  expect(await recorded('close', 'hv-1')).toBe(false);
});
