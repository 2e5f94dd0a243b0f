import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import type { Target } from '../../support/host-change.ts';
import { Host } from './host.ts';
import { objectsFor } from './town.ts';
import type { OpenOverlay } from './under-test.ts';

/** Hosts that are watched for what others change. */
export function describeWatching(open: OpenOverlay): void {
  describe('a host that is watched', () => {
    it('tells what somebody else takes away or slips in, each time', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const target = await opened(1);
      const acl = aclOf(target);
      await host.takes(target);
      const watched = await host.watched();
      await watched.isSilent();
      overlay.takeAway(host.at, acl);
      await watched.isTold();
      overlay.slipIn(host.at, acl);
      await watched.isTold();
    });

    it('tells many changes that come at once as one', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const target = await opened(1);
      await host.takes(target);
      const watched = await host.watched();
      for (let time = 0; time < 5; time++) {
        overlay.takeAway(host.at, aclOf(target));
        overlay.slipIn(host.at, aclOf(target));
      }
      await watched.isTold();
    });

    it('does not tell what leads its mark on, and tells what comes after that', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const [first, second, third] = [
        await opened(1),
        { plan: 2, objects: await objectsFor('cut') },
        await opened(3),
      ];
      await host.takes(first);
      const watched = await host.watched();
      await host.isLedOn(first, second);
      await host.isLedOn(second, third);
      await watched.isSilent();
      await host.takes({ ...second, plan: 4 });
      await watched.isSilent();
      await host.takes({ ...third, plan: 5 });
      await watched.isSilent();
      overlay.takeAway(host.at, aclOf(third));
      await watched.isTold();
    });

    it('and holds nothing, is watched until it holds something, and beyond that', async () => {
      const overlay = open();
      const host = new Host(overlay);
      const watched = await host.watched();
      const target = await opened(1);
      await host.takesFirst(target);
      await watched.isSilent();
      overlay.takeAway(host.at, aclOf(target));
      await watched.isTold();
      await host.takes({ plan: 2, objects: [] });
      await watched.isSilent();
      await host.takes({ ...target, plan: 3 });
      await watched.isSilent();
      overlay.takeAway(host.at, aclOf(target));
      await watched.isTold();
    });

    it('tells nothing of what happens to another host', async () => {
      const overlay = open();
      const [host, other] = [new Host(overlay), new Host(overlay, { host: 'hv-2' })];
      const target = await opened(1);
      await host.takes(target);
      await other.takes(target);
      const watched = await host.watched();
      overlay.takeAway(other.at, aclOf(target));
      await watched.isSilent();
    });

    it('is left with nothing open, whenever the watching is ended', async () => {
      const host = new Host(open());
      await host.takes(await opened(1));
      await host.takes({ ...(await opened(1)), plan: 2 });
      const before = await heldAtRest();
      await (await host.watched()).ends();
      await holdsNoMoreThan(before);
      const ended = new AbortController();
      ended.abort();
      await (await host.watched(ended)).ends();
      const ending = new AbortController();
      const beginning = host.watched(ending);
      ending.abort();
      await (await beginning).ends();
      await holdsNoMoreThan(before);
    });

    it('says that it cannot be reached, or is of another ledger, in place of being watched', async () => {
      const overlay = open();
      const host = new Host(overlay);
      await host.takes(await opened(1));
      const before = await heldAtRest();
      await host.ofLedger('ledger-2').refusesToBeWatched('ForeignState');
      const comeBack = overlay.cutOff(host.at);
      await host.refusesToBeWatched('OverlayUnavailable');
      comeBack();
      await holdsNoMoreThan(before);
    });
  });
}

async function opened(plan: number): Promise<Target> {
  return { plan, objects: await objectsFor('open') };
}

function aclOf({ objects }: Target): OverlayObject {
  const [acl] = objects.filter(({ kind }) => kind === 'acl');
  if (acl === undefined) throw new Error('no acl');
  return acl;
}

/** What this process keeps open: sockets, programs, watchers of files, timers. */
function held(): readonly string[] {
  const kinds = ['FSEventWrap', 'PipeWrap', 'ProcessWrap', 'TCPSocketWrap', 'TLSWrap', 'Timeout'];
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kinds.includes(kind))
    .sort();
}

/** What earlier calls had open is closed some moments after they returned, and the runner has timers of its own that come and go. */
async function heldAtRest(): Promise<readonly string[]> {
  for (let before = held(); ; before = held()) {
    await setTimeout(200);
    if (before.join() === held().join()) return before;
  }
}

/** Sockets are closed a turn after they were ended. */
async function holdsNoMoreThan(before: readonly string[]): Promise<void> {
  const startMs = performance.now();
  while (beyond(before).length > 0 && performance.now() - startMs < 3_000) await setImmediate();
  expect(beyond(before)).toEqual([]);
}

/** What is open now and was not before. */
function beyond(before: readonly string[]): string[] {
  const left = [...before];
  return held().filter((kind) => {
    const at = left.indexOf(kind);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
