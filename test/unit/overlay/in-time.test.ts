import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { OverlayUnavailable, StandsStill } from '../../../src/overlay/faults.ts';
import {
  answerMsMax,
  countersMsMax,
  inTime,
  marksWithin,
  promptMarkMsMax,
  unaskedMsMax,
  urgentMarkMsMax,
} from '../../../src/overlay/in-time.ts';
import type { HostMeans, OverlayDriver } from '../../../src/overlay/port.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { passAwake } from '../../support/pass-awake.ts';
import { nothingExpected, wholeSet } from '../../support/host-change.ts';

const change = wholeSet({ plan: 1, objects: [] });

it('gives the answers of hosts that answer', async () => {
  const driver = inTime(new MemoryOverlay(), new ManualClock());
  expect(driver.name).toBe('memory');
  expect(await driver.mark('hv-1')).toEqual({ kind: 'nothing' });
  expect(await driver.apply('hv-1', change)).toMatchObject({ plan: 1 });
  expect(await driver.read('hv-1', nothingExpected)).toMatchObject({ kind: 'objects' });
});

it('says of a host that does not answer that it is away', async () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const silent: OverlayDriver = { name: 'silent', mark: never, read: never, apply: never };
  const clock = new ManualClock();
  const driver = inTime(silent, clock);
  const calls = [driver.mark('hv-1'), driver.read('hv-1', nothingExpected), driver.apply('hv-1', change)];
  const outcomes = Promise.allSettled(calls);
  await passAwake(clock, answerMsMax);
  for (const outcome of await outcomes) {
    const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
    expect(reason).toBeInstanceOf(OverlayUnavailable);
    expect(String(reason)).toMatch(/host hv-1 did not answer within 60 seconds/);
  }
});

it('lays it to no host that this process stood still', async () => {
  const overlay = new MemoryOverlay();
  const clock = new ManualClock();
  const answer = Promise.withResolvers<undefined>();
  const mark = overlay.mark.bind(overlay);
  overlay.mark = async (host) => {
    await answer.promise;
    return mark(host);
  };
  const marked = marksWithin(overlay, clock, { markMs: urgentMarkMsMax }).mark('hv-1');
  clock.pass(10 * answerMsMax);
  await passAwake(clock, urgentMarkMsMax - 250);
  clock.pass(10 * answerMsMax);
  await setImmediate();
  answer.resolve(undefined);
  expect(await marked).toEqual({ kind: 'nothing' });
});

describe('a host that is read, where marks are to be said soon', () => {
  /** Reads a host that stands still, or only says its mark. */
  function reading(says: 'nothing' | 'its mark' | 'a fault'): {
    clock: ManualClock;
    outcome: Promise<unknown>;
  } {
    const overlay = new MemoryOverlay();
    const clock = new ManualClock();
    const never = (): Promise<never> => new Promise(() => undefined);
    overlay.read = never;
    if (says === 'nothing') overlay.mark = never;
    if (says === 'a fault') overlay.mark = () => Promise.reject(new OverlayUnavailable('hv-1 is away'));
    const read = marksWithin(inTime(overlay, clock), clock, { markMs: promptMarkMsMax }).read(
      'hv-1',
      nothingExpected,
    );
    return { clock, outcome: read.catch((fault: unknown) => fault) };
  }

  it('stands still if it does not say its mark either', async () => {
    const { clock, outcome } = reading('nothing');
    await passAwake(clock, promptMarkMsMax);
    expect(await outcome).toBeInstanceOf(StandsStill);
    expect(String(await outcome)).toMatch(/did not answer within 5 seconds/);
  });

  it.each(['its mark', 'a fault'] as const)('is waited for if it says %s', async (says) => {
    const { clock, outcome } = reading(says);
    await passAwake(clock, answerMsMax - unaskedMsMax);
    expect(await Promise.race([outcome, setImmediate('waited for')])).toBe('waited for');
    await passAwake(clock, unaskedMsMax);
    expect(await outcome).toBeInstanceOf(OverlayUnavailable);
    expect(await outcome).not.toBeInstanceOf(StandsStill);
  });

  it('gives what it holds if it says its mark, and takes longer for the rest', async () => {
    const overlay = new MemoryOverlay();
    const clock = new ManualClock();
    const answer = Promise.withResolvers<undefined>();
    const read = overlay.read.bind(overlay);
    overlay.read = async (...asked) => {
      await answer.promise;
      return read(...asked);
    };
    const driver = marksWithin(overlay, clock, { markMs: promptMarkMsMax });
    const outcome = driver.read('hv-1', nothingExpected);
    await passAwake(clock, promptMarkMsMax);
    answer.resolve(undefined);
    expect(await outcome).toEqual({ kind: 'nothing' });
  });

  it('is not asked if it answers at once', async () => {
    const overlay = new MemoryOverlay();
    const mark = vi.spyOn(overlay, 'mark');
    const driver = marksWithin(overlay, new ManualClock(), { markMs: promptMarkMsMax });
    expect(await driver.read('hv-1', nothingExpected)).toEqual({ kind: 'nothing' });
    expect(mark).not.toHaveBeenCalled();
  });
});

