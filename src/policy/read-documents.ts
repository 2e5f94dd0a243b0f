import { hash } from 'node:crypto';
import { refOf, type Document } from '../../events/documents.ts';
import type { FoundFile } from './find-files.ts';
import { Flaw } from './flaw.ts';
import type { Installation } from './installation.ts';
import { parseDocument, type ParsedDocument, type SourcedDocument } from './parse-document.ts';
import { problemAt, type LocatedProblem } from './place.ts';
import { readFound, textOf } from './read-file.ts';
import { readYaml } from './yaml/read-yaml.ts';

/** What a file without problems says, wherever it lies and whatever its name. */
export interface FileReading {
  /** The SHA-256 of the file's bytes. */
  readonly digest: string;
  /** The number of these bytes. */
  readonly bytes: number;
  readonly documents: readonly ReadDocument[];
}

/** A document of a file, in the order of the file. */
export interface ReadDocument {
  readonly document: Document;
  /** True where ports stand without a protocol: tcp is meant. */
  readonly meansTcp: boolean;
}

/** The documents of a file that was read before, by the SHA-256 of its bytes; undefined if none such was. */
export type KnownReadings = (digest: string) => readonly ReadDocument[] | undefined;

export interface FileRead {
  readonly file: string;
  /** The words of a file that could not be read as YAML. */
  readonly unread: readonly string[];
  readonly documents: readonly ParsedDocument[];
  /** Problems of the file as a whole. Those of its documents are with them. */
  readonly problems: readonly LocatedProblem[];
  /** Undefined for a file with problems of any sort. */
  readonly reading: FileReading | undefined;
}

interface How {
  readonly installation: Installation;
  readonly known: KnownReadings | undefined;
}

/** The documents of a file, and everything that is wrong with it. Never throws. */
export async function readDocuments(
  root: string,
  found: FoundFile,
  { installation, known }: How,
): Promise<FileRead> {
  const { file } = found;
  const bytes = await readFound(root, found);
  if (bytes instanceof Flaw) return unreadable(file, bytes);
  const digest = hash('sha256', bytes);
  const documents = known?.(digest);
  const read = (): FileRead => parse(file, { bytes, digest, installation });
  return documents === undefined
    ? read()
    : fromKnown({ file, reading: { digest, bytes: bytes.length, documents } }, read);
}

function unreadable(file: string, flaw: Flaw): FileRead {
  const problems = [problemAt({ file, line: 1, keyPath: '' }, flaw)];
  return { file, unread: [], documents: [], problems, reading: undefined };
}

function parse(
  file: string,
  { bytes, digest, installation }: { bytes: Uint8Array; digest: string; installation: Installation },
): FileRead {
  const text = textOf(bytes);
  if (text instanceof Flaw) return unreadable(file, text);
  const { documents: written, problems } = readYaml(file, text);
  const unread = problems.length === 0 ? [] : (text.match(/[a-z0-9][a-z0-9-]*/g) ?? []);
  const documents = written.map((each) => parseDocument(each, installation));
  const sourced = documents.flatMap((each) => each.sourced ?? []);
  const isWhole = problems.length === 0 && sourced.length === documents.length;
  const read = sourced.map(({ document, tcpMeant }) => ({ document, meansTcp: tcpMeant.length > 0 }));
  const reading = isWhole ? { digest, bytes: bytes.length, documents: read } : undefined;
  return { file, unread, problems, documents, reading };
}

/**
 * The documents of a file as it was read before. Only who asks for a place has it read: from the bytes that were judged,
 * whatever has become of the file.
 */
function fromKnown(
  { file, reading }: { file: string; reading: FileReading },
  read: () => FileRead,
): FileRead {
  let again: FileRead | undefined;
  const parsedAt = (index: number): Whole => {
    again ??= read();
    return wholeOf(again.documents[index], file);
  };
  const documents = reading.documents.map(({ document, meansTcp }, index) => ({
    about: {
      ref: refOf(document),
      get place() {
        return parsedAt(index).about.place;
      },
    },
    sourced: {
      document,
      locate: (path: readonly string[]) => parsedAt(index).sourced.locate(path),
      get tcpMeant() {
        return meansTcp ? parsedAt(index).sourced.tcpMeant : [];
      },
    },
    problems: [],
    declares: [],
  }));
  return { file, unread: [], problems: [], documents, reading };
}

interface Whole {
  readonly about: NonNullable<ParsedDocument['about']>;
  readonly sourced: SourcedDocument;
}

/** Throws an Error for a document that is not as it was when it was read before: then what is known is not of these bytes. */
function wholeOf(parsed: ParsedDocument | undefined, file: string): Whole {
  const { about, sourced } = parsed ?? {};
  if (about === undefined || sourced === undefined)
    throw new Error(`what is known of ${file} is not what it says`);
  return { about, sourced };
}
