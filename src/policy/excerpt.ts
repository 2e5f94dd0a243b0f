/** The length of the longest excerpt, in UTF-16 code units. */
export const excerptLengthMax = 60;

/** Control and format characters would garble a terminal, or make a text look like another text. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** The text from `start` to `end`, on one line and shortened: fit to be shown. Never empty. */
export function excerpt(text: string, start = 0, end = text.length): string {
  const shown = text
    .slice(start, Math.min(end, start + excerptLengthMax))
    .toWellFormed()
    .trimEnd();
  const visible = printable(shown).trim();
  return visible === '' ? 'nothing' : visible + (end - start > excerptLengthMax ? '…' : '');
}

/** The text with spaces in place of invisible characters. */
export function printable(text: string): string {
  return text.replace(invisible, ' ');
}
