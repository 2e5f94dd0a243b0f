import { LineCounter, parseAllDocuments, type Document, type YAMLError } from 'yaml';
import { excerpt, onOneLine } from '../excerpt.ts';
import { Flaw } from '../flaw.ts';
import { nestingDepthMax } from '../limits.ts';
import { problemAt, type LocatedProblem, type Place } from '../place.ts';
import { unclosedIn, type Unclosed } from './unclosed.ts';
import { YamlWalk, type WrittenDocument } from './yaml-walk.ts';

/** The documents of a file that could be read, and the syntax errors of the other documents. */
export interface WrittenFile {
  readonly documents: readonly WrittenDocument[];
  readonly problems: readonly LocatedProblem[];
}

/**
 * Reads YAML 1.2, and JSON, which is YAML too. Never throws. Aliases and tags are refused, so the tree is no larger
 * than its text. Empty documents between `---` are passed over. A document with a syntax error is reported and left
 * out. Places are of a file in which so many lines stand before the text.
 */
export function readYaml(file: string, text: string, linesBefore = 0): WrittenFile {
  const lines = new LineCounter();
  // Duplicate keys are found in the walk: the library's own check takes quadratic time.
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const lineOf = (offset: number): number => linesBefore + lines.linePos(offset).line;
  const at = { file, text, lineOf };
  if ('empty' in parsed) return { documents: [], problems: syntaxProblems(at, parsed, new Map()) };
  const read = parsed.map((document) => readDocument(at, document));
  return {
    documents: read.flatMap(({ document }) => document ?? []),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** A file's text, or a piece of it, and the line in the file of each offset. */
interface Source {
  readonly file: string;
  readonly text: string;
  readonly lineOf: (offset: number) => number;
}

function readDocument(
  at: Source,
  document: Document.Parsed,
): { document: WrittenDocument | undefined; problems: readonly LocatedProblem[] } {
  const unclosed = document.errors.length === 0 ? new Map<number, Unclosed>() : unclosedIn(at.text, document);
  const problems = [...syntaxProblems(at, document, unclosed), ...versionProblems(at, document)];
  if (problems.length > 0 || document.contents === null) return { document: undefined, problems };
  return { document: new YamlWalk(at).read(document.contents), problems };
}

/** Reports the first error of each line: later errors on the same line are most often its consequences. */
function syntaxProblems(
  at: Source,
  { errors, warnings }: { errors: YAMLError[]; warnings: YAMLError[] },
  unclosed: ReadonlyMap<number, Unclosed>,
): LocatedProblem[] {
  const tooDeep = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  // A tag is reported in the walk, at its key path.
  const all = [...errors, ...warnings.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')];
  const byLine = new Map<number, LocatedProblem>();
  let innermost = -1;
  for (const error of tooDeep === undefined ? all : [tooDeep]) {
    const opened = isLeftOpen(error) ? unclosed.get(error.pos[0]) : undefined;
    // What is left open inside takes the closing of what stands around it.
    if (opened !== undefined && opened.start < innermost) continue;
    innermost = opened?.start ?? innermost;
    const [start, end] = opened === undefined ? error.pos : [opened.start, error.pos[0]];
    const place = placeAt(at, start);
    if (byLine.has(place.line)) continue;
    const found = excerpt(at.text, start, Math.max(end, start + 1));
    const flaw = opened === undefined ? explainSyntax(at.file, error) : unclosedFlaw(opened);
    byLine.set(place.line, problemAt(place, flaw, found));
  }
  return [...byLine.values()];
}

function isLeftOpen({ code }: YAMLError): boolean {
  return code === 'BAD_INDENT' || code === 'MISSING_CHAR';
}

function unclosedFlaw({ open, close }: Unclosed): Flaw {
  return new Flaw(`what begins here with ${open} is never closed`, { allowed: `a ${close} where it ends` });
}

function placeAt({ file, lineOf }: Source, offset: number): Place {
  return { file, line: lineOf(offset), keyPath: '' };
}

function explainSyntax(file: string, error: YAMLError): Flaw {
  const language = file.toLowerCase().endsWith('.json') ? 'JSON' : 'YAML';
  switch (error.code) {
    case 'RESOURCE_EXHAUSTION':
      return new Flaw('nested too deeply', { allowed: `at most ${nestingDepthMax} levels` });
    case 'BAD_ALIAS':
      return new Flaw('a bare * is read as an alias: put it in quotes', { allowed: '"*"' });
    default:
      return new Flaw(`this is not ${language}: ${onOneLine(error.message)}`, { allowed: language });
  }
}

/** Under YAML 1.1 `no` would be a truth value and `08:30` a number. */
function versionProblems(at: Source, document: Document.Parsed): LocatedProblem[] {
  const { explicit, version } = document.directives.yaml;
  if (explicit !== true || version === '1.2') return [];
  const hints = { found: `%YAML ${version}`, allowed: '%YAML 1.2, or nothing' };
  const flaw = new Flaw('documents are YAML 1.2: leave the %YAML line out', hints);
  return [problemAt(placeAt(at, document.range[0]), flaw)];
}
