import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { draftOf } from '../../../events/draft.ts';
import { StoreUnavailable } from '../../../src/ledger/faults.ts';
import type { AppendRequest, AppendResult, Ledger } from '../../../src/ledger/port.ts';
import { VerifierDisagrees } from '../../../projections/isolation/judging/witness.ts';
import { categoryOf } from '../../../src/runtime/errors.ts';
import { RoleLost } from '../../../src/serve/fenced-ledger.ts';
import { VerdictContradicted } from '../../../src/verify/faults.ts';
import { everySubject, LiveWatch } from '../../../src/verify/violations/violation-watch.ts';
import { samples } from '../events/samples.ts';
import { policy } from '../isolation/documents.ts';
import { after, type History } from '../isolation/history.ts';
import { Dice } from '../isolation/random-estate.ts';
import { carriedOut, hosts, leaking, objects } from '../isolation/small-estate.ts';
import { randomTale } from '../isolation/tales.ts';
import { acls, routes } from '../isolation/wiring.ts';
import { SpoiltIndex } from './spoilt-index.ts';
import { VerifierScene } from './verifier-scene.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

const leak = [
  ...objects,
  ...routes(1, 3),
  ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] }),
];

function mend(history: History): History {
  return history.plan(objects).acknowledge(hosts);
}

/** A ledger whose appends do something before. */
function before(ledger: Ledger, doing: (request: AppendRequest) => Promise<void>): Ledger {
  return {
    id: ledger.id,
    capabilities: ledger.capabilities,
    read: (range) => ledger.read(range),
    subscribe: (options) => ledger.subscribe(options),
    head: () => ledger.head(),
    close: () => ledger.close(),
    async append(request): Promise<AppendResult> {
      await doing(request);
      return ledger.append(request);
    },
  };
}

