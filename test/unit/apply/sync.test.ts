import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { draftOf } from '../../../events/draft.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { Conflict } from '../../../src/ledger/faults.ts';
import type { DriverFor } from '../../../src/overlay/port.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { promptMarkMsMax, urgentMarkMsMax } from '../../../src/overlay/in-time.ts';
import { missingDriver } from '../../../src/overlay/missing-driver.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import type { WaitingForHosts } from '../../../src/apply/drive/until-settled.ts';
import { RoleHeld } from '../../../src/roles/faults.ts';
import type { Roles } from '../../../src/roles/port.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { hostState, type DriverFault } from '../../doubles/memory-overlay.ts';
import { town } from '../../support/documents.ts';
import { wholeSet } from '../../support/host-change.ts';
import { passAwake } from '../../support/pass-awake.ts';
import { actor, held, Stage } from '../../support/stage.ts';

const more = '{ kind: Tenant, tenant: late, segments: [one] }';

/** The town without everything in which some hosts are named. */
const townWithout = (hosts: RegExp): string =>
  town
    .split('---')
    .filter((document) => !hosts.test(document))
    .join('---');

/** The drivers of a stage whose hosts answer once somebody lets them. */
function silentFor(
  stage: Stage,
  until: (host: string, what: 'mark' | 'read' | 'apply') => Promise<void>,
): (shard: { shard: string }) => OverlayDriver {
  return ({ shard }) => {
    const driver = stage.overlay(shard);
    return {
      name: driver.name,
      mark: async (host) => {
        await until(host, 'mark');
        return driver.mark(host);
      },
      read: async (host, expected) => {
        await until(host, 'read');
        return driver.read(host, expected);
      },
      apply: async (host, change) => {
        await until(host, 'apply');
        return driver.apply(host, change);
      },
    };
  };
}

describe('recording a decision', () => {
  it('is made again when somebody else was faster, on what they recorded', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const rival = await stage.enact(more);
    if (rival.decision.kind === 'refused') throw new Error('refused');
    const intruder = (await stage.entries()).filter(({ seq }) => seq >= (rival.recorded?.first ?? 0));
    const other = new Stage();
    await other.enact(town);
    other.ledger.intruders = [{ events: intruder.map(draftOf), actor }];
    const { decision, recorded } = await other.enact('{ kind: Tenant, tenant: later, segments: [one] }');
    expect(decision.kind).toBe('accepted');
    const vnis = (await other.entries()).flatMap((entry) =>
      entry.type === 'VniAllocated' ? [entry.data.vni] : [],
    );
    expect(new Set(vnis).size).toBe(vnis.length);
    expect(recorded?.first).toBeGreaterThan(intruder.length);
  });

  it('gives up when others are faster each time', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const [first] = await stage.entries();
    if (first === undefined) throw new Error('nothing was recorded');
    stage.ledger.intruders = Array.from({ length: 20 }, () => ({ events: [draftOf(first)], actor }));
    await expect(stage.enact(more)).rejects.toThrow(Conflict);
  });
});

