/** What is shown of a value as written, in characters. */
export const excerptLengthMax = 60;

/** They would garble a terminal, or make text look like another. */
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

/** The text without what cannot be seen. */
export function printable(text: string): string {
  return text.replace(invisible, ' ');
}
