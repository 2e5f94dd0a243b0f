import type { PathLike } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { expectedSet, wholeSet } from '../../support/host-change.ts';

/** The file of a host that does not open until it is let go, and how many calls wait for that by now. */
const still = vi.hoisted(() => ({ host: '', calls: 0, until: Promise.withResolvers<undefined>() }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (path: PathLike, ...how: (number | undefined)[]) => {
      if (String(path).endsWith(`/${still.host}.jsonl`)) {
        still.calls += 1;
        await still.until.promise;
      }
      return real.open(path, ...how);
    },
  };
});

const objects = [{ kind: 'network', vni: 5000, segment: 'acme/web' }] as const;

it('reads, and changes, the other hosts while one of them stands still, and keeps one thread for that one', async () => {
  const driver = embeddedDriver({ folder: temporaryFolder(), ledger: 'l-1', shard: 'shard-1' });
  const hosts = ['hv-1', 'hv-2', 'hv-3'];
  for (const host of hosts) await driver.apply(host, wholeSet({ plan: 1, objects }));
  still.host = 'hv-1';
  const expected = expectedSet(objects);
  const calls = [
    driver.read('hv-1', expected),
    driver.mark('hv-1'),
    driver.read('hv-1', expected),
    driver.apply('hv-1', wholeSet({ plan: 2, objects })),
  ];
  for (const host of ['hv-2', 'hv-3']) {
    expect(await driver.read(host, expected)).toMatchObject({ kind: 'objects', mark: { plan: 1 } });
    await driver.apply(host, wholeSet({ plan: 2, objects }));
  }
  expect(still.calls).toBe(1);
  still.until.resolve(undefined);
  expect(await Promise.all(calls)).toMatchObject([{}, { plan: 1 }, {}, { plan: 2 }]);
});

it('judges hosts that are read at once each by its own file', async () => {
  const folder = temporaryFolder();
  const driver = embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' });
  const other = [...objects, { kind: 'network', vni: 5001, segment: 'acme/db' } as const];
  for (const host of ['hv-2', 'hv-3', 'hv-5']) await driver.apply(host, wholeSet({ plan: 1, objects }));
  await driver.apply('hv-4', wholeSet({ plan: 1, objects: other }));
  const fresh = embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' });
  const expected = expectedSet(objects);
  const readings = await Promise.all(
    ['hv-2', 'hv-3', 'hv-4', 'hv-5', 'hv-6'].map((host) => fresh.read(host, expected)),
  );
  expect(readings).toMatchObject([
    { objects: 1, delta: { put: [], removed: [] } },
    { objects: 1, delta: { put: [], removed: [] } },
    { objects: 2, delta: { put: [{ vni: 5001 }] } },
    { objects: 1, delta: { put: [], removed: [] } },
    { kind: 'nothing' },
  ]);
});
