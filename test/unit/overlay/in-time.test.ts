import { expect, it } from 'vitest';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { answerMsMax, countersMsMax, inTime } from '../../../src/overlay/in-time.ts';
import type { HostMeans, OverlayDriver } from '../../../src/overlay/port.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
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
  clock.pass(answerMsMax);
  for (const outcome of await outcomes) {
    const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
    expect(reason).toBeInstanceOf(OverlayUnavailable);
    expect(String(reason)).toMatch(/host hv-1 did not answer within 60 seconds/);
  }
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
  clock.pass(countersMsMax);
  await outcome;
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
