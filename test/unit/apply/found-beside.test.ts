import { describe, expect, it } from 'vitest';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { FoundBeside, OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { HostReading, OverlayDriver } from '../../../src/overlay/port.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

type Request = Parameters<Stage['sync']>[0];

const problem = 'a mirror';
const cuts = { only: 'cuts', reads: 'marks' } as const;

/** A driver at whose host hv-1 something of others stands beside what it is given, and whether a change finds it. */
class Beside {
  isThere = true;
  readonly driver: OverlayDriver;

  constructor(stage: Stage, fault: OverlayUnavailable) {
    const overlay = stage.overlay('shard-1');
    this.driver = {
      name: overlay.name,
      mark: (host) => overlay.mark(host),
      apply: async (host, change) => {
        const held = await overlay.apply(host, change);
        if (host === 'hv-1' && this.isThere) throw fault;
        return held;
      },
      read: async (host, expected) => {
        const reading = await overlay.read(host, expected);
        const beside: HostReading = { kind: 'unreadable', problem, isOthers: true };
        return host === 'hv-1' && this.isThere && reading.kind !== 'nothing' ? beside : reading;
      },
    };
  }

  get of(): NonNullable<Request> {
    return { shards: ['shard-1'], driverFor: () => this.driver };
  }
}

async function acknowledged(stage: Stage): Promise<string[]> {
  return (await stage.overlayEvents()).filter((event) => event.startsWith('ChangeApplied'));
}

const faults = [
  ['said so', new FoundBeside(problem)],
  ['was lost', new OverlayUnavailable('no answer')],
] as const;

describe.each(faults)(
  'a host whose first change was taken beside something of others, and %s',
  (_what, fault) => {
    it.each<[string, Request]>([
      ['the same run', undefined],
      ['a quarantine', cuts],
      ['another sync', {}],
    ])('is acknowledged by %s only once it is read whole, and right', async (_who, next) => {
      const stage = new Stage();
      await stage.enact(town);
      const beside = new Beside(stage, fault);
      const first = await stage.sync({ ...beside.of, timeoutMs: next === undefined ? 2000 : 0 });
      expect(first.shards[0]?.absent).toMatchObject([{ host: 'hv-1' }]);
      if (next === cuts) await stage.quarantine('acme');
      if (next !== undefined) await stage.sync({ ...beside.of, ...next, timeoutMs: 0 });
      expect(await acknowledged(stage)).not.toContain('ChangeApplied hv-1');
      expect((await stage.drifts()).map(({ host }) => host)).toEqual(['hv-1']);
      beside.isThere = false;
      const { estate } = await stage.sync({ ...beside.of, ...next });
      expect(await acknowledged(stage)).toContain('ChangeApplied hv-1');
      expect(appliedShard(estate.state.applied, 'shard-1').drifted.size).toBe(0);
    });

    it('is not acknowledged after an applier that died before it recorded anything', async () => {
      const stage = new Stage();
      await stage.enact(town);
      const beside = new Beside(stage, fault);
      stage.ledger.appendsLeft = 1;
      await expect(stage.sync({ ...beside.of, timeoutMs: 0 })).rejects.toThrow('crash');
      stage.ledger.appendsLeft = Number.POSITIVE_INFINITY;
      await stage.quarantine('acme');
      await stage.sync({ ...beside.of, ...cuts, timeoutMs: 0 });
      expect(await acknowledged(stage)).not.toContain('ChangeApplied hv-1');
      expect((await stage.drifts()).map(({ host }) => host)).toEqual(['hv-1']);
    });
  },
);

describe('what was found beside a change', () => {
  it('is recorded as it was found, also where it is gone before anybody looks again, and the host given its set anew', async () => {
    const stage = new Stage();
    await stage.enact(town);
    const beside = new Beside(stage, new FoundBeside(problem));
    await stage.sync({ ...beside.of, timeoutMs: 0 });
    beside.isThere = false;
    stage.overlay('shard-1').changes.splice(0);
    await stage.sync(beside.of);
    expect(await stage.drifts()).toMatchObject([{ host: 'hv-1', plan: 0, found: 'unreadable', problem }]);
    expect(stage.overlay('shard-1').changes).toMatchObject([{ from: 'anything', plan: 1 }]);
    expect((await stage.entries()).slice(-2).map(({ type }) => type)).toEqual([
      'ChangeApplied',
      'DriftCorrected',
    ]);
  });
});
