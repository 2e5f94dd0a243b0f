import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The paths, from a folder on, of all that is in it and below it, in order. The recursive reading of Node goes through links too,
 * and round in the circles that they make: here a link is a name as any other. Throws the error of the operating system.
 */
export function namesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? [entry.name, ...namesBelow(join(folder, entry.name)).map((name) => join(entry.name, name))]
        : [entry.name],
    )
    .sort();
}
