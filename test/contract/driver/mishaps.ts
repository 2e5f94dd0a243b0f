import { describe, expect, it } from 'vitest';
import type { DriverFault } from '../../doubles/memory-overlay.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import { markOf } from '../../support/host-change.ts';
import { Host, lacking, without } from './host.ts';
import { objectsFor } from './town.ts';
import type { OpenOverlay } from './under-test.ts';

export function describeMishaps(open: OpenOverlay): void {
  describe.each<[DriverFault]>([['not-done'], ['done-but-reported-failed']])(
    'a change that fails and is %s',
    (fault) => {
      const isDone = fault === 'done-but-reported-failed';

      it('leaves the old set or the new one, and is made when it is asked for again', async () => {
        const overlay = open();
        const host = new Host(overlay);
        const before = { plan: 1, objects: await objectsFor('closed') };
        const after = { plan: 2, objects: await objectsFor('open') };
        await host.takes(before);
        overlay.failNext('shard-1', fault);
        await host.refuses(after, 'OverlayUnavailable');
        await host.holds(isDone ? after : before);
        await host.takes(after);
      });

      it('at a host that holds nothing, leaves nothing or the set', async () => {
        const overlay = open();
        const host = new Host(overlay);
        const target = { plan: 1, objects: await objectsFor('open') };
        overlay.failNext('shard-1', fault);
        await host.refuses(target, 'OverlayUnavailable');
        await (isDone ? host.holds(target) : host.holdsNothing());
        await host.takes(target);
      });

      it('at a host that somebody changes meanwhile, is no proof of what is there: whoever reads it finds that', async () => {
        const overlay = open();
        const host = new Host(overlay);
        const objects = await objectsFor('open');
        const lost = objects.find((object) => overlay.tells(host.at, lacking(objects, object)));
        if (lost === undefined) throw new Error('no object that the host shows');
        overlay.failNext('shard-1', fault);
        await host.refuses({ plan: 1, objects }, 'OverlayUnavailable');
        if (!isDone) return host.holdsNothing();
        overlay.takeAway(host.at, lost);
        await host.holdsUnder(markOf({ plan: 1, objects }), without({ plan: 1, objects }, lost).objects);
        await host.takes({ plan: 1, objects });
      });

      it('keeps the fence: what was done is not undone by an earlier plan', async () => {
        const overlay = open();
        const host = new Host(overlay);
        const before = { plan: 2, objects: await objectsFor('closed') };
        await host.takes({ plan: 1, objects: [] });
        overlay.failNext('shard-1', fault);
        await host.refuses({ plan: 3, objects: await objectsFor('open') }, 'OverlayUnavailable');
        await (isDone ? host.refuses(before, 'Fenced') : host.takes(before));
      });
    },
  );

  describe('a host that cannot be reached', () => {
    it('says so, keeps what it holds, and keeps no other host from being driven', async () => {
      const overlay = open();
      const [host, other] = [new Host(overlay), new Host(overlay, { host: 'hv-2' })];
      const before = { plan: 1, objects: await objectsFor('closed') };
      const after = { plan: 2, objects: await objectsFor('open') };
      await host.takes(before);
      const comeBack = overlay.cutOff(host.at);
      await host.refusesToBeRead('OverlayUnavailable');
      await host.refuses(after, 'OverlayUnavailable');
      await other.takes(after);
      comeBack();
      await host.holds(before);
      await host.takes(after);
    });
  });

  describe('a host that was changed behind the back of its driver', () => {
    it('damaged, is read as nothing that can be relied upon, and repaired by the plan that it held', async () => {
      const overlay = open();
      const [host, other] = [new Host(overlay), new Host(overlay, { host: 'hv-2' })];
      const target = { plan: 4, objects: await objectsFor('open') };
      for (const each of [host, other]) await each.takes(target);
      overlay.spoil(host.at);
      await host.isUnreadable();
      await other.holds(target);
      await host.takes(target);
    });

    it('damaged, is repaired by a later plan too', async () => {
      const overlay = open();
      const host = new Host(overlay);
      await host.takes({ plan: 1, objects: await objectsFor('closed') });
      overlay.spoil(host.at);
      await host.takes({ plan: 2, objects: await objectsFor('open') });
    });

    it.each(['spoil', 'litter'] as const)(
      '(%s) so that its mark is lost, is emptied for real',
      async (how) => {
        const overlay = open();
        const host = new Host(overlay);
        await host.takes({ plan: 1, objects: await objectsFor('open') });
        overlay[how](host.at);
        await host.takes({ plan: 2, objects: [] });
        await host.refuses({ plan: 1, objects: await objectsFor('open') }, 'Fenced');
      },
    );

    it('by litter behind what it holds, has no mark: it is led on by nothing, and repaired by a whole set', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const before = { plan: 1, objects: await objectsFor('closed') };
      const after = { plan: 2, objects: await objectsFor('open') };
      await host.takes(before);
      overlay.litter(host.at);
      await host.isUnmarked();
      await host.refusesToBeLedOn(before, after, 'MarkDiffers');
      await host.isUnmarked();
      await host.takes(after);
    });

    it('an object less, is read as it stands, and put right by the plan that it held', async () => {
      const objects = await objectsFor('open');
      const kinds = Map.groupBy(objects, ({ kind }) => kind);
      expect(kinds.size).toBe(6);
      for (const ofKind of kinds.values()) {
        const overlay = open();
        const host = new Host(overlay);
        await host.takes({ plan: 1, objects });
        const lost = ofKind.find((object) => overlay.tells(host.at, lacking(objects, object)));
        if (lost === undefined) throw new Error('no object of a kind that the host shows');
        overlay.takeAway(host.at, lost);
        await host.holdsUnder(markOf({ plan: 1, objects }), without({ plan: 1, objects }, lost).objects);
        await host.takes({ plan: 1, objects, history: new Map([[1, digestOfObjects(objects)]]) });
      }
    });
  });

  describe('a host to which somebody added', () => {
    it('an object, or changed one, is read as it stands, and put right by the plan that it held', async () => {
      const objects = await objectsFor('open');
      const target = { plan: 1, objects };
      const network = objects.find(({ kind }) => kind === 'network');
      const qos = objects.find(({ kind }) => kind === 'qos');
      const acl = objects.find((object) => object.kind === 'acl' && object.tier === 'grant');
      if (network?.kind !== 'network' || qos?.kind !== 'qos' || acl?.kind !== 'acl')
        throw new Error('no such object');
      let shown = 0;
      for (const slipped of [
        { ...network, vni: 4094 },
        { ...qos, egress: '7000000' },
        { ...acl, protocol: 'any' },
      ] satisfies OverlayObject[]) {
        const overlay = open();
        const host = new Host(overlay);
        await host.takes(target);
        const after = [...without(target, slipped).objects, slipped];
        if (!overlay.tells(host.at, { before: objects, after })) continue;
        shown += 1;
        overlay.slipIn(host.at, slipped);
        await host.holdsUnder(markOf(target), after);
        await host.takes(target);
      }
      expect(shown).toBeGreaterThanOrEqual(2);
    });
  });

  describe("a host that holds another ledger's objects", () => {
    it('is refused whatever the plan, and stays as it is', async () => {
      const host = new Host(open());
      const target = { plan: 2, objects: await objectsFor('open') };
      await host.takes(target);
      const foreign = host.ofLedger('ledger-2');
      await foreign.refusesToBeRead('ForeignState');
      for (const plan of [1, 2, 3]) await foreign.refuses({ plan, objects: [] }, 'ForeignState');
      await host.holds(target);
    });

    it('is another matter than a host that holds nothing', async () => {
      const overlay = open();
      await new Host(overlay).takes({ plan: 1, objects: await objectsFor('open') });
      const foreign = new Host(overlay, { host: 'hv-2', ledger: 'ledger-2' });
      await foreign.holdsNothing();
      await foreign.takes({ plan: 1, objects: await objectsFor('closed') });
    });
  });
}