describe('syncing', () => {
  it('plans first, then drives every host, and has nothing to do the second time', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const { shards, estate } = await stage.sync();
    const nothingElse = { upToDate: [], cleared: [], drifted: [], absent: [], refused: [] };
    expect(shards).toEqual([
      { shard: 'shard-1', plan: 1, driven: ['hv-1', 'hv-2'], ...nothingElse },
      { shard: 'shard-2', plan: 1, driven: ['hv-3', 'hv-4'], ...nothingElse },
    ]);
    stage.expectSettled(estate);
    expect(await stage.overlayEvents()).toEqual([
      ...['ChangePlanned', 'ChangePlanned'],
      ...['ChangeApplied hv-1', 'ChangeApplied hv-2', 'ChangeApplied hv-3', 'ChangeApplied hv-4'],
    ]);
    const { size } = await stage.ledger.head();
    expect((await stage.sync()).shards).toMatchObject([
      { driven: [], upToDate: ['hv-1', 'hv-2'] },
      { driven: [], upToDate: ['hv-3', 'hv-4'] },
    ]);
    expect((await stage.ledger.head()).size).toBe(size);
  });

  it('drives a shard while a host of another does not answer, before any time has passed', async () => {
    for (const call of ['mark', 'apply'] as const) {
      const stage = new Stage(new ManualClock());
      await stage.enact(town);
      await stage.sync();
      await stage.quarantine('acme');
      await stage.quarantine('globex');
      const answer = Promise.withResolvers<undefined>();
      const driverFor = silentFor(stage, async (host, what) => {
        if (host === 'hv-1' && what === call) await answer.promise;
      });
      const syncing = stage.sync({ only: 'cuts', reads: 'marks', driverFor });
      await vi.waitFor(async () => {
        const acknowledged = (await stage.overlayEvents()).slice(6);
        expect(acknowledged).toEqual(expect.arrayContaining(['ChangeApplied hv-3', 'ChangeApplied hv-4']));
      });
      answer.resolve(undefined);
      const { shards } = await syncing;
      expect(shards.flatMap(({ driven }) => driven)).toEqual(['hv-1', 'hv-2', 'hv-3', 'hv-4']);
    }
  });

  it('cuts at the hosts of a shard that answer before it waits for one that does not say its mark', async () => {
    const clock = new ManualClock();
    const stage = new Stage(clock);
    await stage.enact(town);
    await stage.sync();
    await stage.quarantine('acme');
    const asked = Promise.withResolvers<undefined>();
    const answer = Promise.withResolvers<undefined>();
    const driverFor = silentFor(stage, async (host, what) => {
      if (host !== 'hv-1' || what !== 'mark') return;
      asked.resolve(undefined);
      await answer.promise;
    });
    const how = { only: 'cuts', reads: 'marks', timeoutMs: 60_000 } as const;
    const told: unknown[] = [];
    const onWaiting = ({ shard, hosts, forMs }: WaitingForHosts): unknown =>
      told.push([shard, [...hosts.keys()], forMs]);
    const syncing = stage.sync({ ...how, shards: ['shard-1'], driverFor, onWaiting });
    await asked.promise;
    // No time passes before that.
    await vi.waitFor(async () => {
      expect((await stage.overlayEvents()).slice(6)).toContain('ChangeApplied hv-2');
    });
    expect(clock.elapsedMs()).toBe(0);
    await passAwake(clock, urgentMarkMsMax);
    await vi.waitFor(() => {
      expect(told).toHaveLength(1);
    });
    answer.resolve(undefined);
    await vi.waitFor(async () => {
      clock.pass(250);
      expect((await stage.overlayEvents()).slice(6)).toContain('ChangeApplied hv-1');
    });
    expect((await syncing).shards.map(({ driven, absent }) => ({ driven, absent }))).toEqual([
      { driven: ['hv-1', 'hv-2'], absent: [] },
    ]);
    // Said once, when the round is over.
    expect(told).toEqual([['shard-1', ['hv-1'], 60_000 - urgentMarkMsMax]]);
  });

  it('holds no role while it waits for a host that stands still: another process cuts somebody off meanwhile', async () => {
    const clock = new ManualClock();
    const stage = new Stage(clock);
    await stage.enact(town);
    await stage.sync();
    let held = 0;
    const holdRole: Roles['hold'] = (role) => {
      if (held > 0) return Promise.reject(new RoleHeld(role, undefined));
      held += 1;
      return Promise.resolve({
        release: () => {
          held -= 1;
          return Promise.resolve();
        },
      });
    };
    const [answer, asked] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const driverFor = silentFor(stage, async (host) => {
      if (host !== 'hv-1') return;
      asked.resolve(undefined);
      await answer.promise;
    });
    await stage.enact(more);
    const request = { shards: ['shard-1'], timeoutMs: 60_000, holdRole };
    const waiting = stage.sync({ ...request, driverFor });
    await asked.promise;
    await passAwake(clock, promptMarkMsMax);
    await vi.waitFor(() => {
      expect(held).toBe(0);
    });
    // The host answers another process, or no longer stands still there: it is cut at once.
    await stage.quarantine('acme');
    await stage.sync({ ...request, only: 'cuts', reads: 'marks' });
    expect((await stage.overlayEvents()).slice(-2)).toEqual(
      expect.arrayContaining(['ChangeApplied hv-1', 'ChangeApplied hv-2']),
    );
    answer.resolve(undefined);
    await vi.waitFor(async () => {
      clock.pass(250);
      await expect(Promise.race([waiting, Promise.reject(new Error('it waits'))])).resolves.toMatchObject({
        shards: [{ driven: [], upToDate: ['hv-1', 'hv-2'], absent: [], refused: [] }],
      });
    });
    expect(held).toBe(0);
  });

  it('says to the end why a host is away that gives a reason, whatever another one is waited for', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const driverFor = silentFor(stage, async (host, what) => {
      if (host === 'hv-1' && what === 'mark') await new Promise(() => undefined);
      // It takes a while to say so.
      if (host === 'hv-2') await stage.clock.sleep(400);
      if (host === 'hv-2') throw new OverlayUnavailable('hv-2 is the bridge of another host');
    });
    const request = { shards: ['shard-1'], reads: 'marks', timeoutMs: 20_000, driverFor } as const;
    const [{ absent } = { absent: [] }] = (await stage.sync(request)).shards;
    expect(absent.map(({ host, problem }) => `${host}: ${problem.replace(/\d+ s/, 'N s')}`)).toEqual([
      'hv-1: host hv-1 did not answer within N seconds',
      'hv-2: hv-2 is the bridge of another host',
    ]);
  });

  it.each([
    ['takes nothing', 'apply', 0],
    ['takes nothing, and then stands still', 'apply', 2],
    ['does not say its mark, and then stands still', 'mark', 2],
  ] as const)(
    'says to the end why a host %s, also where the time cuts its last try off',
    async (_how, what, tries) => {
      const stage = new Stage();
      await stage.enact(town);
      let failed = 0;
      const driverFor = silentFor(stage, async (host, call) => {
        if (host !== 'hv-1') return;
        if (tries > 0 && failed >= tries) await new Promise(() => undefined);
        // A mark comes so late that the time is up before that.
        if (call === 'mark' && what === 'apply' && failed > 0) await stage.clock.sleep(3_000);
        if (call !== what) return;
        failed += 1;
        throw new OverlayUnavailable('hv-1.jsonl cannot be written: permission denied');
      });
      const request = { shards: ['shard-1'], reads: 'marks', timeoutMs: 5_000, driverFor } as const;
      expect((await stage.sync(request)).shards).toMatchObject([
        {
          driven: ['hv-2'],
          absent: [{ host: 'hv-1', problem: 'hv-1.jsonl cannot be written: permission denied' }],
        },
      ]);
      expect(failed).toBeGreaterThan(0);
    },
  );

  it('says to the end what was found at a host, also where the time cuts its last try off', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const driverFor = ({ shard }: { shard: string }): OverlayDriver => {
      const driver = stage.overlay(shard);
      let found = false;
      return {
        name: driver.name,
        // A mark comes so late that the time is up before that.
        mark: (host) => (host === 'hv-1' && found ? new Promise(() => undefined) : driver.mark(host)),
        apply: (host, change) => driver.apply(host, change),
        read: (host, expected) => {
          if (host !== 'hv-1') return driver.read(host, expected);
          found = true;
          return Promise.resolve({ kind: 'unreadable', problem: 'a second device', isOthers: true });
        },
      };
    };
    const [{ absent } = { absent: [] }] = (await stage.sync({ shards: ['shard-1'], timeoutMs: 3_000, driverFor })).shards; // prettier-ignore
    expect(absent).toEqual([{ host: 'hv-1', problem: 'a second device' }]);
  });

  it('says that a host is slow to take its change', async () => {
    const clock = new ManualClock();
    const stage = new Stage(clock);
    await stage.enact(town);
    const [answer, asked] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const driverFor = silentFor(stage, async (host, what) => {
      if (host !== 'hv-1' || what !== 'apply') return;
      asked.resolve(undefined);
      await answer.promise;
    });
    const told: string[] = [];
    const onWaiting = ({ hosts }: WaitingForHosts): unknown => told.push(...hosts.values());
    const syncing = stage.sync({ shards: ['shard-1'], timeoutMs: 60_000, driverFor, onWaiting });
    await asked.promise;
    await passAwake(clock, promptMarkMsMax);
    await vi.waitFor(() => {
      expect(told).toEqual(['host hv-1 did not answer within 5 seconds whether it took its change']);
    });
    answer.resolve(undefined);
    expect((await syncing).shards).toMatchObject([{ driven: ['hv-1', 'hv-2'], absent: [] }]);
  });

  it('drives the hosts of a shard that answer before it waits for one that stands still, and reads that one first', async () => {
    const clock = new ManualClock();
    const stage = new Stage(clock);
    await stage.enact(town);
    await stage.sync();
    await stage.quarantine('acme');
    stage.overlay('shard-1').hosts.delete('hv-1');
    const answer = Promise.withResolvers<undefined>();
    const driverFor = silentFor(stage, async (host) => {
      if (host === 'hv-1') await answer.promise;
    });
    const syncing = stage.sync({ timeoutMs: 60_000, shards: ['shard-1'], driverFor });
    await passAwake(clock, promptMarkMsMax);
    await vi.waitFor(async () => {
      expect((await stage.overlayEvents()).slice(6)).toContain('ChangeApplied hv-2');
    });
    answer.resolve(undefined);
    await vi.waitFor(async () => {
      clock.pass(250);
      expect((await stage.overlayEvents()).slice(6)).toContain('ChangeApplied hv-1');
    });
    const [shard] = (await syncing).shards;
    expect(shard).toMatchObject({ driven: ['hv-1', 'hv-2'], absent: [] });
    expect(shard?.drifted.map(({ host }) => host)).toEqual(['hv-1']);
  });

  it('ends soon after the time is up, though a host stands still', async () => {
    const clock = new ManualClock();
    const stage = new Stage(clock);
    await stage.enact(town);
    const driverFor = silentFor(stage, (host) =>
      host === 'hv-1' ? new Promise(() => undefined) : Promise.resolve(),
    );
    const syncing = stage.sync({ timeoutMs: 7_000, shards: ['shard-1'], driverFor });
    await passAwake(clock, 7_000 + 2 * promptMarkMsMax);
    const isLate = setImmediate('late');
    expect(await Promise.race([syncing, isLate])).toMatchObject({
      shards: [{ driven: ['hv-2'], absent: [{ host: 'hv-1' }] }],
    });
  });

  it.each([
    ['each call takes long, as where its file opens slowly', { mark: 20_000, read: 20_000, apply: 20_000 }],
    ['it takes no change to its end', { apply: 1e9 }],
    ['it is not read to its end', { read: 1e9 }],
  ])('tells of a cut within one time for all of it, though at a host %s', async (_how, lateMs) => {
    for (const shards of [['shard-1'], undefined]) {
      const clock = new ManualClock();
      const stage = new Stage(clock);
      await stage.enact(town);
      await stage.sync();
      await stage.quarantine('acme');
      const late: Partial<Record<'mark' | 'read' | 'apply', number>> = lateMs;
      const driverFor = silentFor(stage, async (host, call) => {
        const forMs = late[call];
        if (host === 'hv-1' && forMs !== undefined) await clock.sleep(forMs);
      });
      const reads = late.read === undefined ? 'marks' : 'hosts';
      const timeoutMs = 25_000;
      const syncing = stage.sync({ only: 'cuts', reads, timeoutMs, driverFor, shards });
      await passAwake(clock, timeoutMs + 2 * promptMarkMsMax);
      expect(await Promise.race([syncing, setImmediate('late')])).toMatchObject({
        shards: [
          { shard: 'shard-1', driven: ['hv-2'], absent: [{ host: 'hv-1' }] },
          ...(shards === undefined ? [{ shard: 'shard-2', absent: [] }] : []),
        ],
      });
    }
  });

  it('waits for the role and for hosts within one time', async () => {
    const clock = new ManualClock();
    const stage = new Stage(clock);
    await stage.enact(town);
    let isHeld = true;
    const holdRole: Roles['hold'] = async (role) =>
      isHeld ? Promise.reject(new RoleHeld(role, undefined)) : held(role);
    const driverFor = silentFor(stage, (host) =>
      host === 'hv-1' ? new Promise(() => undefined) : Promise.resolve(),
    );
    const syncing = stage.sync({ timeoutMs: 20_000, shards: ['shard-1'], driverFor, holdRole });
    await passAwake(clock, 15_000);
    isHeld = false;
    await passAwake(clock, 5_000 + 2 * promptMarkMsMax);
    expect(await Promise.race([syncing, setImmediate('late')])).toMatchObject({
      shards: [{ driven: ['hv-2'], absent: [{ host: 'hv-1' }] }],
    });
  });

  it('drives one shard only when asked to', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync({ shards: ['shard-2'] });
    expect(stage.overlay('shard-1').hosts.size).toBe(0);
    expect([...stage.overlay('shard-2').hosts.keys()]).toEqual(['hv-3', 'hv-4']);
  });

  it.each<DriverFault>(['not-done', 'done-but-reported-failed'])(
    'gets over a change that was %s',
    async (fault) => {
      const stage = new Stage();
      await stage.enact(town);
      stage.overlay('shard-1').faults.push(fault, fault);
      const { estate } = await stage.sync();
      stage.expectSettled(estate);
      const events = await stage.overlayEvents();
      expect(events.filter((event) => event === 'ChangeFailed hv-1')).toHaveLength(1);
      expect(events.filter((event) => event === 'ChangeApplied hv-1')).toHaveLength(1);
    },
  );

  it('names the hosts that stay away until the time is up', async () => {
    const stage = new Stage();
    await stage.enact(town);
    stage.overlay('shard-1').faults.push(...Array.from({ length: 50 }, () => 'not-done' as const));
    const tries = new Set<number>();
    stage.overlay('shard-1').beforeApply = () => {
      tries.add(stage.clock.elapsedMs());
    };
    const { shards } = await stage.sync({ timeoutMs: 600 });
    expect(shards[0]?.absent).toEqual([
      { host: 'hv-1', problem: 'hv-1 is away' },
      { host: 'hv-2', problem: 'hv-2 is away' },
    ]);
    expect([...tries]).toEqual([0, 250, 500, 600]);
  });

  it('given a shard whose driver is not there, drives the others and names its hosts as away', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const { shards } = await stage.sync({
      driverFor: ({ shard }) =>
        shard === 'shard-1' ? missingDriver({ name: 'ovs', shard }) : stage.overlay(shard),
    });
    const problem =
      'shard shard-1 is driven by ovs, which is not built in this version: use the version that its document was applied with';
    expect(shards).toMatchObject([
      {
        driven: [],
        absent: [
          { host: 'hv-1', problem },
          { host: 'hv-2', problem },
        ],
      },
      { driven: ['hv-3', 'hv-4'], absent: [] },
    ]);
  });

  it('tells a driver the hosts of its shard as they are now, retired ones too, and makes it anew where they changed', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.enact(
      '{ kind: Host, host: hv-9, shard: shard-1, tunnelIp: 172.31.0.9, ovsdb: "unix:/run/9/db.sock" }',
    );
    const told: string[] = [];
    const driverFor: DriverFor = ({ shard }, hosts) => {
      const words = Array.from(hosts.values(), ({ host, ovsdb = 'no switch' }) => `${host} ${ovsdb}`);
      told.push(`${shard}: ${words.sort().join(', ')}`);
      return stage.overlay(shard);
    };
    const overlay = stage.overlay('shard-1');
    overlay.away.add('hv-1');
    // Somebody says meanwhile that another switch is meant.
    overlay.beforeApply = async (host) => {
      if (host !== 'hv-9') return;
      overlay.beforeApply = () => undefined;
      await stage.enact(
        '{ kind: Host, host: hv-9, shard: shard-1, tunnelIp: 172.31.0.9, ovsdb: "unix:/run/10/db.sock" }',
      );
    };
    await stage.sync({ shards: ['shard-1'], driverFor, timeoutMs: 10_000 });
    const others = 'shard-1: hv-1 no switch, hv-2 no switch, hv-9 unix:';
    expect(told).toEqual([`${others}/run/9/db.sock`, `${others}/run/10/db.sock`]);
    overlay.away.delete('hv-1');
    await stage.enact(town, 'all');
    told.splice(0);
    await stage.sync({ shards: ['shard-1'], driverFor });
    expect(told[0]).toBe(`${others}/run/10/db.sock`);
    told.splice(0);
    await stage.sync({ shards: ['shard-1'], driverFor });
    expect(told).toEqual(['shard-1: hv-1 no switch, hv-2 no switch']);
  });

  it('completes what a crash before any change left undone', async () => {
    for (let crashAt = 1; crashAt <= 4; crashAt += 1) {
      const stage = new Stage();
      await stage.enact(town);
      let changes = 0;
      for (const overlay of stage.overlays.values()) {
        overlay.beforeApply = () => {
          changes += 1;
          if (changes >= crashAt) throw new Error('crash');
        };
      }
      await expect(stage.sync({ timeoutMs: 0 })).rejects.toThrow('crash');
      for (const overlay of stage.overlays.values()) overlay.beforeApply = () => undefined;
      const { estate } = await stage.sync();
      stage.expectSettled(estate);
      expect((await stage.overlayEvents()).filter((event) => event === 'ChangePlanned')).toHaveLength(2);
    }
  });

  it('completes what a crash before any entry left undone, hosts included that had changed already', async () => {
    // The plan of each shard, then what its hosts acknowledge together.
    for (let appends = 0; appends < 4; appends += 1) {
      const stage = new Stage();
      await stage.enact(town);
      stage.ledger.appendsLeft = appends;
      await expect(stage.sync()).rejects.toThrow('crash');
      stage.ledger.appendsLeft = Number.POSITIVE_INFINITY;
      const { estate } = await stage.sync();
      stage.expectSettled(estate);
      const events = await stage.overlayEvents();
      expect(events.length).toBe(6);
      expect(new Set(events.filter((event) => event.startsWith('ChangeApplied'))).size).toBe(4);
    }
  });

  it('plans anew when the estate moves on under it', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const other = new Stage();
    await other.enact(town);
    const { recorded } = await other.enact(more);
    const events = (await other.entries()).filter(({ seq }) => seq >= (recorded?.first ?? 0));
    stage.ledger.intruders = [{ events: events.map(draftOf), actor }];
    const { estate } = await stage.sync();
    expect(estate.state.intended.directory.tenants.has('late')).toBe(true);
    stage.expectSettled(estate);
  });

  it('puts a host right that holds something else than it acknowledged', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    stage.overlay('shard-1').hosts.delete('hv-2');
    const { estate } = await stage.sync();
    stage.expectSettled(estate);
  });

  it('leaves a host alone that holds a later plan', async () => {
    const stage = new Stage();
    await stage.enact(town);
    stage.overlay('shard-1').hosts.set('hv-1', hostState(9, []));
    const { shards } = await stage.sync();
    expect(shards).toMatchObject([
      { shard: 'shard-1', driven: ['hv-2'], refused: [{ host: 'hv-1', fault: { code: 'Fenced', held: 9 } }] },
      { shard: 'shard-2', driven: ['hv-3', 'hv-4'], refused: [] },
    ]);
    const failures = (await stage.entries()).filter(({ type }) => type === 'ChangeFailed');
    expect(failures.map(({ data }) => data)).toMatchObject([{ host: 'hv-1', plan: 1, holds: 9 }]);
    expect(stage.overlay('shard-1').hosts.get('hv-1')?.mark.plan).toBe(9);
    // No waiting cures that.
    expect(stage.clock.elapsedMs()).toBe(0);
  });

  it('leaves a host alone that another history of the ledger drove to a plan of that number, and records it', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    const overlay = stage.overlay('shard-1');
    const before = overlay.hosts.get('hv-1');
    if (before === undefined) throw new Error('nothing was driven');
    const other = hostState(1, [...before.objects.values()].slice(1));
    const { digest } = other.mark;
    overlay.hosts.set('hv-1', other);
    for (const change of [town, more]) {
      await stage.enact(change);
      const { shards } = await stage.sync();
      expect(shards[0]?.refused).toMatchObject([{ host: 'hv-1', fault: { code: 'Fenced', held: 1 } }]);
      expect(overlay.hosts.get('hv-1')).toBe(other);
    }
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', plan: 1, found: 'objects', digest }]);
    // Whoever only changes the objects leaves the mark.
    overlay.hosts.set('hv-1', { ...other, mark: before.mark });
    expect((await stage.sync()).shards[0]).toMatchObject({ driven: ['hv-1'], refused: [] });
  });

  it('gives a host the whole set where what was found wrong is gone again: it may go on with what it decided meanwhile', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    const overlay = stage.overlay('shard-1');
    overlay.spoilt.set('hv-1', 'a mirror');
    overlay.faults.push('not-done');
    await stage.sync({ timeoutMs: 0 });
    overlay.spoilt.delete('hv-1');
    overlay.changes.length = 0;
    expect((await stage.sync()).shards[0]).toMatchObject({ driven: ['hv-1'], absent: [], refused: [] });
    expect(overlay.changes).toMatchObject([{ from: 'anything' }]);
    expect((await stage.entries()).map(({ type }) => type)).toContain('DriftCorrected');
    await stage.sync();
    expect(overlay.changes).toHaveLength(1);
  });

  it('names every host that refuses, and waits for those that are away all the same', async () => {
    const stage = new Stage();
    await stage.enact(town);
    for (const [shard, host] of [
      ['shard-1', 'hv-1'],
      ['shard-2', 'hv-4'],
    ] as const)
      stage.overlay(shard).hosts.set(host, hostState(9, []));
    stage.overlay('shard-1').faults.push('not-done');
    const { shards } = await stage.sync();
    expect(shards.map(({ driven }) => driven)).toEqual([['hv-2'], ['hv-3']]);
    expect(shards.flatMap(({ refused }) => refused.map(({ host }) => host))).toEqual(['hv-1', 'hv-4']);
    expect(shards.flatMap(({ absent }) => absent)).toEqual([]);
  });

  it("records only what was found where every host of a shard is another ledger's, and names all of them", async () => {
    const stage = new Stage();
    await stage.enact(town);
    const stranger = stage.overlay('shard-2').driverOf('another');
    for (const host of ['hv-3', 'hv-4']) await stranger.apply(host, wholeSet({ plan: 1, objects: [] }));
    const { shards } = await stage.sync();
    expect(shards[1]).toMatchObject({ driven: [], refused: [{ host: 'hv-3' }, { host: 'hv-4' }] });
    await stage.sync();
    const about = (await stage.entries()).map(({ subject }) => subject);
    expect(about).not.toContain('overlay/shard-2');
    const found = { plan: 0, found: 'foreign', problem: 'objects of ledger another', put: [], removed: [] };
    expect(await stage.drifts()).toMatchObject([
      { host: 'hv-3', ...found },
      { host: 'hv-4', ...found },
    ]);
  });

  it("another ledger's objects, or unreadable ones, are drift at every host that may not hold them", async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    stage.overlay('shard-1').giveTo('hv-1', 'another');
    stage.overlay('shard-2').giveTo('hv-4', 'another');
    stage.overlay('shard-2').spoilt.set('hv-5', 'seven bytes');
    const further = '{ kind: Host, host: hv-5, shard: shard-2, tunnelIp: 172.31.0.5 }';
    await stage.enact(`${townWithout(/hv-4/)}---\n${further}`, 'all');
    const { shards } = await stage.sync();
    expect(shards.flatMap(({ refused }) => refused.map(({ host }) => host))).toEqual(['hv-1', 'hv-4']);
    expect(await stage.drifts()).toMatchObject([
      { host: 'hv-1', plan: 1, found: 'foreign' },
      { host: 'hv-5', plan: 0, found: 'unreadable', problem: 'seven bytes' },
      { host: 'hv-4', plan: 1, found: 'foreign' },
    ]);
    stage.overlay('shard-1').giveTo('hv-1', 'ledger-1');
    const { estate } = await stage.sync();
    expect(appliedShard(estate.state.applied, 'shard-1').drifted.size).toBe(0);
    expect([...appliedShard(estate.state.applied, 'shard-2').drifted.keys()]).toEqual(['hv-4']);
  });

  it('a host that never acknowledged anything has drifted where no plan of the ledger gives it what it holds', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const [empty, other] = [hostState(1, []), hostState(9, [{ kind: 'route', from: 1, to: 2 }])];
    stage.overlay('shard-1').hosts.set('hv-1', empty);
    stage.overlay('shard-1').hosts.set('hv-2', other);
    await stage.sync();
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-2', plan: 0, found: 'objects' }]);
  });

  it('given a part that takes away, drives every shard once before any host is waited for', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    const { estate } = await stage.quarantine('globex');
    expect(estate.state.intended.quarantine.tenants).toEqual(new Set(['globex']));
    stage.overlay('shard-1').away.add('hv-1');
    const cutAtMs: number[] = [];
    stage.overlay('shard-2').beforeApply = () => {
      cutAtMs.push(stage.clock.elapsedMs());
    };
    const { shards } = await stage.sync({ only: 'cuts', timeoutMs: 1000 });
    expect(cutAtMs).toEqual([0, 0]);
    expect(stage.clock.elapsedMs()).toBe(1000);
    expect(shards.map(({ absent }) => absent.map(({ host }) => host))).toEqual([['hv-1'], []]);
    expect(shards[1]?.driven).toEqual(['hv-3', 'hv-4']);
  });

  it('empties retired hosts with a quarantine, though nothing is added', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    await stage.enact(townWithout(/hv-2/), 'all');
    const { shards } = await stage.sync({ only: 'restrictions' });
    expect(shards.flatMap(({ cleared }) => cleared)).toEqual([]);
    expect((await stage.sync({ only: 'cuts' })).shards.flatMap(({ cleared }) => cleared)).toEqual(['hv-2']);
    expect(stage.overlay('shard-1').hosts.get('hv-2')?.objects.size).toBe(0);
  });

  it('names a retired host that refuses to be emptied, and keeps no other from being emptied', async () => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    await stage.enact(townWithout(/hv-[24]/), 'all');
    stage.overlay('shard-1').giveTo('hv-2', 'another');
    const { shards } = await stage.sync();
    expect(shards.map(({ refused }) => refused.map(({ host }) => host))).toEqual([['hv-2'], []]);
    expect(shards.flatMap(({ cleared }) => cleared)).toEqual(['hv-4']);
  });

  it('waits for the role of the applier, and says who holds it when the time is up', async () => {
    const stage = new Stage();
    await stage.enact(town);
    let refusals = 0;
    const never: Roles['hold'] = (role) =>
      Promise.reject(new RoleHeld(role, { pid: 1, host: 'h', since: 'long ago' }));
    const holdRole: Roles['hold'] = (role) => {
      refusals += 1;
      return refusals < 3 ? never(role) : held(role);
    };
    await stage.sync({ holdRole });
    expect(refusals).toBe(4);
    await stage.enact(`${town}
---
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`);
    const waited = stage.clock.elapsedMs();
    const { shards } = await stage.sync({ holdRole: never, timeoutMs: 300 });
    expect(shards.map(({ taken, driven }) => [taken?.message, driven])).toEqual([
      [expect.stringMatching(/applier\/shard-1 is held by process 1/), []],
      [expect.stringMatching(/applier\/shard-2 is held by process 1/), []],
    ]);
    // Each shard is asked for up to the first try after the time is up.
    expect(stage.clock.elapsedMs()).toBeGreaterThanOrEqual(waited + 300);
  });
});
