import type { ReportedGap } from '../verify/verify.ts';
import { isUnknown, type Doubted } from '../verify/unknown.ts';
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
export function gapsCode(answer: Doubted): ExitCode {
  return isUnknown(answer) ? exitCode.unknown : exitCode.ok;
}

/** To be said before an answer that may be another one. */
export function reservation(answer: Doubted): string {
  if (isUnknown(answer)) return 'unknown; by what is known so far: ';
  return answer.gaps.length > 0 ? 'as far as is known: ' : '';
}
