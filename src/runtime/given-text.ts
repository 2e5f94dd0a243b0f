import { isAbsolute } from 'node:path';

/** What Node shows in place of bytes that are not UTF-8, in an argument and in a variable of the environment. */
const lost = '\ufffd';

/**
 * What is wrong with a text that a command was given, where its bytes were not UTF-8: what was said cannot be told from it, so it must not be
 * recorded, and a path leads elsewhere. The text is not shown, since it may hold a password. Undefined if nothing is.
 */
export function flawOfEncoding(text: string): string | undefined {
  const at = text.indexOf(lost);
  if (at < 0) return undefined;
  const position = Array.from(text.slice(0, at)).length + 1;
  return `is no text in UTF-8: character ${String(position)} reads as U+FFFD, which stands for bytes that mean nothing; give it in UTF-8, and a file with such a name by another name`;
}

/**
 * What is wrong with the working directory, where a path leads on from there: a name that is not UTF-8 reads as another one, and what is
 * resolved against it lies elsewhere. Undefined if nothing is.
 */
export function flawOfWorkingDirectory(path: string): string | undefined {
  const flaw = isAbsolute(path) ? undefined : flawOfEncoding(workingDirectory());
  return flaw && `the working directory, from which ${path} leads on, ${flaw}`;
}

/** Empty where it was removed: whoever needs it says so. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
