import { Fault } from './errors.ts';

/** What a file system's error codes mean to a person. */
const reasons = new Map([
  ['EACCES', 'permission denied'],
  ['EEXIST', 'a file of this name is there already'],
  ['EIO', 'the disk does not read or write it: see the system log'],
  ['EISDIR', 'it is a folder'],
  ['EMFILE', 'too many files are open: raise the limit (ulimit -n)'],
  ['ENFILE', 'too many files are open on this machine'],
  ['ELOOP', 'its links lead round in a circle'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ENOENT', 'it does not exist'],
  ['ENOSPC', 'the disk is full'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'its disk can only be read'],
]);

/** The reason for a file system's error, in words. */
export function reasonOf(error: unknown): string {
  // A file that fails may fail once more when it is closed: what came first says why.
  if (error instanceof SuppressedError) return reasonOf(error.suppressed);
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return reasons.get(code) ?? `the system says ${code}`;
}

/** The machine did not do what it was asked, whatever it was asked about: to ask again may help. */
class MachineLacks extends Fault {
  readonly code = 'MachineLacks';
  readonly category = 'unreachable';
}

const ofMachine: readonly unknown[] = ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'];

/** Throws MachineLacks for an error that says nothing about the file that was asked for; `what` was to be done, in words. */
export function requireMachine(error: unknown, what: string): void {
  if (error instanceof Error && 'code' in error && ofMachine.includes(error.code))
    throw new MachineLacks(`${what}: ${reasonOf(error)}`, { cause: error });
}
