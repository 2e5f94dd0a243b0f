import { statSync } from 'node:fs';
import { isBlank } from '../../events/free-text.ts';
import { UsageError } from '../runtime/errors.ts';
import { readGivenText } from '../runtime/given-file.ts';
import { flawOfEncoding } from '../runtime/given-text.ts';
import { say } from '../words/shown.ts';
import type { Io } from './io.ts';

/** The forms of a reference, for help. */
export const referenceForms =
  'env:NAME for the URL in a variable of the environment, file:PATH for one in a file';

/**
 * The ledger URL that a text stands for. Arguments can be read by everybody on a machine, so a URL with a password
 * does not belong there: `env:NAME` and `file:PATH` say where it is instead. Any other text is the URL itself. Throws
 * UsageError.
 */
export function urlMeantBy(text: string): string {
  const [, kind, place = ''] = /^(env|file):(.*)$/s.exec(text) ?? [];
  if (kind === undefined) return text;
  if (isBlank(place)) throw new UsageError(`${kind}: names nothing; a ledger URL is ${referenceForms}`);
  const given = kind === 'env' ? process.env[place] : textOf(place);
  const found = given?.trim() ?? '';
  if (found === '' || /\s/.test(found))
    throw new UsageError(kind === 'env' ? variableWords(place, given) : fileWords(place));
  const flaw = flawOfEncoding(found);
  if (flaw !== undefined) throw new UsageError(`${kind}:${place}: the ledger URL ${flaw}`);
  return found;
}

function variableWords(name: string, given: string | undefined): string {
  if (given === undefined)
    return `env:${name}: the environment has no variable ${name} with a ledger URL: set and export it`;
  return isBlank(given)
    ? `env:${name}: the variable ${name} is blank; it is to hold a ledger URL`
    : `env:${name}: the variable ${name} holds white space, and a ledger URL has none (%20 stands for a space in a password)`;
}

function fileWords(path: string): string {
  return `file:${path} has to hold a ledger URL, on one line, and nothing else`;
}

function textOf(path: string): string {
  const given = readGivenText(path);
  if ('text' in given) return given.text;
  throw new UsageError(
    `file:${path} cannot be read: ${given.problem}; it is to be a file that holds a ledger URL`,
    {
      cause: given.cause,
    },
  );
}

/** Read by others than owner and group. */
const othersRead = 0o004;

/** Warns of the files of `file:PATH` among some texts that hold a password which every account of this machine can read. */
export function warnOfPasswords(io: Io, texts: readonly string[]): void {
  const paths = new Set(texts.flatMap((text) => /^file:(.*)$/s.exec(text)?.[1] ?? []));
  for (const path of [...paths].filter(isOpenPassword))
    io.err(
      say`isoledger: ${path} holds a password, and every account of this machine may read it: chmod o-r it, and change the password\n`,
    );
}

/** False also for what cannot be read: whoever needs it says so. */
function isOpenPassword(path: string): boolean {
  try {
    const found = statSync(path);
    if (!found.isFile() || (found.mode & othersRead) === 0) return false;
    return /:\/\/\S*@/.test(textOf(path));
  } catch {
    return false;
  }
}