describe('the role of the verifier', () => {
  let scene: VerifierScene;
  beforeEach(() => {
    scene = new VerifierScene();
  });
  afterEach(() => {
    scene.end();
  });

  it('records a violation as it opens, and its end as it closes, with the packet, the rules and both causes', async () => {
    const history = carriedOut();
    await scene.record(history);
    const { verdicts } = await scene.hold();
    await scene.settle();
    expect(await scene.recorded()).toEqual([]);
    await scene.record(history.wait(10).plan(leak).acknowledge(hosts));
    await scene.settle();
    const [violated] = (await scene.entries()).slice(-1);
    expect(violated).toMatchObject({
      type: 'IsolationViolated',
      subject: 'verify',
      tenant: 'c',
      effectiveAt: after(10),
      data: {
        ...{ kind: 'isolation', from: 'a/s', to: 'c/s', former: null },
        witness: { src: '10.1.0.1', dst: '10.3.0.1', protocol: 'tcp', dstPort: 22 },
        openedBy: { seq: 16, type: 'ChangePlanned', time: after(10) },
      },
    });
    await scene.record(mend(history.wait(10)));
    await scene.settle();
    expect(await scene.recorded()).toEqual([`isolation a/s c/s 16@${after(10)} 22@${after(20)}`]);
    expect(verdicts.recorded).toEqual({ violated: 1, restored: 1 });
    expect(verdicts.latencies.count).toBeGreaterThan(3);
  });

  it('does not judge what it records itself over and over', async () => {
    await scene.record(leaking());
    const { told } = await scene.hold();
    await scene.pass(5);
    const { size } = await scene.ledger.head();
    const last = (await scene.entries()).at(-1);
    expect(last).toMatchObject({ type: 'IsolationViolated', batch: { count: 1 } });
    await scene.pass(30);
    expect((await scene.ledger.head()).size).toBe(size);
    expect(told.at(-1)).toEqual({ seq: size - 1 });
  });

  it('records what opened and closed while nobody had the role, and nothing twice', async () => {
    const history = leaking();
    await scene.record(mend(history).wait(5).plan(leak).wait(5));
    const first = await scene.hold();
    await scene.pass(2);
    await first.end();
    const recorded = await scene.recorded();
    expect(recorded).toEqual([
      `isolation a/s c/s 15@${after(10)} 20@${after(30)}`,
      `isolation a/s c/s 21@${after(35)} lasts`,
    ]);
    const second = await scene.hold();
    await scene.pass(2);
    await second.end();
    expect(await scene.recorded()).toEqual(recorded);
    await scene.record(mend(history));
    await scene.hold();
    await scene.pass(2);
    expect((await scene.recorded())[0]).toBe(recorded[0]);
    expect((await scene.recorded())[1]).toMatch(/^isolation a\/s c\/s 21@\S+ \d+@/);
    expect(await scene.recorded()).toHaveLength(2);
  });

  it('records that a revocation is late once its limit ran out, though nothing is recorded meanwhile', async () => {
    const history = carriedOut();
    await scene.record(history);
    await scene.hold();
    await scene.record(history.wait(10).record(policy('b', {})));
    await scene.pass(60);
    expect(await scene.recorded()).toEqual([]);
    await scene.pass(1);
    const late = ['isolation a/s b/s', 'isolation x b/s'];
    expect(await scene.recorded()).toEqual(late.map((pair) => `${pair} null@${after(70)} lasts`));
    const { batch } = (await scene.entries()).at(-1) ?? {};
    expect(batch).toMatchObject({ count: 2 });
    await scene.hold();
    await scene.pass(5);
    expect(await scene.recorded()).toHaveLength(2);
  });

  it('takes back nothing where an entry comes that was recorded before the limit ran out, and arrives after', async () => {
    const history = carriedOut();
    await scene.record(history.wait(10).record(policy('b', {})));
    const late = Promise.withResolvers<undefined>();
    let isFirst = true;
    const through = before(scene.ledger, async () => {
      if (!isFirst) return;
      isFirst = false;
      // Somebody whose clock is behind acknowledged in time.
      const now = scene.clock.now();
      scene.clock.set(after(69));
      await scene.record(history.wait(59).plan([]).acknowledge(hosts));
      scene.clock.set(now);
      late.resolve(undefined);
    });
    await scene.hold({ through });
    await scene.pass(62);
    await late.promise;
    await scene.pass(3);
    expect(await scene.recorded()).toEqual(await scene.expected(after(74)));
    expect(await scene.recorded()).toEqual([]);
  });

  it.each(['recorded it', 'did nothing yet'])(
    'records nothing once another one has the role, who %s',
    async (what) => {
      const history = carriedOut();
      await scene.record(history);
      const paused = Promise.withResolvers<undefined>();
      const reached = Promise.withResolvers<undefined>();
      const through = before(scene.ledger, async () => {
        reached.resolve(undefined);
        await paused.promise;
      });
      const first = await scene.hold({ through });
      await scene.settle();
      await scene.record(history.wait(10).plan(leak).acknowledge(hosts));
      await reached.promise;
      const second = await scene.hold();
      if (what === 'recorded it') await scene.settle();
      else await second.end();
      const recorded = await scene.recorded();
      paused.resolve(undefined);
      if (what === 'did nothing yet') await expect(first.over).rejects.toThrow(RoleLost);
      await scene.pass(2);
      expect(await scene.recorded()).toEqual(recorded);
      await scene.record(mend(history.wait(10)));
      await scene.pass(2);
      expect(await scene.recorded()).toHaveLength(what === 'recorded it' ? 1 : 0);
    },
  );

  it('goes on from where it was after the ledger did not answer', async () => {
    const history = leaking();
    await scene.record(history);
    let isAway = true;
    const through = before(scene.ledger, () =>
      isAway ? Promise.reject(new StoreUnavailable('the disk is away')) : Promise.resolve(),
    );
    const first = await scene.hold({ through });
    await expect(first.over).rejects.toThrow(StoreUnavailable);
    expect(await scene.recorded()).toEqual([]);
    isAway = false;
    await scene.hold({ through });
    await scene.settle();
    expect(await scene.recorded()).toHaveLength(1);
  });

  it('waits where the ledger is ahead of the clock, and says so: nobody can tell what is late', async () => {
    const history = carriedOut();
    await scene.record(history.wait(10).record(policy('b', {})));
    scene.clock.set(after(600));
    await scene.say(policy('c', {}));
    scene.clock.set(after(11));
    const { told } = await scene.hold();
    await scene.pass(3);
    expect(await scene.recorded()).toEqual([]);
    const { waitsFor, ...progress } = told.at(-1) ?? { seq: NaN };
    expect(progress).toEqual({ seq: 15, behind: 1 });
    expect(waitsFor?.what).toContain(`is of ${after(600)}`);
    scene.clock.set(after(602));
    await scene.settle();
    expect(await scene.recorded()).toEqual(await scene.expected(after(601)));
    expect(await scene.recorded()).toHaveLength(2);
    expect(told.at(-1)).not.toHaveProperty('waitsFor');
  });

  it('withdraws what is recorded and is no violation, as another version of the verifier may have come to', async () => {
    await scene.record(leaking());
    const openedBy = { seq: 3, id: 'x', type: 'HostRegistered', time: after(0) };
    const pair = { kind: 'airgap', from: 'a/s', to: 'b/s' } as const;
    const witness = { src: null, dst: null, protocol: 'icmp' };
    await scene.say({
      type: 'IsolationViolated',
      data: { ...pair, openedBy, witness, former: null, rules: [] },
    });
    const { size } = await scene.ledger.head();
    await scene.hold();
    await scene.pass(2);
    const ends = (await scene.entries()).filter(({ type }) => type === 'IsolationRestored');
    expect(ends).toMatchObject([{ data: { ...pair, violation: size - 1, closedBy: null } }]);
    expect(await scene.recorded()).toHaveLength(2);
  });

  it('knows the first word of every subject, so that nothing comes unseen between what time brought and its record', () => {
    const words = Object.values(samples).map((sample) => draftOf(sample).subject.split('/')[0] ?? '');
    expect([...new Set(words)].sort()).toEqual([...everySubject].sort());
  });

  it('stops for good where its two ways of judging contradict each other', async () => {
    class Torn extends LiveWatch {
      override catchUp(): never {
        throw new VerdictContradicted(
          new VerifierDisagrees({ src: '10.1.0.1', dst: '10.3.0.1', protocol: 'tcp' }, 'delivered'),
        );
      }
    }
    const { over } = await scene.hold({ newWatch: () => new Torn() });
    const fault: unknown = await over.catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'VerifierDisagrees' });
    expect(categoryOf(fault)).toBe('integrity');
  });

  it('given random histories, and holders who come and go, records what verify says of all the time, each once', async () => {
    let violations = 0;
    const spoilt = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
        const { history } = randomTale(dice, 6);
        const here = new VerifierScene();
        const index = new SpoiltIndex(here, dice);
        const hold = (): ReturnType<VerifierScene['hold']> => here.hold({ newWatch: () => index.watch() });
        let holder = dice.chance(0.7) ? await hold() : undefined;
        for (const [at, { recordedAt }] of history.batches.entries()) {
          while (here.clock.now() < recordedAt && dice.chance(0.9)) await here.pass(1);
          await here.record({ batches: history.batches.slice(0, at + 1), now: recordedAt });
          if (dice.chance(0.5)) await here.settle();
          if (dice.chance(0.2)) {
            await holder?.end();
            await index.spoil();
            holder = dice.chance(0.7) ? await hold() : undefined;
          }
        }
        await holder?.end();
        await index.spoil();
        await hold();
        await here.pass(3);
        here.clock.pass(300_000);
        await here.pass(3);
        const until = new Date(Date.parse(here.clock.now()) - 1_000).toISOString();
        expect(await here.recorded(), `seed ${String(seed)}`).toEqual(await here.expected(until));
        violations += (await here.recorded()).length;
        here.end();
        index.end();
        for (const what of index.was) spoilt.add(what);
      }),
      { numRuns: 12 * scale },
    );
    expect([...spoilt].sort()).toEqual(['another engine', 'as it was', 'behind', 'damaged', 'of verify']);
    expect(violations).toBeGreaterThan(10);
  }, 120_000);
});
