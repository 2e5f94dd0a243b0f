import type { DomainProblem } from '../domain/candidate.ts';
import type { SourcedDocument } from '../policy/parse-document.ts';
import { compareProblems, type LocatedProblem, type Place } from '../policy/place.ts';
import { refOf } from '../../events/documents.ts';
import type { Problem } from '../runtime/errors.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { count, outJson, type Io } from './io.ts';

/** A problem and where it shows: in a file of the folder, or in a document that is in force and not in the folder. */
export type ShownProblem = Problem & ({ readonly place: Place } | { readonly inForce: string });

/** Points domain problems, which know documents, at the files that the documents came from. */
export function locate(
  problems: readonly DomainProblem[],
  documents: readonly SourcedDocument[],
): ShownProblem[] {
  const sources = new Map(documents.map((sourced) => [spell(refOf(sourced.document)), sourced]));
  return problems.map(({ at, ...problem }) => {
    const source = sources.get(spell(at));
    if (source === undefined)
      return { ...problem, inForce: `${at.kind} of ${at.name}: ${at.path.join('.')}` };
    const place = source.locate(at.path);
    // What is not written has no place of its own; the key that is missing is named all the same.
    const [key = ''] = at.path;
    return { ...problem, place: place.keyPath === '' ? { ...place, keyPath: key } : place };
  });
}

function spell({ kind, name }: { kind: string; name: string }): string {
  return `${kind} ${name}`;
}

/** Reports everything that is wrong with a folder, and gives the exit code: bad input wins over refusal. */
export function reportProblems(
  io: Io,
  problems: readonly (ShownProblem | LocatedProblem)[],
  { json }: { json: boolean },
): ExitCode {
  const sorted = [...problems].sort(byPlace);
  if (json) outJson(io, { formatVersion: 1, problems: sorted.map(asJson) });
  io.err(`${sorted.map(asText).join('\n')}\n${count(problems.length, 'problem')}; nothing was recorded\n`);
  return problems.some(({ kind }) => kind === 'input') ? exitCode.badInput : exitCode.refused;
}

/** By place, as they are mended; those of documents in force, which no file shows, come last. */
function byPlace(a: ShownProblem, b: ShownProblem): number {
  if ('place' in a && 'place' in b) return compareProblems(a, b);
  return Number('inForce' in a) - Number('inForce' in b);
}

function whereOf(problem: ShownProblem): string {
  if ('inForce' in problem) return `in force: ${problem.inForce}`;
  const { file, line, keyPath } = problem.place;
  return `${file}:${String(line)}${keyPath === '' ? '' : `: ${keyPath}`}`;
}

function asText(problem: ShownProblem): string {
  const { found, allowed, nearest } = problem;
  const details = [
    ...(found === undefined ? [] : [`    found:   ${found}`]),
    ...(allowed === undefined ? [] : [`    allowed: ${allowed}`]),
    ...(nearest === undefined ? [] : [`    nearest: ${nearest}`]),
  ];
  return [`${whereOf(problem)}: ${problem.message}`, ...details].join('\n');
}

function asJson(problem: ShownProblem): object {
  if ('inForce' in problem) return problem;
  const { place, ...rest } = problem;
  return { ...place, ...rest };
}
