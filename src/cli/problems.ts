import { compareProblems, type LocatedProblem } from '../policy/place.ts';
import type { ShownProblem } from '../tasks/located-problem.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { outJson, type Io } from './io.ts';
import { count } from '../words/lists.ts';
import { lines, say, type Shown } from '../words/shown.ts';

/**
 * Reports everything that is wrong with a folder, and gives the exit code: bad input wins over refusal. `ofUnknownName` is
 * said where a name stands for nothing.
 */
export function reportProblems(
  io: Io,
  problems: readonly (ShownProblem | LocatedProblem)[],
  { json, ofUnknownName }: { json: boolean; ofUnknownName?: Shown | undefined },
): ExitCode {
  const sorted = [...problems].sort(byPlace);
  if (json) outJson(io, { formatVersion: 1, problems: sorted.map(asJson) });
  io.err(say`${sorted.map(asText)}${count(problems.length, 'problem')}; nothing was recorded\n`);
  if (ofUnknownName !== undefined && problems.some(({ isUnknownName }) => isUnknownName))
    io.err(ofUnknownName);
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

function asText(problem: ShownProblem): Shown {
  const { found, allowed, nearest } = problem;
  const details = [
    ...(found === undefined ? [] : [`    found:   ${found}`]),
    ...(allowed === undefined ? [] : [`    allowed: ${allowed}`]),
    ...(nearest === undefined ? [] : [`    nearest: ${nearest}`]),
  ];
  return lines([`${whereOf(problem)}: ${problem.message}`, ...details]);
}

function asJson(problem: ShownProblem): object {
  const told = { ...problem, isUnknownName: undefined };
  if ('inForce' in told) return told;
  const { place, ...rest } = told;
  return { ...place, ...rest };
}
