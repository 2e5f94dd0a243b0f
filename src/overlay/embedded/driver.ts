import { Fenced, OverlayUnavailable } from '../faults.ts';
import type { HostReading, HostState, HostTarget, OverlayDriver } from '../port.ts';
import { fenceOf, markOf } from '../fence.ts';
import { hostFilePath, planOfAnotherShard, readHostFile, writeHostFile } from './host-file.ts';

/** Drives the embedded overlay of one shard: every host is a file under `folder`, named by shard and host. */
export function embeddedDriver(options: { folder: string; ledger: string; shard: string }): OverlayDriver {
  return {
    name: 'embedded',
    read: (host) => Promise.resolve().then(() => read(options, host)),
    apply: (host, target) => Promise.resolve().then(() => apply(options, { host, target })),
  };
}

type EmbeddedOverlay = Parameters<typeof embeddedDriver>[0];

function read({ folder, ledger, shard }: EmbeddedOverlay, host: string): HostReading {
  return readHostFile(hostFilePath(folder, { shard, host }), { ledger, shard, host });
}

function apply(overlay: EmbeddedOverlay, { host, target }: { host: string; target: HostTarget }): HostState {
  const path = hostFilePath(overlay.folder, { shard: overlay.shard, host });
  const place = { ledger: overlay.ledger, shard: overlay.shard, host };
  const present = read(overlay, host);
  const fence = present.kind === 'objects' ? fenceOf(host, present.state, target) : undefined;
  if (fence !== undefined) throw fence;
  const held = present.kind === 'unreadable' ? planOfAnotherShard(path, place) : undefined;
  if (held !== undefined) throw new Fenced({ host, plan: target.plan, held, is: 'shard' });
  const { plan, objects } = target;
  writeHostFile(path, { ...place, plan, digest: markOf(target), objects });
  const after = read(overlay, host);
  if (after.kind !== 'objects') throw new OverlayUnavailable(`${path} was written and cannot be read back`);
  return after.state;
}
