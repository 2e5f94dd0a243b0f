import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import type { HostChange, OverlayDriver } from '../../../src/overlay/port.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';

const writer = new URL('../../support/killed-writer-process.ts', import.meta.url).pathname;

const networks = (from: number, count: number): OverlayObject[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'network',
    vni: 5000 + from + index,
    segment: `acme/s${String(from + index)}`,
  }));

const before = { plan: 1, objects: networks(0, 50) };
const after = { plan: 2, objects: networks(10, 50) };
const large = { plan: 2, objects: networks(10, 1500) };

/** The number of the plan whose set and mark a host holds; 0 if it holds nothing. */
async function planHeld(driver: OverlayDriver, targets: readonly Target[]): Promise<number> {
  const mark = await driver.mark('hv-1');
  if (mark.kind === 'nothing') return 0;
  const target = targets.find(({ plan }) => mark.kind === 'marked' && mark.plan === plan);
  if (target === undefined) throw new Error(JSON.stringify(mark));
  const digest = digestOfObjects(target.objects);
  expect(mark).toMatchObject({ digest, objects: target.objects.length });
  const reading = await driver.read('hv-1', expectedSet(target.objects));
  expect(reading).toMatchObject({ kind: 'objects', digest, delta: { put: [], removed: [] } });
  return target.plan;
}

it.each<[string, { given: readonly Target[]; torn?: true; to: Target; change: HostChange }]>([
  ['a line', { given: [before], to: after, change: step(before, after) }],
  ['a line in place of a torn one', { given: [before], torn: true, to: after, change: step(before, after) }],
  ['a file', { given: [before], to: after, change: wholeSet(after) }],
  ['the first file', { given: [], to: after, change: { ...wholeSet(after), from: 'nothing' } }],
  ['a file, since the line would outgrow it', { given: [before], to: large, change: step(before, large) }],
])(
  'a process that is killed at any moment while it writes %s leaves the old set or the new one',
  async (_what, { given, torn, to, change }) => {
    const held: number[] = [];
    for (let moment = 0; ; moment += 1) {
      const folder = temporaryFolder();
      const driver = embeddedDriver({ folder, ledger: 'l-1', shard: 'shard-1' });
      for (const target of given) await driver.apply('hv-1', wholeSet(target));
      if (torn) appendFileSync(join(folder, 'shard-1', 'hv-1.jsonl'), '{"change":1,"plan":2,"dig');
      const child = spawn(process.execPath, [writer, folder, JSON.stringify(change), String(moment)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await once(child, 'exit');
      held.push(await planHeld(driver, [...given, to]));
      await driver.apply('hv-1', change.from === 'nothing' && held.at(-1) !== 0 ? wholeSet(to) : change);
      expect(await planHeld(driver, [to])).toBe(to.plan);
      if (child.signalCode !== 'SIGKILL') {
        expect(child.exitCode).toBe(0);
        break;
      }
    }
    // Old up to one moment, and new from then on.
    const old = given.at(-1)?.plan ?? 0;
    expect(held.length).toBeGreaterThan(4);
    expect([held[0], held.at(-1)]).toEqual([old, to.plan]);
    expect(held).toEqual(held.toSorted((a, b) => a - b));
  },
);
