import type { Lane } from '../../projections/isolation/judging/lanes.ts';
import type { ReportedGap } from '../verify/verify.ts';
import { isUnknown } from '../verify/unknown.ts';
import { count } from '../words/lists.ts';
import { say } from '../words/shown.ts';
import { exitCode, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';

/** Lists what is not known of an answer, if anything. */
export function showGaps(io: Io, gaps: readonly ReportedGap[]): void {
  if (gaps.length === 0) return;
  io.out(say`\n${count(gaps.length, 'gap')}:\n`);
  for (const { about, problem, from, to } of gaps) {
    const open = from === undefined || to === undefined ? '' : ` (from ${from} to ${to})`;
    io.out(say`  ${about}: ${problem}${open}\n`);
  }
}

/** The exit code of an answer that is no verdict. */
export function gapsCode(lane: Lane, gaps: readonly ReportedGap[]): ExitCode {
  return isUnknown(lane, gaps) ? exitCode.unknown : exitCode.ok;
}

/** To be said before an answer that may be another one. */
export function reservation(lane: Lane, gaps: readonly ReportedGap[]): string {
  if (isUnknown(lane, gaps)) return 'unknown; by what is known so far: ';
  return gaps.length > 0 ? 'as far as is known: ' : '';
}