it('counts what hosts dropped only where the driver does, and waits less for that', async () => {
  const overlay = new MemoryOverlay();
  expect('drops' in inTime(overlay, new ManualClock())).toBe(false);
  overlay.count();
  const clock = new ManualClock();
  const counting = inTime(overlay, clock);
  expect(await counting.drops?.('hv-1', nothingExpected)).toEqual([]);
  overlay.drops = () => new Promise(() => undefined);
  const outcome = expect(inTime(overlay, clock).drops?.('hv-1', nothingExpected)).rejects.toThrow(
    /host hv-1 did not answer within 5 seconds/,
  );
  await passAwake(clock, countersMsMax);
  await outcome;
});

it('passes on what else a driver can do, where marks are to be said soon', async () => {
  const overlay = new MemoryOverlay();
  const clock = new ManualClock();
  const driver = marksWithin(overlay, clock, { markMs: promptMarkMsMax });
  expect('drops' in driver || 'means' in driver).toBe(false);
  expect(await driver.apply('hv-1', change)).toMatchObject({ plan: 1 });
  expect(await driver.mark('hv-1')).toMatchObject({ plan: 1 });
  overlay.count();
  const means: HostMeans = { words: 'a switch', lacks: [] };
  const able = marksWithin(Object.assign(overlay, { means: () => Promise.resolve(means) }), clock, {
    markMs: 1,
  });
  expect(await able.drops?.('hv-1', nothingExpected)).toEqual([]);
  expect(await able.means?.('hv-1')).toBe(means);
});

it('asks what hosts are able to do only where the driver can tell, and in time', async () => {
  const overlay = new MemoryOverlay();
  expect('means' in inTime(overlay, new ManualClock())).toBe(false);
  const means: HostMeans = { words: 'a switch', lacks: [] };
  const able: OverlayDriver = {
    name: overlay.name,
    mark: (host) => overlay.mark(host),
    read: (host, expected) => overlay.read(host, expected),
    apply: (host, given) => overlay.apply(host, given),
    means: () => Promise.resolve(means),
  };
  expect(await inTime(able, new ManualClock()).means?.('hv-1')).toBe(means);
});

it('watches hosts where the driver can, and ends what began too late', async () => {
  const overlay = new MemoryOverlay();
  const blind: OverlayDriver = {
    name: overlay.name,
    mark: (host) => overlay.mark(host),
    read: (host, expected) => overlay.read(host, expected),
    apply: (host, given) => overlay.apply(host, given),
  };
  const clock = new ManualClock();
  expect('watch' in inTime(blind, clock)).toBe(false);
  const stop = new AbortController();
  const changes = await inTime(overlay, clock).watch?.('hv-1', stop.signal);
  stop.abort();
  for await (const change of changes ?? []) throw new Error(change.what);
  let given: AbortSignal | undefined;
  const silent: OverlayDriver = {
    ...blind,
    watch: (_host, signal) => {
      given = signal;
      return new Promise(() => undefined);
    },
  };
  const late = inTime(silent, clock).watch?.('hv-1', new AbortController().signal);
  const outcome = expect(late).rejects.toThrow(/host hv-1 did not answer within 60 seconds/);
  await passAwake(clock, answerMsMax);
  await outcome;
  expect(given?.aborted).toBe(true);
});
