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

type Place = Parameters<typeof embeddedDriver>[0];

function read({ folder, ledger, shard }: Place, host: string): HostReading {
  return readHostFile(hostFilePath(folder, { shard, host }), { ledger, shard, host });
}

function apply(place: Place, { host, target }: { host: string; target: HostTarget }): HostState {
  const held = read(place, host);
  if (held.kind === 'objects' && held.state.plan > target.plan)
    throw new Fenced({ host, plan: target.plan, held: held.state.plan });
  const path = hostFilePath(place.folder, { shard: place.shard, host });
  writeHostFile(path, { ledger: place.ledger, shard: place.shard, host, ...target });
  const after = read(place, host);
  if (after.kind !== 'objects') throw new OverlayUnavailable(`${path} was written and cannot be read back`);
  return after.state;
}
