import { foundAt } from '../../runtime/sqlite-files.ts';
import { NothingToCopy } from '../faults.ts';

/** Throws NothingToCopy if two paths lead to one file. */
export function requireTwoFiles(from: string, to: string): void {
  const [one, other] = [from, to].map((path) => foundAt(path));
  if (one === undefined || one.ino !== other?.ino || one.dev !== other.dev) return;
  throw new NothingToCopy(`nothing was copied: ${from} and ${to} are one file; name another one as TO`);
}
