import { hash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Document } from '../../events/documents.ts';
import type { KnownReadings } from '../policy/read-documents.ts';
import type { Folder } from '../policy/read-folder.ts';
import { readerVersion } from '../policy/reader-version.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { isWorthAFile, type Projected } from '../projector/projection.ts';
import { clearPlace, readOwnBytes, replaceFile } from '../runtime/durable-file.ts';
import { foundAt, noFileAt } from '../runtime/sqlite-files.ts';
import { warnOfUnkept, type Workspace } from './workspace.ts';

/**
 * What was read of files of documents, piece by piece, as it is written down. Nothing checks its shape: its name is its digest, for
 * which the kept state vouches.
 */
interface SavedReadings {
  readonly reader: string;
  readonly pieces: readonly (readonly [digest: string, ...documents: readonly SavedDocument[]])[];
}

type SavedDocument = readonly [document: Document, meansTcp: 0 | 1];

const savedReadings = z.custom<SavedReadings>();

/** What was kept of files of documents, by the content of their pieces. */
export interface KeptReadings {
  readonly known: KnownReadings;
  /** The length of the file that it came from; 0 for none. */
  readonly keptBytes: number;
}

const nothingKept: KeptReadings = { known: () => undefined, keptBytes: 0 };

/** What an apply kept of the files that it read, if the state of the estate names it and this program reads as that one did. */
export function loadReadings(
  {
    statePath,
    drivers,
    log,
    warn = log.warn.bind(log),
  }: Pick<Workspace, 'statePath' | 'drivers' | 'log' | 'warn'>,
  { companion }: Pick<Projected<Estate>, 'companion'>,
): KeptReadings {
  const found = findReadings({ statePath, companion });
  if (found.kind === 'edited') warn(editedWords(found));
  if (found.kind !== 'found') return nothingKept;
  const { reader, pieces } = savedReadings.parse(JSON.parse(found.bytes.toString()));
  if (reader !== readerVersion({ drivers })) return nothingKept;
  const byDigest = new Map(pieces.map(([digest, ...documents]) => [digest, documents]));
  const known: KnownReadings = (digest) =>
    byDigest.get(digest)?.map(([document, meansTcp]) => ({ document, meansTcp: meansTcp === 1 }));
  return { known, keptBytes: found.bytes.length };
}

/** To be said of a file that is not the one that was kept. */
export const editedReadingsWords =
  'what was kept of files of documents is not what this program kept: somebody edited it; it is not used, and the files are read';

/** Tells of an edited file, where what is asked needs none. `companion` is that of a kept state for which an entry vouches. */
export function warnOfEditedReadings(
  { statePath, log, warn = log.warn.bind(log) }: Pick<Workspace, 'statePath' | 'log' | 'warn'>,
  companion: string | undefined,
): void {
  const found = findReadings({ statePath, companion });
  if (found.kind === 'edited') warn(editedWords(found));
}

function editedWords({ path }: { path: string }): string {
  return `${path}: ${editedReadingsWords}`;
}

export type FoundReadings =
  | { readonly kind: 'none' }
  | { readonly kind: 'edited'; readonly path: string }
  | { readonly kind: 'found'; readonly bytes: Buffer };

/** The file that is kept with the state of the estate, which names it by the SHA-256 of its bytes. */
export function findReadings({
  statePath,
  companion,
}: {
  readonly statePath: string;
  readonly companion: string | undefined;
}): FoundReadings {
  if (companion === undefined) return { kind: 'none' };
  const path = readingsPath(statePath, companion);
  try {
    const bytes = readOwnBytes(path, { followLinks: false });
    return hash('sha256', bytes) === companion ? { kind: 'found', bytes } : { kind: 'edited', path };
  } catch {
    return noFileAt(path, { followLinks: false }) === undefined ? { kind: 'none' } : { kind: 'edited', path };
  }
}

/**
 * Writes down what was read of a folder, if enough of it was not kept already, and tells the estate, which is to be kept next:
 * until then the former file counts, and is there. It can be read again at any time, so that failing to is worth a warning only.
 */
export function keepReadings(
  { statePath, drivers, log, warn }: Pick<Workspace, 'statePath' | 'drivers' | 'log' | 'warn'>,
  {
    folder: { readings },
    kept: { known, keptBytes },
    estate,
  }: { folder: Pick<Folder, 'readings'>; kept: KeptReadings; estate: Projected<Estate> },
): void {
  const anew = readings.filter(({ digest }) => known(digest) === undefined);
  const lengthAnew = anew.reduce((sum, { length }) => sum + length, 0);
  if (!isWorthAFile(lengthAnew, { beside: keptBytes })) return;
  const byDigest = new Map(readings.map((reading) => [reading.digest, reading.documents]));
  const saved: SavedReadings = {
    reader: readerVersion({ drivers }),
    pieces: Array.from(byDigest, ([digest, documents]) => [
      digest,
      ...documents.map(({ document, meansTcp }): SavedDocument => [document, meansTcp ? 1 : 0]),
    ]),
  };
  const text = JSON.stringify(saved);
  const digest = hash('sha256', text);
  try {
    const path = readingsPath(statePath, digest);
    if (foundAt(path, { followLinks: false })?.isDirectory() === true) clearPlace(path);
    replaceFile(path, text, { beside: `${statePath}.${String(process.pid)}${ending}` });
    removeOthers(statePath, [digest, estate.companion]);
    estate.accompany(digest);
  } catch (error) {
    warnOfUnkept({ statePath, log, warn }, error);
  }
}

const ending = '.documents';
const readingsName = /^documents-[0-9a-f]{64}\.json$/;

function readingsPath(statePath: string, digest: string): string {
  return join(dirname(statePath), `documents-${digest}.json`);
}

/**
 * Removes what is not named any more. Whoever is about to read it reads the documents themselves. What cannot be removed stays, and is
 * in nobody's way, as a folder that somebody named so.
 */
function removeOthers(statePath: string, digests: readonly (string | undefined)[]): void {
  const staying = new Set(digests.map((digest) => digest && readingsPath(statePath, digest)));
  for (const name of readdirSync(dirname(statePath))) {
    const path = join(dirname(statePath), name);
    if (!readingsName.test(name) || staying.has(path)) continue;
    try {
      rmSync(path, { force: true });
    } catch {
      continue;
    }
  }
}
