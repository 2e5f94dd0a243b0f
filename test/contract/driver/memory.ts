import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { memoryProbe } from '../../doubles/memory-probe.ts';
import type { OverlayUnderTest } from './under-test.ts';

export function openMemoryOverlay(): OverlayUnderTest {
  const overlays = new Map<string, MemoryOverlay>();
  const overlayOf = (shard: string): MemoryOverlay => {
    const overlay = overlays.get(shard) ?? new MemoryOverlay();
    overlays.set(shard, overlay);
    return overlay;
  };
  return {
    driver: ({ ledger, shard }) => overlayOf(shard).driverOf(ledger),
    probe: (of) => memoryProbe(() => overlays.values(), of),
    failNext: (shard, fault) => {
      overlayOf(shard).faults.push(fault);
    },
    cutOff: ({ shard, host }) => {
      overlayOf(shard).away.add(host);
      return () => {
        overlayOf(shard).away.delete(host);
      };
    },
    spoil: ({ shard, host }) => {
      overlayOf(shard).spoilt.set(host, 'torn in the middle');
    },
    // A change is made in one step, so that there is no middle of it.
    tear: () => undefined,
    // Nothing stands behind anything there.
    litter: ({ shard, host }) => {
      overlayOf(shard).spoilt.set(host, 'something behind the last change');
    },
    takeAway: ({ shard, host }, object) => {
      edit(overlayOf(shard), host, (objects) => objects.delete(keyOf(object)));
    },
    slipIn: ({ shard, host }, object) => {
      edit(overlayOf(shard), host, (objects) => objects.set(keyOf(object), object));
    },
    tells: () => true,
    work: () => [...overlays.values()].reduce((sum, { work }) => sum + work, 0),
  };
}

function edit(
  overlay: MemoryOverlay,
  host: string,
  change: (objects: Map<string, OverlayObject>) => unknown,
): void {
  const state = overlay.hosts.get(host);
  if (state === undefined) throw new Error(`${host} holds nothing`);
  const objects = new Map(state.objects);
  change(objects);
  overlay.hosts.set(host, { ...state, objects });
  overlay.tell(host, 'objects were changed');
}
