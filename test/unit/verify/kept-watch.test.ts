import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { draftOf } from '../../../events/draft.ts';
import { Engine } from '../../../projections/isolation/engine/engine.ts';
import type { LedgerReader } from '../../../src/ledger/port.ts';
import { unhurried } from '../../../src/ledger/unhurried.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import type { KeptHistory } from '../../../src/verify/history/kept-history.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { KeptWatch } from '../../../src/verify/violations/kept-watch.ts';
import { LiveWatch, Overtaken, type ViolationWatch } from '../../../src/verify/violations/violation-watch.ts';
import { actor } from '../../support/stage.ts';
import { policy } from '../isolation/documents.ts';
import { after, type History } from '../isolation/history.ts';
import { Dice } from '../isolation/random-estate.ts';
import { seesawTale } from '../isolation/seesaw.ts';
import { carriedOut, leaking } from '../isolation/small-estate.ts';
import { randomTale } from '../isolation/tales.ts';
import { VerifierScene } from '../serve/verifier-scene.ts';
import { historyAt } from './history-of.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

let folder = '';
let history: KeptHistory;
let scene: VerifierScene;
const path = (): string => join(history.folder, 'applied.sqlite');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isoledger-watch-'));
  history = { folder: join(folder, 'history'), engine: 'the engine' };
  scene = new VerifierScene();
});
afterEach(() => {
  scene.end();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Lets a watch catch up, and counts the batches that it judges. */
async function caughtUp(
  watch: ViolationWatch,
  here: { readonly ledger: LedgerReader; readonly clock: Clock } = scene,
): Promise<number> {
  let judged = 0;
  const { signal } = new AbortController();
  await watch.catchUp(here.ledger, { clock: here.clock, signal, onJudged: () => void (judged += 1) });
  return judged;
}

/** How many batches a new watch judges, once it said the same as one that begins with the first entry. */
async function judgedAnew(here = scene, of = history): Promise<number> {
  const [watch, other] = [new KeptWatch(of), new LiveWatch()];
  const judged = await caughtUp(watch, here);
  await caughtUp(other, here);
  expect(dueOf(watch)).toEqual(dueOf(other));
  expect(watch.next).toEqual(other.next);
  expect(watch.judged).toEqual(other.judged);
  watch.drop();
  return judged;
}

/** What is due, in some order: events that one stop brings have none. */
function dueOf(watch: ViolationWatch): { readonly events: string[]; readonly conditions: unknown } {
  const { events = [], conditions } = watch.due() ?? {};
  return { events: events.map((event) => JSON.stringify(event)).sort(), conditions };
}

async function batchesOf(here = scene): Promise<number> {
  return (await here.entries()).filter(({ batch }) => batch.index === 0).length;
}

/** Records a history, and keeps what a watch comes to. */
async function keptOf(of: History): Promise<void> {
  await scene.record(of);
  scene.clock.pass(2_000);
  const watch = new KeptWatch(history);
  expect(await caughtUp(watch)).toBe(await batchesOf());
  watch.keep();
  watch.close();
}

test('given what was kept, a watch judges only what came since, and the engine follows nothing else', async () => {
  const leaks = leaking();
  await keptOf(leaks);
  const follow = vi.spyOn(Engine.prototype, 'follow');
  const watch = new KeptWatch(history);
  expect(await caughtUp(watch)).toBe(0);
  expect(follow).not.toHaveBeenCalled();
  expect(watch.due()?.events).toMatchObject([
    { type: 'IsolationViolated', data: { from: 'a/s', to: 'c/s' } },
  ]);
  await scene.record(leaks.wait(60).record(policy('b', {})));
  expect(await caughtUp(watch)).toBe(1);
  expect(follow).toHaveBeenCalledTimes(1);
  watch.close();
  expect(await judgedAnew()).toBe(0);
});

test('a watch keeps as it goes on, and what it keeps is what verify answers by', async () => {
  const leaks = leaking();
  await keptOf(leaks);
  const watch = new KeptWatch(history);
  await caughtUp(watch);
  const sizes: number[] = [];
  for (const seconds of [10, 20, 30]) {
    await scene.record(leaks.wait(seconds).record(policy('b', {})));
    scene.clock.pass(2_000);
    await caughtUp(watch);
    watch.keep();
    const index = historyAt(path());
    sizes.push(index.meta.cursor.size);
    index.close();
  }
  const { size } = await scene.ledger.head();
  expect(sizes).toEqual([size - 2, size - 1, size]);
  watch.close();
  let read = 0;
  const { clock } = scene;
  const asked = { lane: 'applied', clock, onBatch: () => void (read += 1) } as const;
  const report = await verifyInterval(scene.ledger, { ...asked, history });
  expect(read).toBe(0);
  expect(report).toEqual(await verifyInterval(scene.ledger, asked));
});

test('a watch that ended and goes on keeps again, unless others put an index of their own there', async () => {
  await keptOf(carriedOut());
  const watch = new KeptWatch(history);
  await caughtUp(watch);
  watch.close();
  const goesOn = async (): Promise<boolean> => {
    await scene.say(policy('b', {}));
    scene.clock.pass(2_000);
    await caughtUp(watch);
    watch.close();
    return (await judgedAnew()) === 0;
  };
  expect(await goesOn()).toBe(true);
  await scene.say(policy('c', {}));
  const { clock } = scene;
  await verifyInterval(scene.ledger, { lane: 'applied', clock, history });
  expect(await goesOn()).toBe(false);
});

test('a watch that is stopped halfway goes on from there, and keeps what it comes to', async () => {
  await scene.record(leaking());
  scene.clock.pass(2_000);
  const watch = new KeptWatch(history);
  const ending = new AbortController();
  await watch.catchUp(scene.ledger, {
    ...{ clock: scene.clock, signal: ending.signal },
    onJudged: () => {
      ending.abort();
    },
  });
  watch.keep();
  watch.close();
  expect(existsSync(path())).toBe(false);
  expect(await caughtUp(watch)).toBe((await batchesOf()) - 1);
  watch.close();
  expect(await judgedAnew()).toBe(0);
});

async function expectAnew(): Promise<void> {
  await scene.say(policy('b', {}));
  scene.clock.pass(2_000);
  const watch = new KeptWatch(history);
  expect(await caughtUp(watch)).toBe(await batchesOf());
  watch.close();
  expect(await judgedAnew()).toBe(0);
}

test.each([
  ['its findings were', "UPDATE item SET body = replace(body, 'isolation', 'missing')"],
  ['what it keeps of the engine was', "UPDATE kept SET text = replace(text, '1', '2')"],
  ['a part of the engine was cut, and it', "DELETE FROM kept WHERE key <> 'engine'"],
  ['a table was dropped, and it', 'DROP TABLE kept'],
])('where %s edited, a watch begins with the first entry, and keeps that', async (_, edit) => {
  await keptOf(leaking());
  const database = new DatabaseSync(path());
  database.exec(edit);
  database.close();
  await expectAnew();
});

test('where the ledger forked, with as many entries of the same times, a watch begins with the first entry', async () => {
  await keptOf(leaking());
  const { id } = scene.ledger;
  scene = new VerifierScene();
  await scene.record(leaking());
  scene.clock.pass(2_000);
  const ledger = { ...unhurried(scene.ledger, () => Promise.resolve()), id };
  expect(await caughtUp(new KeptWatch(history), { ledger, clock: scene.clock })).toBe(await batchesOf());
});

test('where nothing is there, or something else, a watch begins with the first entry, and keeps that', async () => {
  await keptOf(leaking());
  rmSync(path());
  await expectAnew();
  writeFileSync(path(), 'no index');
  await expectAnew();
  history = { ...history, engine: 'another' };
  await expectAnew();
  scene = new VerifierScene();
  await scene.record(leaking());
  await expectAnew();
});

test('where the clock is behind what was kept, a watch judges by its own clock alone', async () => {
  const revoked = carriedOut().wait(10).record(policy('b', {}));
  await scene.record(revoked);
  // The limit ran out this very moment, and an entry may be on its way that was recorded before.
  scene.clock.set(after(70));
  await verifyInterval(scene.ledger, { lane: 'applied', clock: scene.clock, history });
  expect(await judgedAnew()).toBe(await batchesOf());
  scene.clock.pass(1_000);
  expect(await judgedAnew()).toBe(0);
  scene.clock.set(after(-120));
  expect(await judgedAnew()).toBe(0);
});

test('where an entry comes from before a time that was judged, a watch begins with the first entry, and keeps that', async () => {
  await scene.record(carriedOut().wait(10).record(policy('b', {})));
  scene.clock.set(after(75));
  const first = new KeptWatch(history);
  await caughtUp(first);
  first.close();
  const watch = new KeptWatch(history);
  expect(await caughtUp(watch)).toBe(0);
  scene.clock.set(after(69));
  await scene.say(policy('c', {}));
  scene.clock.set(after(76));
  await expect(caughtUp(watch)).rejects.toThrow(Overtaken);
  watch.drop();
  const next = new KeptWatch(history);
  expect(await caughtUp(next)).toBe(await batchesOf());
  next.close();
  expect(await judgedAnew()).toBe(0);
});

test('others have their turn while a long ledger is folded, and while it is judged', async () => {
  await scene.record(leaking());
  scene.clock.pass(2_000);
  let elapsed = 0;
  const clock = { now: () => scene.clock.now(), elapsedMs: () => (elapsed += 25) };
  const { signal } = new AbortController();
  for (const what of ['judged', 'folded']) {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const watch = new KeptWatch(history);
    await watch.catchUp(scene.ledger, { clock, signal });
    isOver = true;
    watch.close();
    expect(turns, what).toBeGreaterThanOrEqual(await batchesOf());
  }
});

test('given random histories, what is due by what was kept at any point is what a watch from the first entry says', async () => {
  let resumed = 0;
  let due = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      const { batches } = dice.chance(0.5) ? seesawTale(dice).history : randomTale(dice, 5).history;
      const here = new VerifierScene();
      rmSync(history.folder, { recursive: true, force: true });
      let watch = new KeptWatch(history);
      for (const [index, { recordedAt }] of batches.entries()) {
        await here.record({ batches: batches.slice(0, index + 1), now: recordedAt });
        if (dice.chance(0.6)) continue;
        here.clock.pass(dice.pick(10, 1_000, 2_500));
        const late = await caughtUp(watch, here).catch((error: unknown) => error);
        if (late instanceof Error) expect(late).toBeInstanceOf(Overtaken);
        const { events = [] } = late instanceof Error ? {} : (watch.due() ?? {});
        due += events.length;
        if (events.length > 0 && dice.chance(0.5))
          await here.ledger.append({ events: events.slice(0, 2).map(draftOf), actor });
        if (dice.chance(0.5)) watch.keep();
        if (late instanceof Error) watch.drop();
        else if (dice.chance(0.5)) continue;
        watch.close();
        watch = new KeptWatch(history);
        if ((await judgedAnew(here)) < (await batchesOf(here))) resumed += 1;
      }
      here.end();
    }),
    { numRuns: 8 * scale },
  );
  expect(resumed).toBeGreaterThan(8);
  expect(due).toBeGreaterThan(8);
}, 120_000);
