import { statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The types of file systems that show what the kernel knows: proc, sysfs, cgroup2. statfs says of them that they have no room. */
const typesOfKernel = new Set([0x9fa0, 0x62656572, 0x63677270]);

/** Why there can be no file at a path in a folder of the kernel's, a whole clause; undefined for any other folder, and for one that is not there. */
export function kernelFolderWords(path: string, folder = dirname(resolve(path))): string | undefined {
  try {
    return typesOfKernel.has(statfsSync(folder).type)
      ? `there can be no file at ${path}: ${folder} shows what the kernel knows, and takes none: name a file in another folder`
      : undefined;
  } catch {
    return undefined;
  }
}
