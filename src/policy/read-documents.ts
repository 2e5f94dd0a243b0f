import { hash } from 'node:crypto';
import { refOf, type Document } from '../../events/documents.ts';
import type { FoundFile } from './find-files.ts';
import { Flaw } from './flaw.ts';
import type { Installation } from './installation.ts';
import { parseDocument, type ParsedDocument, type SourcedDocument } from './parse-document.ts';
import { problemAt, type LocatedProblem } from './place.ts';
import { readFound, textOf } from './read-file.ts';
import { piecesOf, type Piece } from './yaml/pieces.ts';
import { readYaml } from './yaml/read-yaml.ts';

/** What a piece of a file says that has no problems, wherever it stands. Mostly it is one document. */
export interface PieceReading {
  /** The SHA-256 of its text. */
  readonly digest: string;
  /** The length of its text. */
  readonly length: number;
  readonly documents: readonly ReadDocument[];
}

export interface ReadDocument {
  readonly document: Document;
  /** True where ports stand without a protocol: tcp is meant. */
  readonly meansTcp: boolean;
}

/** The documents of a piece that was read before, by the SHA-256 of its text; undefined if none such was. */
export type KnownReadings = (digest: string) => readonly ReadDocument[] | undefined;

export interface FileRead {
  readonly file: string;
  /** The words of a file that could not be read as YAML. */
  readonly unread: readonly string[];
  readonly documents: readonly ParsedDocument[];
  /** Problems of the file as a whole. Those of its documents are with them. */
  readonly problems: readonly LocatedProblem[];
  /** None for a file with problems of any sort. */
  readonly readings: readonly PieceReading[];
}

/** Reads a text of a file, or a piece of one. */
type ParseText = (piece: Piece) => ParsedText;

interface ParsedText {
  readonly documents: readonly ParsedDocument[];
  /** Those of the text as a whole. */
  readonly problems: readonly LocatedProblem[];
}

/** The documents of a file, and everything that is wrong with it. Never throws. */
export async function readDocuments(
  root: string,
  found: FoundFile,
  { installation, known }: { installation: Installation; known: KnownReadings | undefined },
): Promise<FileRead> {
  const { file } = found;
  const bytes = await readFound(root, found);
  const text = bytes instanceof Flaw ? bytes : textOf(bytes);
  if (text instanceof Flaw) {
    const problems = [problemAt({ file, line: 1, keyPath: '' }, text)];
    return { file, unread: [], documents: [], problems, readings: [] };
  }
  const parse: ParseText = ({ text: written, linesBefore }) => {
    const { documents, problems } = readYaml(file, written, linesBefore);
    return { problems, documents: documents.map((each) => parseDocument(each, installation)) };
  };
  const pieces = piecesWithoutProblems(text, { file, parse, known });
  if (pieces !== undefined) {
    const documents = pieces.flatMap((piece) => piece.documents);
    return { file, unread: [], problems: [], documents, readings: pieces.map(({ reading }) => reading) };
  }
  const { documents, problems } = parse({ text, linesBefore: 0 });
  const unread = problems.length === 0 ? [] : (text.match(/[a-z0-9][a-z0-9-]*/g) ?? []);
  return { file, unread, problems, documents, readings: [] };
}

interface ReadPiece {
  readonly documents: readonly ParsedDocument[];
  readonly reading: PieceReading;
}

interface How {
  readonly file: string;
  readonly parse: ParseText;
  readonly known: KnownReadings | undefined;
}

/** Undefined as soon as one has a problem. */
function piecesWithoutProblems(text: string, how: How): readonly ReadPiece[] | undefined {
  const pieces: ReadPiece[] = [];
  for (const each of piecesOf(text)) {
    const piece = readPiece(each, how);
    if (piece === undefined) return undefined;
    pieces.push(piece);
  }
  return pieces;
}

function readPiece(piece: Piece, { file, parse, known }: How): ReadPiece | undefined {
  const digest = hash('sha256', piece.text);
  const { length } = piece.text;
  const earlier = known?.(digest);
  if (earlier !== undefined) {
    const reading = { digest, length, documents: earlier };
    return { documents: fromKnown(earlier, { file, read: () => parse(piece) }), reading };
  }
  const { documents, problems } = parse(piece);
  const sourced = documents.flatMap((each) => each.sourced ?? []);
  if (problems.length > 0 || sourced.length < documents.length) return undefined;
  const read = sourced.map(({ document, tcpMeant }) => ({ document, meansTcp: tcpMeant.length > 0 }));
  return { documents, reading: { digest, length, documents: read } };
}

/**
 * The documents of a piece as they were read before. Only who asks for a place has it read: from the text that was judged,
 * whatever has become of the file.
 */
function fromKnown(
  known: readonly ReadDocument[],
  { file, read }: { file: string; read: () => ParsedText },
): ParsedDocument[] {
  let again: ParsedText | undefined;
  const parsedAt = (index: number): Whole => {
    again ??= read();
    return wholeOf(again.documents[index], file);
  };
  return known.map(({ document, meansTcp }, index) => ({
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
}

interface Whole {
  readonly about: NonNullable<ParsedDocument['about']>;
  readonly sourced: SourcedDocument;
}

/** Throws an Error for a document that is not as it was when it was read before: then what is known is not of this text. */
function wholeOf(parsed: ParsedDocument | undefined, file: string): Whole {
  const { about, sourced } = parsed ?? {};
  if (about === undefined || sourced === undefined)
    throw new Error(`what is known of ${file} is not what it says`);
  return { about, sourced };
}
