import { digestOfObjects, keyOf } from '../../../events/overlay-objects.ts';
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
    takeAway: ({ shard, host }, object) => {
      const { hosts } = overlayOf(shard);
      const state = hosts.get(host) ?? { plan: 0, objects: [] };
      const objects = state.objects.filter((each) => keyOf(each) !== keyOf(object));
      hosts.set(host, { ...state, objects, digest: digestOfObjects(objects) });
    },
  };
}
