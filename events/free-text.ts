/** The most characters of an approval reference, in UTF-16 code units. */
export const guardLengthMax = 256;

/** The most characters of the name of whoever acts, and of an account, in UTF-16 code units. */
export const actorNameMax = 256;

/** The most characters of a reason, in UTF-16 code units. Entries from before this limit may hold longer ones. */
export const reasonMax = 1_000;

/** The most characters of the place that documents come from, in UTF-16 code units. As for reasons, older ones may be longer. */
export const sourceMax = 256;

/** Control characters, line ends of any script, and the marks that turn the direction of writing. */
const disturbing = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** True of a text that is one line and looks like what it is: it can be shown, and hashed as UTF-8. */
export function isPlainLine(text: string): boolean {
  return text.isWellFormed() && !disturbing.test(text);
}

/** Letters, digits, signs: what leaves ink. Fillers and the empty pattern of Braille count as such, and leave none. */
const visible = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

/** Characters that leave no ink and part no words: a reader does not know that they are there. */
const unseen = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/gu;

/** A text as a reader sees it: without what is not shown, without spaces around it, and in the plain form of each letter. */
export function seenText(text: string): string {
  return text.normalize('NFKC').replace(unseen, '').trim();
}

/** True of a text in which nobody sees anything: it is empty, or made of spaces and marks that are not shown. */
export function isBlank(text: string): boolean {
  return !visible.test(text);
}
