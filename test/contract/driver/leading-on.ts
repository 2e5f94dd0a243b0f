import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { DriverFault } from '../../doubles/memory-overlay.ts';
import { markOf, type Target } from '../../support/host-change.ts';
import { Host, lacking, without, type HostFaultName } from './host.ts';
import { objectsFor } from './town.ts';
import type { OpenOverlay } from './under-test.ts';

const digestOfOthers = digestOfObjects([{ kind: 'route', from: 1, to: 2 }]);

/** Two sets of the town that follow one upon the other. */
async function twoPlans(): Promise<{ before: Target; after: Target }> {
  return {
    before: { plan: 1, objects: await objectsFor('closed') },
    after: { plan: 2, objects: await objectsFor('open') },
  };
}

/** A large set: so many networks, beside the objects of the town. */
async function townAnd(networks: number): Promise<OverlayObject[]> {
  const many = Array.from({ length: networks }, (_, index): OverlayObject => ({
    kind: 'network',
    vni: 1_000_000 + index,
    segment: `many/s${String(index)}`,
  }));
  return [...(await objectsFor('open')), ...many];
}

/** Changes of a host from the mark that it has. */
export function describeLeadingOn(open: OpenOverlay): void {
  describe('a host that is led on from a mark', () => {
    it('holds the set that the change leads to, from any set to any other', async () => {
      const host = new Host(open());
      const states = ['closed', 'open', 'cut', 'open', 'segment cut', 'closed', 'external cut'] as const;
      let held: Target = { plan: 1, objects: [] };
      await host.takesFirst(held);
      for (const state of states) {
        const next = { plan: held.plan + 1, objects: await objectsFor(state) };
        await host.isLedOn(held, next);
        held = next;
      }
    });

    it('holds whatever a row of small changes comes to, each as often as it is given', async () => {
      const all = await objectsFor('cut');
      await fc.assert(
        fc.asyncProperty(fc.array(fc.subarray(all), { minLength: 2, maxLength: 12 }), async (sets) => {
          const host = new Host(open());
          let held: Target = { plan: 1, objects: [] };
          await host.takes(held);
          for (const objects of sets) {
            const next = { plan: held.plan + 1, objects };
            await host.isLedOn(held, next);
            await host.isLedOn(held, next);
            held = next;
          }
        }),
        { numRuns: 10 },
      );
    });

    it('to the same set as another plan, holds it as that', async () => {
      const host = new Host(open());
      const { before } = await twoPlans();
      await host.takes(before);
      await host.isLedOn(before, { ...before, plan: 5 });
    });

    it('and lacks what is to go, holds the new set all the same', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const { before, after } = await twoPlans();
      await host.takes(after);
      const [lost] = after.objects.filter(({ kind }) => kind === 'acl');
      if (lost === undefined) throw new Error('no acl');
      overlay.takeAway(host.at, lost);
      await host.isLedOn(after, { ...before, plan: 3 });
    });

    it('keeps what somebody else changed beside the change, and is read as such', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const { before, after } = await twoPlans();
      await host.takes(before);
      const lost = before.objects.find(
        (object) => object.kind === 'host' && overlay.tells(host.at, lacking(before.objects, object)),
      );
      if (lost === undefined) throw new Error('no host');
      overlay.takeAway(host.at, lost);
      await host.isLedOnBlindly(before, after);
      await host.holdsUnder(markOf(after), without(after, lost).objects);
      await host.takes(after);
    });

    it('holds what the change puts, whatever somebody else had put there', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const { before, after } = await twoPlans();
      await host.takes(before);
      const acl = after.objects.find((object) => object.kind === 'acl' && object.tier === 'grant');
      if (acl === undefined) throw new Error('no grant');
      overlay.slipIn(host.at, { ...acl, protocol: 'any' });
      await host.isLedOn(before, after);
    });

    it('costs what the change is, and its mark costs the same, however much it holds', async () => {
      const works: { mark: number; change: number }[] = [];
      for (const networks of [100, 3000]) {
        const host = new Host(open());
        const from = { plan: 1, objects: await townAnd(networks) };
        const to = { plan: 2, objects: from.objects.slice(1) };
        await host.takes(from);
        const change = await host.workOf({ from, to });
        works.push({ mark: await host.workOf('mark'), change });
        await host.holds(to);
      }
      const [small, large] = works;
      expect(large?.mark).toBeLessThanOrEqual((small?.mark ?? 0) * 1.2);
      expect(large?.change).toBeLessThanOrEqual((small?.change ?? 0) * 1.2);
      expect(small?.mark).toBeGreaterThan(0);
    });
  });

  describe('a change that does not lead on from the mark of the host', () => {
    it.each<[what: string, mark: { plan: number; digest?: string }, fault: HostFaultName]>([
      ['of an earlier plan', { plan: 1 }, 'MarkDiffers'],
      ['of a later plan', { plan: 3 }, 'MarkDiffers'],
      ['of another set under that number', { plan: 2, digest: digestOfOthers }, 'MarkDiffers'],
    ])('but from one %s is refused, and nothing is changed', async (_what, { plan, digest }, fault) => {
      const host = new Host(open());
      const { before, after } = await twoPlans();
      await host.takes(before);
      await host.isLedOn(before, after);
      const mark = { plan, digest: digest ?? markOf(after).digest };
      const cut = { plan: 4, objects: await objectsFor('cut') };
      await host.refusesToBeLedOn({ ...after, mark }, cut, fault);
      await host.holds(after);
      await host.isLedOn(after, cut);
    });

    it('is refused by a host that holds nothing, and one that asks for nothing by a host that holds something', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const { before, after } = await twoPlans();
      await host.refusesToBeLedOn(before, after, 'MarkDiffers');
      await host.holdsNothing();
      await host.takes(before);
      await host.refusesFirst({ ...after, plan: 3 }, 'MarkDiffers');
      await host.holds(before);
    });

    it('is fenced off as a whole set is: by a later plan, and by another history', async () => {
      const host = new Host(open());
      const { before, after } = await twoPlans();
      await host.takes(after);
      await host.refusesToBeLedOn({ ...before, plan: 0 }, before, 'Fenced');
      const history = new Map([[2, digestOfOthers]]);
      const next = { plan: 3, objects: before.objects, history };
      await host.refusesToBeLedOn(after, next, 'Fenced');
      await host.holds(after);
    });

    it('of two that come at once, keeps one from undoing the other', async () => {
      const { before, after } = await twoPlans();
      const other = { plan: 3, objects: await objectsFor('cut') };
      for (const targets of [
        [after, other],
        [other, after],
      ]) {
        const host = new Host(open());
        await host.takes(before);
        await host.isLedOnAtOnce(before, ...targets);
        const [first = after] = targets;
        await host.holds(first);
      }
    });
  });

  describe.each<[DriverFault]>([['not-done'], ['done-but-reported-failed']])(
    'a change from a mark that fails and is %s',
    (fault) => {
      it('leaves the old set or the new one with its mark, and is made when it is asked for again', async () => {
        const overlay = open();
        const host = new Host(overlay);
        const { before, after } = await twoPlans();
        await host.takes(before);
        overlay.failNext('shard-1', fault);
        await host.refusesToBeLedOn(before, after, 'OverlayUnavailable');
        await host.holds(fault === 'not-done' ? before : after);
        await host.isLedOn(before, after);
      });
    },
  );

  describe('a host whose machine stopped in the middle of a change', () => {
    it('holds the old set under the old mark, and is led on from there', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const { before, after } = await twoPlans();
      await host.takes(before);
      overlay.tear(host.at);
      await host.holds(before);
      await host.isLedOn(before, after);
      overlay.tear(host.at);
      await host.holds(after);
      await host.takes({ ...before, plan: 3 });
    });
  });

  describe('hosts of a shard that are led on at once', () => {
    it('hold each its own set', async () => {
      const overlay = open();
      const { before, after } = await twoPlans();
      const hosts = Array.from(
        { length: 12 },
        (_, index) => new Host(overlay, { host: `hv-${String(index)}` }),
      );
      await Promise.all(hosts.map((host) => host.takesFirst(before)));
      const targets = hosts.map((host, index) => ({
        host,
        to: { plan: 2 + index, objects: after.objects.slice(index) },
      }));
      await Promise.all(targets.map(({ host, to }) => host.isLedOn(before, to)));
      for (const { host, to } of targets) await host.holds(to);
    });
  });
}
