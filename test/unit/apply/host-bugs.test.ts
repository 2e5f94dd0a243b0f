import { expect, it } from 'vitest';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { town } from '../../support/documents.ts';
import { Stage } from '../../support/stage.ts';

it.each(['mark', 'apply'])(
  'an error that nobody foresaw when a host is asked to %s is thrown, once the other hosts were cut off',
  async (at) => {
    const stage = new Stage();
    await stage.enact(town);
    await stage.sync();
    await stage.quarantine('globex');
    const upset = <Answer>(call: string, host: string, answer: () => Promise<Answer>): Promise<Answer> =>
      call === at && host === 'hv-3' ? Promise.reject(new TypeError('of the test')) : answer();
    const driverFor = ({ shard }: { shard: string }): OverlayDriver => {
      const overlay = stage.overlay(shard);
      return {
        name: overlay.name,
        mark: (host) => upset('mark', host, () => overlay.mark(host)),
        read: (host, expected) => overlay.read(host, expected),
        apply: (host, change) => upset('apply', host, () => overlay.apply(host, change)),
      };
    };
    const cut = stage.sync({ driverFor, timeoutMs: 0, only: 'cuts', reads: 'marks' });
    await expect(cut).rejects.toThrow('of the test');
    const events = await stage.overlayEvents();
    const since = new Set(events.slice(events.lastIndexOf('ChangePlanned')));
    expect(since).toEqual(new Set(['ChangePlanned', 'ChangeApplied hv-4', 'ChangeFailed hv-3']));
  },
);
