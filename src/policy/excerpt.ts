import { printable } from '../runtime/printable.ts';

/** The length of the longest excerpt, in UTF-16 code units. */
export const excerptLengthMax = 60;

/** The text from `start` to `end`, on one line and shortened: fit to be shown. Never empty. */
export function excerpt(text: string, start = 0, end = text.length): string {
  const isCut = end - start > excerptLengthMax;
  const shown = text.slice(start, isCut ? start + excerptLengthMax : end);
  // A cut may go through a character of two units.
  const visible = onOneLine(isCut ? shown.replace(/[\uD800-\uDBFF]$/, '') : shown).trim();
  return visible === '' ? 'nothing' : visible + (isCut ? '…' : '');
}

/** The text with a space in place of line ends and tabs, and all else that cannot be seen as it is told everywhere. */
export function onOneLine(text: string): string {
  return printable(text.replace(/[\n\r\t]+/g, ' '));
}
