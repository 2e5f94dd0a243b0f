/** The most characters of an approval reference, in UTF-16 code units. */
export const guardLengthMax = 256;

/** Control characters, line ends of any script, and the marks that turn the direction of writing. */
const disturbing = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** True of a text that is one line and looks like what it is: it can be shown, and hashed as UTF-8. */
export function isPlainLine(text: string): boolean {
  return text.isWellFormed() && !disturbing.test(text);
}
