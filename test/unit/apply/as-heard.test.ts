import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Synced } from '../../../src/apply/drive/sync.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

const [hv5, hv6] = ['hv-5', 'hv-6'].map(
  (host, index) => `{ kind: Host, host: ${host}, shard: shard-1, tunnelIp: 172.31.1.${String(index)} }`,
);

/**
 * The hosts of a stage, some of which say their marks when somebody lets them, and never before. No time passes: whatever happens
 * happens before any host is given up.
 */
class SilentHosts {
  readonly stage = new Stage(new ManualClock());
  readonly silent = new Map<string, PromiseWithResolvers<undefined>>();
  #before = 0;

  async drive(yaml: string): Promise<void> {
    await this.stage.enact(yaml);
    await this.stage.sync();
  }

  silence(...hosts: string[]): void {
    for (const host of hosts) this.silent.set(host, Promise.withResolvers());
  }

  answer(host: string): void {
    this.silent.get(host)?.resolve(undefined);
  }

  async cut(how: Partial<Parameters<Stage['sync']>[0]> = {}): Promise<{ over: Promise<Synced> }> {
    this.#before = (await this.#events()).length;
    const base = { shards: ['shard-1'], only: 'cuts', reads: 'marks', timeoutMs: 60_000 } as const;
    return { over: this.stage.sync({ ...base, driverFor: ({ shard }) => this.#driver(shard), ...how }) };
  }

  /** What came to be recorded, by the time that nothing further happens by itself. */
  async recorded(): Promise<string[]> {
    for (let last = -1, now = 0; last < now;) {
      last = now;
      await setTimeout(20);
      now = (await this.stage.entries()).length;
    }
    return (await this.#events()).slice(this.#before);
  }

  async #events(): Promise<string[]> {
    return (await this.stage.entries())
      .filter(({ subject }) => /^(overlay|observed|host)\//.test(subject))
      .map(({ type, data }) =>
        'host' in data && typeof data.host === 'string' ? `${type} ${data.host}` : type,
      );
  }

  #driver(shard: string): OverlayDriver {
    const overlay = this.stage.overlay(shard);
    return {
      name: overlay.name,
      mark: async (host) => {
        await this.silent.get(host)?.promise;
        return overlay.mark(host);
      },
      read: (host, expected) => overlay.read(host, expected),
      apply: (host, change) => overlay.apply(host, change),
    };
  }
}

describe('a host that does not say its mark', () => {
  it('delays no other that is cut, emptied or had drifted, whatever place it has among them', async () => {
    for (const silent of ['hv-1', 'hv-5']) {
      const hosts = new SilentHosts();
      const { stage } = hosts;
      await hosts.drive([town, hv5, hv6].join('\n---\n'));
      await stage.enact([town, hv5].join('\n---\n'), 'all');
      await stage.quarantine('acme');
      stage.overlay('shard-1').hosts.delete('hv-2');
      hosts.silence(silent);
      const { over } = await hosts.cut();
      const others = ['hv-1', 'hv-2', 'hv-5'].filter((host) => host !== silent);
      await vi.waitFor(async () => {
        const came = await hosts.recorded();
        expect(came[0]).toBe('ChangePlanned');
        expect(came.toSorted()).toEqual(
          [
            'ChangePlanned',
            'DriftDetected hv-2',
            'DriftCorrected hv-2',
            'HostCleared hv-6',
            ...others.map((host) => `ChangeApplied ${host}`),
          ].toSorted(),
        );
      });
      expect(stage.clock.elapsedMs()).toBe(0);
      hosts.answer(silent);
      expect((await over).shards).toMatchObject([{ driven: ['hv-1', 'hv-2', 'hv-5'], absent: [] }]);
      expect(await stage.drifts()).toMatchObject([{ host: 'hv-2', plan: 1, found: 'nothing' }]);
    }
  });

  it('delays no other though there are more of them than are driven at a time', async () => {
    const hosts = new SilentHosts();
    const names = Array.from({ length: 12 }, (_, index) => `h-${String(index)}`);
    const documents = names.map(
      (host, index) => `{ kind: Host, host: ${host}, shard: shard-1, tunnelIp: 172.31.1.${String(index)} }`,
    );
    await hosts.drive([town, ...documents].join('\n---\n'));
    await hosts.stage.quarantine('acme');
    hosts.silence('hv-1', ...names);
    const { over } = await hosts.cut();
    expect(await hosts.recorded()).toEqual(['ChangePlanned', 'ChangeApplied hv-2']);
    for (const host of hosts.silent.keys()) hosts.answer(host);
    expect((await over).shards[0]?.absent).toEqual([]);
  });

  it('delays no other that is read by its mark, also where nobody is cut off', async () => {
    const hosts = new SilentHosts();
    await hosts.drive(town);
    await hosts.stage.enact(`${town}---\n{ kind: Tenant, tenant: late, shard: shard-1, segments: [one] }`);
    hosts.silence('hv-1');
    const { over } = await hosts.cut({ only: undefined });
    expect(await hosts.recorded()).toEqual(['ChangePlanned', 'ChangeApplied hv-2']);
    hosts.answer('hv-1');
    const { shards } = await over;
    expect(shards).toMatchObject([{ driven: ['hv-1', 'hv-2'], absent: [] }]);
  });

  it('is waited for before anything is planned where all others hold objects of another ledger', async () => {
    for (const isForeign of [true, false]) {
      const hosts = new SilentHosts();
      const { stage } = hosts;
      await hosts.drive(town);
      await stage.quarantine('acme');
      stage.overlay('shard-1').giveTo('hv-2', 'another');
      if (isForeign) stage.overlay('shard-1').giveTo('hv-1', 'another');
      hosts.silence('hv-1');
      const { over } = await hosts.cut();
      expect(await hosts.recorded()).toEqual([]);
      hosts.answer('hv-1');
      const { shards } = await over;
      expect(shards[0]?.refused.map(({ host }) => host)).toEqual(isForeign ? ['hv-1', 'hv-2'] : ['hv-2']);
      expect((await hosts.recorded()).toSorted()).toEqual(
        isForeign
          ? ['DriftDetected hv-1', 'DriftDetected hv-2']
          : ['ChangeApplied hv-1', 'ChangeFailed hv-2', 'ChangePlanned', 'DriftDetected hv-2'],
      );
    }
  });
});

it('hosts that are registered while the first ones are asked are driven as well', async () => {
  const hosts = new SilentHosts();
  const { stage } = hosts;
  await hosts.drive(town);
  await stage.quarantine('acme');
  hosts.silence('hv-1', 'hv-2');
  const { over } = await hosts.cut();
  expect(await hosts.recorded()).toEqual([]);
  await stage.enact([town, hv5].join('\n---\n'));
  hosts.answer('hv-1');
  hosts.answer('hv-2');
  const { shards } = await over;
  expect(shards).toMatchObject([{ driven: ['hv-1', 'hv-2', 'hv-5'], absent: [] }]);
});
