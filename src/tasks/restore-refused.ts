import { categoryOf, Fault, type FaultCategory } from '../runtime/errors.ts';

/** A backup that was not put in place, and why (`cause`): the place is as it was. */
export class RestoreRefused extends Fault {
  readonly code = 'RestoreRefused';
  readonly category: FaultCategory;
  override readonly cause: Error;

  constructor(file: string, cause: Error) {
    super(`${file} was not restored: ${cause.message}`);
    this.category = categoryOf(cause);
    this.cause = cause;
  }
}
