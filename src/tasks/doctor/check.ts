import { StoreUnavailable } from '../../ledger/faults.ts';
import { categoryOf, type FaultCategory } from '../../runtime/errors.ts';
import { unknownPlace, type LedgerPlace } from '../advice/ledger-place.ts';
import { stepOn } from '../advice/on-fault.ts';
import { adviceWhile, askOnceMended, asTold, type Doing } from '../advice/on-finding.ts';

/** The kind of a failed check: that of a fault, or `finding` for a host that does not hold what it should. */
export type FailureCategory = FaultCategory | 'finding';

/** The result of one check, in words for people. `advice` says what to do about it. */
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
      readonly category: FailureCategory;
    };

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail };
}

export function warn(name: string, detail: string, advice: string): Check {
  return { name, status: 'warn', detail, advice };
}

export function fail(name: string, detail: string, of: { advice: string; category: FailureCategory }): Check {
  return { name, status: 'fail', detail, ...of };
}

interface Circumstances {
  /** Says what to do about a fault whose class does not say it; `looking` if left out. */
  readonly doing?: Doing;
  /** Where the ledger is; some file if left out. */
  readonly place?: LedgerPlace;
}

/** Does one check. A fault that it throws is its finding, so that the next checks are done all the same. */
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

/** A check that came to a fault: its words, its category, and what to do about it. */
export function failed(
  name: string,
  error: unknown,
  { doing = 'looking', place = unknownPlace }: Circumstances = {},
): Check {
  const { detail, category } = faultIn(error);
  const own = stepOn(error, place).text.trim().replaceAll(/\s+/g, ' ');
  const advice = own === '' ? (adviceOnIntact(error) ?? adviceWhile(doing, place)) : own;
  return fail(name, detail, { advice, category });
}

/** Advice on a ledger of which nothing tells that it is damaged: a backup in its place would be an older copy. */
function adviceOnIntact(error: unknown): string | undefined {
  if (!(error instanceof StoreUnavailable)) return undefined;
  if (error.namesStep) return asTold;
  return error.isObstructed ? askOnceMended : undefined;
}

/** The words and the category of a fault. */
export function faultIn(error: unknown): { detail: string; category: FaultCategory } {
  return { detail: error instanceof Error ? error.message : String(error), category: categoryOf(error) };
}

/** From the gravest to the lightest: our own fault first. */
const gravity: readonly FailureCategory[] = [
  'bug',
  'integrity',
  'unreachable',
  'input',
  'conflict',
  'finding',
];

/** The category of the gravest failure; undefined where nothing failed. */
export function gravest(checks: readonly Check[]): FailureCategory | undefined {
  const categories = new Set(checks.flatMap((check) => (check.status === 'fail' ? [check.category] : [])));
  return gravity.find((category) => categories.has(category));
}
