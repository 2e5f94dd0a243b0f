import { withoutCredentials } from '../runtime/credentials.ts';
import { printable } from '../runtime/printable.ts';

/** The length of the longest excerpt, in UTF-16 code units. */
export const excerptLengthMax = 60;

/** How far a text is looked through for what is not to be shown, in UTF-16 code units. */
const lookedAtMax = 5_000;

/** A line of a quoted text in YAML that goes on in the next one as if nothing stood between. */
const foldedLine = /\\\r?\n\s*/g;

/** The text from `start` to `end`, on one line and shortened: fit to be shown. Never empty. */
export function excerpt(text: string, start = 0, end = text.length): string {
  // A password goes before the text is cut: half of one looks like nothing special.
  const lookedAt = text.slice(start, Math.min(end, start + lookedAtMax)).replaceAll(foldedLine, '');
  const whole = withoutCredentials(lookedAt);
  const isCut = whole.length > excerptLengthMax || end - start > lookedAtMax;
  const shown = whole.slice(0, excerptLengthMax);
  // A cut may go through a character of two units.
  const visible = onOneLine(isCut ? shown.replace(/[\uD800-\uDBFF]$/, '') : shown).trim();
  return visible === '' ? 'nothing' : visible + (isCut ? '…' : '');
}

/** The text with a space in place of line ends and tabs, and all else that cannot be seen as it is told everywhere. */
export function onOneLine(text: string): string {
  return printable(text.replace(/[\n\r\t]+/g, ' '));
}
