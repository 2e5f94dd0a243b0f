import { z } from 'zod';
import { categoryOf, Fault, type FaultCategory } from '../runtime/errors.ts';

/** What a problem is told as: RFC 9457. */
export const problemType = 'application/problem+json';

/** What is wrong with a request, or with what it asked for. */
export const problemDetails = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
});
export type ProblemDetails = z.infer<typeof problemDetails>;

const byCategory: Readonly<Record<FaultCategory, { readonly status: number; readonly title: string }>> = {
  input: { status: 400, title: 'The request is wrong as it stands' },
  conflict: { status: 409, title: 'The request contradicts what is there' },
  unreachable: { status: 503, title: 'Something that is needed does not answer' },
  unknown: { status: 404, title: 'Nothing is known of that' },
  integrity: { status: 500, title: 'The ledger is not what it has to be: a person has to look' },
  bug: { status: 500, title: 'A fault of this program' },
};

/** What to tell of something that was thrown. The words of a fault of our own are for the log. */
export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof Unanswered)
    return problem(error.code, { status: error.status, title: error.title, detail: error.message });
  const category = categoryOf(error);
  const code = error instanceof Fault ? error.code : category === 'integrity' ? 'UnreadableEntry' : 'Bug';
  const detail =
    error instanceof Error && category !== 'bug' ? error.message : 'the log of the service has more';
  return problem(code, { ...byCategory[category], detail });
}

function problem(code: string, rest: Omit<ProblemDetails, 'type'>): ProblemDetails {
  return { type: `urn:isoledger:problem:${kebab(code)}`, ...rest };
}

/** `UsageError` as `usage-error`. */
function kebab(code: string): string {
  return code.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
}

/** A request that is not answered, and the status for that. */
export class Unanswered extends Fault {
  readonly code: string;
  readonly category = 'input';
  readonly title: string;
  readonly status: number;

  constructor(message: string, { code, status, title }: Pick<Unanswered, 'code' | 'status' | 'title'>) {
    super(message);
    [this.code, this.status, this.title] = [code, status, title];
  }
}
