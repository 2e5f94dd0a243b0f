import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refOf, type DocumentRef } from '../../events/documents.ts';
import { findFiles, type PassedOver } from './find-files.ts';
import { Flaw } from './flaw.ts';
import type { Installation } from './installation.ts';
import type { ParsedDocument, SourcedDocument } from './parse-document.ts';
import { compareProblems, compareText, problemAt, type LocatedProblem, type Place } from './place.ts';
import { readDocuments, type FileRead, type KnownReadings, type PieceReading } from './read-documents.ts';
import { compareNaturally } from '../runtime/natural-order.ts';
import { printable } from '../runtime/printable.ts';
import { Fault } from '../runtime/errors.ts';
import { reasonOf, requireMachine } from '../runtime/system-reason.ts';

/** The documents of a folder, sorted by kind and name, and its problems, sorted by place. */
export interface Folder {
  /**
   * The documents without problems. If two have the same kind and name, only the first is here; the second is a
   * problem.
   */
  readonly documents: readonly SourcedDocument[];
  /** The folder that all places are relative to: the given folder, or the folder of the given file. */
  readonly root: string;
  readonly problems: readonly LocatedProblem[];
  readonly passedOver: FilesPassedOver;
  /** Documents with problems, as far as kind and name could be read: what is in force in their place is no judge. */
  readonly faulty: readonly DocumentRef[];
  /**
   * Names that documents with problems declare, and every word of a file that is not YAML, since it may declare them. A
   * reference to such a name is not a second problem.
   */
  readonly faultyNames: readonly string[];
  /** What was read of each file without problems, piece by piece. */
  readonly readings: readonly PieceReading[];
}

/** Files that gave no document, and are no problem either. Relative to the folder, sorted. */
export interface FilesPassedOver extends PassedOver {
  /** Files of documents without any. */
  readonly empty: readonly string[];
}

/** Thrown where a folder (or single file) of documents cannot be read at all. */
export class FolderUnreadable extends Fault {
  readonly code = 'FolderUnreadable';
  readonly category = 'input';

  constructor(path: string, reason: string, cause?: unknown) {
    super(`${path} cannot be read: ${reason}`, { cause });
  }
}

/**
 * Reads, checks and normalises all documents of a folder (`*.yaml`, `*.yml`, `*.json`, at any depth), or of one file.
 * A fault of a document or file becomes a problem in the result. A piece of a file whose reading is `known` is not read as
 * YAML, unless somebody asks for a place in it. Throws FolderUnreadable where the path leads to
 * nothing that can be read.
 */
export async function readFolder(
  path: string,
  installation: Installation,
  known?: KnownReadings,
): Promise<Folder> {
  const { root, found } = await list(path);
  const { hidden, otherEndings } = found;
  const files: FileRead[] = [];
  for (const each of found.files) files.push(await readDocuments(root, each, { installation, known }));
  const empty = files.filter(isEmpty).map(({ file }) => file);
  const passedOver = { hidden, otherEndings, empty: empty.sort(compareNaturally) };
  const { faultyNames, ...judged } = judge(
    root,
    files.flatMap(({ documents }) => documents),
    [...files.flatMap(({ problems }) => problems), ...nothingThere(files, passedOver)],
  );
  return {
    root,
    passedOver,
    readings: files.flatMap(({ readings: read }) => read),
    ...judged,
    faultyNames: [...faultyNames, ...files.flatMap(({ unread }) => unread)],
  };
}

function isEmpty({ documents, problems }: FileRead): boolean {
  return documents.length === 0 && problems.length === 0;
}

async function list(path: string): Promise<{ root: string; found: Awaited<ReturnType<typeof findFiles>> }> {
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) return { root: path, found: await findFiles(path) };
    if (entry.isFile()) {
      const files = [{ file: basename(path) }];
      return { root: dirname(path), found: { files, hidden: [], otherEndings: [] } };
    }
  } catch (cause) {
    requireMachine(cause, `${path} cannot be read`);
    throw new FolderUnreadable(path, reasonOf(cause), cause);
  }
  throw new FolderUnreadable(path, 'it is neither a folder nor a regular file');
}

function judge(
  root: string,
  parsed: readonly ParsedDocument[],
  ofFiles: readonly LocatedProblem[],
): Omit<Folder, 'root' | 'passedOver' | 'readings'> {
  const { first, problems: repeated } = setRepeatedApart(parsed, root);
  const problems = [...ofFiles, ...parsed.flatMap((each) => each.problems), ...repeated];
  return {
    documents: first.flatMap(({ sourced }) => sourced ?? []).sort(compareDocuments),
    problems: problems.sort(compareProblems),
    faulty: parsed.flatMap(({ about, problems: own }) =>
      about === undefined || own.length === 0 ? [] : [about.ref],
    ),
    faultyNames: parsed.filter((each) => each.problems.length > 0).flatMap((each) => each.declares),
  };
}

/** A folder without any document is a mistake: another folder was meant, or its files have other names. */
function nothingThere(files: readonly FileRead[], passedOver: FilesPassedOver): LocatedProblem[] {
  if (!files.every(isEmpty)) return [];
  const { hidden, otherEndings, empty } = passedOver;
  const passed = [
    ...empty.map((file) => `${file} (empty)`),
    ...otherEndings.map((file) => `${file} (another ending)`),
    ...hidden.map((file) => `${file} (hidden)`),
  ];
  const some = passed.slice(0, passedShownMax).map(printable);
  const more = passed.length > some.length ? [`${String(passed.length - some.length)} more`] : [];
  const flaw = new Flaw('no document here', {
    found: passed.length === 0 ? 'no document' : `no document; passed over: ${[...some, ...more].join(', ')}`,
    allowed: 'documents in files named *.yaml, *.yml or *.json',
  });
  return [problemAt({ file: '.', line: 1, keyPath: '' }, flaw)];
}

/** How many files that were passed over are named where nothing else is there. */
const passedShownMax = 5;

/** A document is the whole account of its kind and name, so two of them would contradict each other. */
function setRepeatedApart(
  parsed: readonly ParsedDocument[],
  root: string,
): { first: ParsedDocument[]; problems: LocatedProblem[] } {
  const seen = new Map<string, NonNullable<ParsedDocument['about']>>();
  const problems: LocatedProblem[] = [];
  const first = parsed.filter(({ about }) => {
    if (about === undefined) return true;
    const key = `${about.ref.kind} ${about.ref.name}`;
    const earlier = seen.get(key);
    // A place is asked for only where it is told: a file that is known is read for it.
    if (earlier === undefined) seen.set(key, about);
    else
      problems.push(
        problemAt(about.place, repeatedFlaw(key, { ...earlier.place, file: join(root, earlier.place.file) })),
      );
    return earlier === undefined;
  });
  return { first, problems };
}

function repeatedFlaw(key: string, { file, line }: Place): Flaw {
  const message = `${key} is described twice: in ${file} on line ${line}, and here; a document is whole, so make them one`;
  return new Flaw(message, { found: key, allowed: 'one document of each kind for a name' });
}

function compareDocuments(a: SourcedDocument, b: SourcedDocument): number {
  const [left, right] = [refOf(a.document), refOf(b.document)];
  return compareText(left.kind, right.kind) || compareText(left.name, right.name);
}
