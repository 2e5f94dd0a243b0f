import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Fault } from '../../runtime/errors.ts';
import { OverlayUnavailable } from '../faults.ts';
import type { HostPlace, Stray } from '../port.ts';
import { hostFileEnding, readHostFile } from './host-file.ts';

/**
 * What stands in the folder of an embedded overlay, and is no file of a host that somebody knows. A file that holds no
 * objects is left out: it is that of a host that was emptied. So is the file beside a host's own that a broken-off
 * writer left. Throws OverlayUnavailable for a folder that cannot be read.
 */
export function strayFiles(
  { folder, ledger }: { folder: string; ledger: string },
  isKnown: (host: HostPlace) => boolean,
): Stray[] {
  return entriesIn(folder).flatMap((shard): Stray[] => {
    const place = join(folder, shard.name);
    if (!shard.isDirectory()) return [{ where: place, holds: 'a file, and no folder of a shard' }];
    return entriesIn(place)
      .filter(({ name }) => !name.endsWith(`${hostFileEnding}.new`))
      .flatMap((file) => {
        const host = { shard: shard.name, host: basename(file.name, hostFileEnding) };
        const isNamedSo = file.name.endsWith(hostFileEnding);
        // Whatever stands in the place of a known host is found when that is read.
        if (isNamedSo && isKnown(host)) return [];
        const isHostFile = file.isFile() && isNamedSo;
        const path = join(place, file.name);
        const holds = isHostFile ? heldAt(path, { ledger, ...host }) : 'no file of a host';
        return holds === undefined ? [] : [{ where: path, holds }];
      });
  });
}

/** Undefined if there is nothing in effect. */
function heldAt(path: string, expected: HostPlace & { ledger: string }): string | undefined {
  try {
    const reading = readHostFile(path, { ...expected, known: new Map() });
    if (reading?.kind === 'unreadable') return reading.problem;
    const count = reading?.objects.size ?? 0;
    return count === 0 ? undefined : `${String(count)} objects`;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

function entriesIn(folder: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new OverlayUnavailable(
      `${folder} cannot be read: see whether it is a folder, and its rights`,
      cause,
    );
  }
}

function readFolder(folder: string): { name: string; isFile(): boolean; isDirectory(): boolean }[] {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}
