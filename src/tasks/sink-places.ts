import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { UnusableKey } from '../runtime/config.ts';
import { companionsOf, kindOf } from '../runtime/sqlite-files.ts';
import { reasonOf } from '../runtime/system-reason.ts';
import type { SinkSettings } from '../siem/sinks/settings.ts';

interface OwnPlaces {
  /** The folder with all that is derived from the ledger. */
  readonly derived: string;
  /** The file of the ledger; undefined where a server keeps it. */
  readonly ledgerFile: string | undefined;
}

/** Throws UnusableKey for a sink that is a file of the ledger itself, or would lie among what is derived from it. */
export function requireSinksApart(sinks: readonly SinkSettings[], { derived, ledgerFile }: OwnPlaces): void {
  const ledger = ledgerFile === undefined ? [] : [realPath(ledgerFile)];
  const files = [...ledger, ...ledger.flatMap(companionsOf)];
  for (const sink of sinks) {
    if (sink.kind !== 'file') continue;
    const path = realPath(sink.path);
    if (files.includes(path) || path.startsWith(`${realPath(derived)}${sep}`))
      throw new UnusableKey(
        ['sinks', sink.name, 'path'],
        `${sink.path} is the ledger's own place: name another file`,
      );
  }
}

/** Throws UnusableKey where no file can be written at a sink's path as things are. */
export function requireSinkPlace({ name, path }: Extract<SinkSettings, { kind: 'file' }>): void {
  const words = flawOf(path);
  if (words !== undefined) throw new UnusableKey(['sinks', name, 'path'], `${path}: ${words}`);
}

function flawOf(path: string): string | undefined {
  if (path.endsWith('/')) return 'it ends in a slash, as that of a folder, and is to be a file';
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined) return found.isFile() ? undefined : `it is ${kindOf(found)}, and no file`;
    return lstatSync(realpathSync(dirname(path))).isDirectory() ? undefined : 'its folder is no folder';
  } catch (cause) {
    return `its folder ${dirname(path)} cannot be used: ${reasonOf(cause)}`;
  }
}

function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
