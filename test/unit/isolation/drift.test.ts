import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { verify } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { host, shard } from './documents.ts';
import { corrected, drift } from './drift.ts';
import { gaps } from './found.ts';
import type { History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { carriedOut, hosts, leaking, objects } from './small-estate.ts';

const gap = (name: string): string =>
  `drift host/${name}: was found to hold something else than it acknowledged, and was not put right yet`;

function retired(name: string, at = 'east'): DomainEvent {
  return { type: 'HostRetired', data: { host: name, shard: at } };
}

function cleared(name: string, at = 'east'): DomainEvent {
  const evidence = { driver: 'embedded', objects: 0 };
  return { type: 'HostCleared', data: { host: name, shard: at, digest: digestOfObjects([]), evidence } };
}

/** A host found otherwise, in a second shard that has planned nothing yet. */
function drifted(name = 'hv-2'): History {
  return carriedOut().record(shard('west')).wait(10).record(drift(name)).wait(10);
}

describe('a host that was found to hold something else than it acknowledged', () => {
  test('stands in the way of a proof on the applied lane, and not of a violation', async () => {
    const verdict = async (history: History, lane: 'applied' | 'intended' = 'applied'): Promise<string> => {
      const clock = new ManualClock(history.now);
      return (await verify(ledgerOf(history), { at: { kind: 'now' }, lane, clock })).verdict;
    };
    expect(await verdict(drifted())).toBe('unknown');
    expect(await verdict(drifted(), 'intended')).toBe('proven');
    expect(await verdict(leaking().record(drift('hv-2')))).toBe('violated');
    expect(await verdict(drifted().record(corrected('hv-2', objects)))).toBe('proven');
  });

  test('is one gap, however often it was found so, and each host is its own', () => {
    const history = drifted().record(drift('hv-2'), drift('hv-2')).record(drift('hv-1'));
    expect(gaps(history)).toEqual([gap('hv-2'), gap('hv-1')]);
    expect(gaps(history.record(corrected('hv-2', objects)))).toEqual([gap('hv-1')]);
  });

  test('is in doubt after an acknowledgement alone, and until somebody names the set that it was to hold', () => {
    const history = drifted().acknowledge(hosts);
    expect(gaps(history)).toEqual([gap('hv-2')]);
    expect(gaps(history.record(corrected('hv-2', [])))).toEqual([gap('hv-2')]);
    expect(gaps(history.record(corrected('hv-2', objects, { shard: 'west' })))).toEqual([gap('hv-2')]);
    expect(gaps(history.record(corrected('hv-2', objects)))).toEqual([]);
  });

  test('and that is retired is in doubt until it was emptied', () => {
    const history = drifted().record(retired('hv-2'));
    expect(gaps(history)).toEqual([gap('hv-2')]);
    expect(gaps(history.record(cleared('hv-2')))).toEqual([]);
  });

  test('and that another shard gets meanwhile is in doubt until the first one has emptied it', () => {
    const history = drifted()
      .record(retired('hv-2'))
      .record(host('hv-2', '172.31.0.2', 'west'));
    history.plan(objects, 'west').acknowledge(['hv-2'], 'west');
    expect(gaps(history)).toEqual([gap('hv-2')]);
    expect(gaps(history.record(cleared('hv-2')))).toEqual([]);
  });

  test('and that goes over to another shard is in doubt until it acknowledges a plan of that one', () => {
    const history = drifted()
      .record(host('hv-2', '172.31.0.2', 'west'))
      .plan(objects, 'west');
    expect(gaps(history)).toEqual([gap('hv-2')]);
    expect(gaps(history.acknowledge(['hv-2'], 'west'))).toEqual([]);
  });
});
