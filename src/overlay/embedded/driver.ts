import { Fenced, OverlayUnavailable } from '../faults.ts';
import type { HostReading, HostState, HostTarget, OverlayDriver } from '../port.ts';
import { hostFilePath, readHostFile, writeHostFile } from './host-file.ts';

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
  const present = read(overlay, host);
  if (present.kind === 'objects' && present.state.plan > target.plan)
    throw new Fenced({ host, plan: target.plan, held: present.state.plan });
  const path = hostFilePath(overlay.folder, { shard: overlay.shard, host });
  writeHostFile(path, { ledger: overlay.ledger, shard: overlay.shard, host, ...target });
  const after = read(overlay, host);
  if (after.kind !== 'objects') throw new OverlayUnavailable(`${path} was written and cannot be read back`);
  return after.state;
}
