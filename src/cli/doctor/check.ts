import type { Examination } from '../../tasks/examination.ts';
import { adviceOn, unknownStore, type Store } from '../advice.ts';
import { exitCode, exitCodeOf, type ExitCode } from '../exit.ts';

/** What looking at one thing came to, in words for people; `advice` says what to do where something is to be done. */
export type Check =
  | { readonly name: string; readonly status: 'ok'; readonly detail: string }
  | {
      readonly name: string;
      readonly status: 'warn';
      readonly detail: string;
      readonly advice: string;
    }
  | {
      readonly name: string;
      readonly status: 'fail';
      readonly detail: string;
      readonly advice: string;
      readonly exitCode: ExitCode;
    };

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail };
}

export function warn(name: string, detail: string, advice: string): Check {
  return { name, status: 'warn', detail, advice };
}

export function fail(name: string, detail: string, of: { advice: string; exitCode: ExitCode }): Check {
  return { name, status: 'fail', detail, ...of };
}

interface Circumstances {
  /** What to do about a fault for which there is no advice. */
  readonly advice?: string;
  /** Where the ledger is; some file if left out. */
  readonly store?: Store;
}

/** Where an examined ledger is. */
export function storeOf({ file, derived }: Examination): Store {
  return { kind: file === undefined ? 'server' : 'file', derived };
}

/** Does one check; what it throws is its finding, so that the next ones are done all the same. As failed. */
export async function attempt(
  name: string,
  look: () => Check | Promise<Check>,
  of: Circumstances = {},
): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    return failed(name, error, of);
  }
}

/** A check that came to a fault: its words, and the exit code that it stands for. */
export function failed(
  name: string,
  error: unknown,
  { advice = 'as it says', store = unknownStore }: Circumstances = {},
): Check {
  const detail = error instanceof Error ? error.message : String(error);
  const own = adviceOn(error, store).trim().replaceAll(/\s+/g, ' ');
  return fail(name, detail, { advice: own === '' ? advice : own, exitCode: exitCodeOf(error) });
}

/** From the gravest to the lightest: our own fault, integrity, something not reachable, bad input, the rest. */
const gravity: readonly ExitCode[] = [
  exitCode.internal,
  exitCode.integrity,
  exitCode.unreachable,
  exitCode.badInput,
  exitCode.conflict,
  exitCode.finding,
];

/** The exit code of the gravest failure; ok where there is none. */
export function gravest(checks: readonly Check[]): ExitCode {
  const codes = new Set(checks.flatMap((check) => (check.status === 'fail' ? [check.exitCode] : [])));
  return gravity.find((code) => codes.has(code)) ?? exitCode.ok;
}
