import type { PathLike } from 'node:fs';
import { beforeEach, expect, it, vi } from 'vitest';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { expectedSet, step, wholeSet } from '../../support/host-change.ts';

/** The file of a host that cannot be closed, and perhaps not be read either. */
const upset = vi.hoisted(() => ({ host: '', isRead: true, open: 0 }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const failed = (code: string): Error => Object.assign(new Error(`${code}: of the test`), { code });
  return {
    ...real,
    open: async (path: PathLike, ...how: (number | undefined)[]) => {
      const file = await real.open(path, ...how);
      if (!String(path).includes(`/${upset.host}.jsonl`)) return file;
      const close = file.close.bind(file);
      upset.open += 1;
      file.close = async () => {
        upset.open -= 1;
        await close();
        throw failed('EDQUOT');
      };
      if (!upset.isRead) file.read = () => Promise.reject(failed('EIO'));
      return file;
    },
  };
});

const objects = [{ kind: 'network', vni: 5000, segment: 'acme/web' }] as const;
const more = [...objects, { kind: 'network', vni: 5001, segment: 'acme/db' }] as const;

async function hostToUpset(): Promise<OverlayDriver> {
  const driver = embeddedDriver({ folder: temporaryFolder(), ledger: 'l-1', shard: 'shard-1' });
  await driver.apply('hv-1', wholeSet({ plan: 1, objects }));
  upset.host = 'hv-1';
  return driver;
}

beforeEach(() => {
  Object.assign(upset, { host: 'none', isRead: true, open: 0 });
});

it.each<[string, (driver: OverlayDriver) => Promise<unknown>]>([
  ['mark', (driver) => driver.mark('hv-1')],
  ['read', (driver) => driver.read('hv-1', expectedSet(objects))],
  ['append', (driver) => driver.apply('hv-1', step({ plan: 1, objects }, { plan: 2, objects: more }))],
  ['whole set', (driver) => driver.apply('hv-1', wholeSet({ plan: 2, objects }))],
])('is away where the file cannot be closed: %s', async (_name, call) => {
  const driver = await hostToUpset();
  await expect(call(driver)).rejects.toBeInstanceOf(OverlayUnavailable);
  await expect(call(driver)).rejects.toThrow('EDQUOT');
  expect(upset.open).toBe(0);
});

it('tells why it could not be read where it cannot be closed after that either', async () => {
  const driver = await hostToUpset();
  upset.isRead = false;
  await expect(driver.mark('hv-1')).rejects.toThrow('the disk does not read or write it');
  await expect(driver.mark('hv-1')).rejects.toBeInstanceOf(OverlayUnavailable);
  expect(upset.open).toBe(0);
});
