import { describe, expect, it } from 'vitest';
import { showAttempts } from '../../../src/cli/show-attempts.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { DropCount, OverlayDriver } from '../../../src/overlay/port.ts';
import { attemptsOf, countersMsMax, type Attempts } from '../../../src/tasks/attempts.ts';
import { shardStatus } from '../../../src/tasks/shard-status.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

type DriverFor = Parameters<typeof attemptsOf>[0]['driverFor'];

async function driven(): Promise<Stage> {
  const stage = new Stage(new ManualClock());
  await stage.enact(town);
  await stage.sync({ timeoutMs: 0 });
  stage.overlay('shard-1').count();
  return stage;
}

async function attempts(stage: Stage, driverFor?: DriverFor): Promise<Attempts> {
  const estate = await stage.sync({ timeoutMs: 0, reads: 'marks' });
  const byShard = await attemptsOf(
    { clock: stage.clock, driverFor: driverFor ?? (({ shard }) => stage.overlay(shard)) },
    estate.estate.state,
    stage.clock.now(),
  );
  const found = byShard.get('shard-1');
  if (found === undefined) throw new Error('no shard-1');
  return found;
}

function attempt(packets: number, rest: Partial<DropCount> = {}): DropCount {
  return { from: 'acme/web', to: 'globex/app', by: 'default', packets, ...rest };
}

function dropped(stage: Stage, host: string, ...counts: readonly DropCount[]): void {
  stage.overlay('shard-1').dropped.set(host, counts);
}

/** The time that passes before every observation. */
const hour = 3_600_000;

describe('what the hosts of a shard dropped', () => {
  it('is what is recorded and what they counted since, of all of them together, the latest first', async () => {
    const stage = await driven();
    const toNobody = { to: null, by: 'no-address' } as const;
    dropped(stage, 'hv-1', attempt(5), attempt(9, toNobody));
    dropped(stage, 'hv-2', attempt(3));
    const observedAt = stage.clock.now();
    await stage.sync({ timeoutMs: 0 });
    stage.clock.pass(hour);
    dropped(stage, 'hv-1', attempt(6), attempt(9, toNobody));
    expect(await attempts(stage)).toEqual({
      counted: true,
      pairs: [
        { from: 'acme/web', to: 'globex/app', by: 'default', packets: 9, lastGrew: stage.clock.now() },
        { from: 'acme/web', to: null, by: 'no-address', packets: 9, lastGrew: observedAt },
      ],
      unread: [],
    });
  });

  it('comes with the largest first of those that were last seen growing at once', async () => {
    const stage = await driven();
    dropped(stage, 'hv-1', attempt(1), attempt(2, { from: 'globex/app', to: 'acme/web' }));
    expect((await attempts(stage)).pairs.map(({ packets }) => packets)).toEqual([2, 1]);
  });

  it('is told as far as it is recorded of a host that cannot be read now', async () => {
    const stage = await driven();
    dropped(stage, 'hv-1', attempt(5));
    await stage.sync({ timeoutMs: 0 });
    stage.overlay('shard-1').away.add('hv-1');
    const { pairs, unread } = await attempts(stage);
    expect(pairs).toMatchObject([{ packets: 5 }]);
    expect(unread).toEqual([{ host: 'hv-1', problem: 'hv-1 is away' }]);
  });

  it("is told as far as it is recorded of a host that holds another ledger's objects", async () => {
    const stage = await driven();
    stage.overlay('shard-1').giveTo('hv-1', 'ledger-2');
    const { unread } = await attempts(stage);
    expect(unread.map(({ host }) => host)).toEqual(['hv-1']);
    expect(unread[0]?.problem).toMatch(/ledger-2/);
  });

  it('is waited for no longer than there is time for all hosts, and no further host is asked then', async () => {
    const stage = await driven();
    const asked: string[] = [];
    const silent: OverlayDriver = {
      name: 'silent',
      mark: (host) => stage.overlay('shard-1').mark(host),
      read: (host, expected) => stage.overlay('shard-1').read(host, expected),
      apply: (host, change) => stage.overlay('shard-1').apply(host, change),
      drops: (host) => {
        asked.push(host);
        queueMicrotask(() => {
          stage.clock.pass(countersMsMax);
        });
        return new Promise(() => undefined);
      },
    };
    const { unread } = await attempts(stage, () => silent);
    expect(unread.map(({ host }) => host)).toEqual(['hv-1', 'hv-2']);
    expect(unread[0]?.problem).toBe('no answer within 3 seconds');
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it('is nothing where hosts do not count, and what is recorded is told all the same', async () => {
    const stage = await driven();
    dropped(stage, 'hv-1', attempt(5));
    await stage.sync({ timeoutMs: 0 });
    delete stage.overlay('shard-1').drops;
    expect(await attempts(stage)).toMatchObject({ counted: false, pairs: [{ packets: 5 }], unread: [] });
  });
});

describe('what is shown of it', () => {
  async function shown(found: Attempts): Promise<string> {
    const stage = await driven();
    const { estate } = await stage.sync({ timeoutMs: 0 });
    let said = '';
    showAttempts(
      {
        out: ({ text }) => {
          said += text;
        },
        err: () => undefined,
        data: () => undefined,
        progress: () => undefined,
        errIsTerminal: false,
      },
      [{ ...shardStatus(estate, { shard: 'shard-1', at: stage.clock.now() }), attempts: found }],
    );
    return said;
  }
  const lastGrew = '2026-03-01T12:00:00.000Z';

  it('is a line for each pair, and says whose counters could not be read', async () => {
    const pairs = [
      { ...attempt(7), lastGrew },
      { ...attempt(1, { from: null, by: 'quarantine' }), lastGrew },
      { ...attempt(2, { to: null, by: 'quarantine' }), lastGrew },
      { ...attempt(3, { to: null, by: 'no-address' }), lastGrew },
    ];
    const fault = new OverlayUnavailable('no answer');
    const unread = ['hv-1', 'hv-2'].map((host) => ({ host, problem: fault.message }));
    const words = await shown({ counted: true, pairs, unread });
    expect(words).toMatch(/shard-1 +acme\/web +globex\/app +not granted +7 +2026-03-01T12:00:00\.000Z/);
    expect(words).toMatch(/anybody +globex\/app +quarantine +1/);
    expect(words).toMatch(/acme\/web +anybody +quarantine +2/);
    expect(words).toMatch(/acme\/web +nobody +no such address +3/);
    expect(words).toMatch(/shard-1: what hv-1 and hv-2 dropped cannot be read now, .*: no answer\n/);
  });

  it('is nothing where nothing was dropped, and has an end', async () => {
    expect(await shown({ counted: false, pairs: [], unread: [] })).toBe('');
    const pairs = Array.from({ length: 25 }, (_, index) => ({
      ...attempt(1, { from: `t-${String(index)}/s` }),
      lastGrew: `2026-03-01T12:00:${String(index).padStart(2, '0')}.000Z`,
    }));
    const words = await shown({ counted: true, pairs, unread: [] });
    expect(words).toMatch(/t-24\/s/);
    expect(words).not.toMatch(/t-4\/s/);
    expect(words).toMatch(/the latest 20 of 25: --json has all/);
  });
});
