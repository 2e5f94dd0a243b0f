import { describe, expect, it } from 'vitest';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { Host } from './host.ts';
import { objectsFor } from './town.ts';
import type { OpenOverlay } from './under-test.ts';

export function describeDriving(open: OpenOverlay): void {
  describe('a host', () => {
    it('given nothing yet, holds nothing; given a set, holds it, as often as it is given', async () => {
      const host = new Host(open());
      await host.holdsNothing();
      const target = { plan: 1, objects: await objectsFor('open') };
      for (let times = 0; times < 3; times += 1) await host.takes(target);
    });

    it('given objects of every kind, holds each as it was given', async () => {
      const objects = await objectsFor('cut');
      const kinds = new Set(objects.map(({ kind }) => kind));
      expect(kinds).toEqual(new Set(['network', 'binding', 'route', 'acl', 'qos', 'host']));
      await new Host(open()).takes({ plan: 1, objects });
    });

    it('given one set after another, holds the last one whole; an empty set is a set', async () => {
      const host = new Host(open());
      for (const [index, state] of (['open', 'closed', 'cut'] as const).entries())
        await host.takes({ plan: index + 1, objects: await objectsFor(state) });
      await host.takes({ plan: 4, objects: [] });
    });

    it('given a set in another order, or objects twice, holds the same set', async () => {
      const host = new Host(open());
      const objects = await objectsFor('open');
      await host.takes({ plan: 1, objects });
      await host.takes({ plan: 1, objects: objects.toReversed() });
      await host.holds({ plan: 1, objects });
      await host.takes({ plan: 2, objects: [...objects, ...objects.toReversed()] });
      await host.holds({ plan: 2, objects });
    });

    it('given a later plan, refuses every earlier one, and holds what it held', async () => {
      const host = new Host(open());
      const later = { plan: 3, objects: await objectsFor('open') };
      await host.takes(later);
      for (const plan of [1, 2]) {
        await host.refuses({ plan, objects: later.objects }, 'Fenced');
        await host.refuses({ plan, objects: await objectsFor('closed') }, 'Fenced');
        await host.refuses({ plan, objects: [] }, 'Fenced');
      }
      await host.holds(later);
    });

    it('given a plan that its ledger has by another digest, refuses every plan of that ledger, and holds what it held', async () => {
      const host = new Host(open());
      const [open1, closed] = [await objectsFor('open'), await objectsFor('closed')];
      const held = { plan: 2, objects: open1 };
      const history = new Map([
        [2, digestOfObjects(closed)],
        [3, digestOfObjects(open1)],
      ]);
      await host.takes(held);
      for (const plan of [2, 3, 4]) await host.refuses({ plan, objects: closed, history }, 'Fenced');
      await host.holds(held);
      await host.takes({ ...held, history: new Map([[2, digestOfObjects(open1)]]) });
      await host.takes({ plan: 3, objects: closed, history: new Map([[1, digestOfObjects(closed)]]) });
    });

    it('given a set without objects, takes every later plan, whatever digest its ledger has for that one', async () => {
      const host = new Host(open());
      const objects = await objectsFor('open');
      await host.takes({ plan: 2, objects: [] });
      await host.takes({ plan: 2, objects, history: new Map([[2, digestOfObjects(objects)]]) });
    });

    it('given the same set as a later plan, holds it as that', async () => {
      const host = new Host(open());
      const objects = await objectsFor('open');
      await host.takes({ plan: 1, objects });
      await host.takes({ plan: 7, objects });
      await host.refuses({ plan: 6, objects }, 'Fenced');
    });

    it('given two plans at once, ends with the later one, whole', async () => {
      const [first, second] = [
        { plan: 1, objects: await objectsFor('closed') },
        { plan: 2, objects: await objectsFor('open') },
      ];
      for (const targets of [
        [first, second],
        [second, first],
      ]) {
        const host = new Host(open());
        await host.takesAtOnce(...targets);
        await host.holds(second);
      }
    });

    it('is apart from the other hosts of its shard, and from the host of its name in another shard', async () => {
      const overlay = open();
      const places = [{}, { host: 'hv-2' }, { shard: 'shard-2' }];
      const hosts = places.map((place) => new Host(overlay, place));
      const sets = [
        await objectsFor('open'),
        await objectsFor('closed'),
        await objectsFor('open', 'shard-2'),
      ];
      const targets = sets.map((objects, index) => ({ plan: 3 - index, objects }));
      for (const [index, target] of targets.entries()) {
        for (const later of hosts.slice(index)) await later.holdsNothing();
        await hosts[index]?.takes(target);
      }
      for (const [index, target] of targets.entries()) await hosts[index]?.holds(target);
    });
  });
}
