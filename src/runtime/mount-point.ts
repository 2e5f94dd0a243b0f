import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** `O_PATH` of Linux, which Node.js does not name: the file is not opened, so that closing it ends no lock that this process has on it. */
const pathOnly = 0o10000000;

/**
 * True if something is mounted at a path itself, as by `mount --bind FILE PATH`: it is then in another mount than its folder.
 * The path has no link at its end. False where that is not to be seen, as on systems other than Linux.
 */
export function isMountPoint(path: string): boolean {
  const place = resolve(path);
  const mount = mountOf(place);
  return mount !== undefined && mount !== mountOf(dirname(place));
}

/** The kernel's number of the mount in which a path is. The list of all mounts has also those that others hide. */
function mountOf(path: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const descriptor = openSync(path, pathOnly | constants.O_NOFOLLOW);
    try {
      return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${String(descriptor)}`, 'utf8'))?.[1];
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
