/** The most characters that are told of a text that was found outside of the program, in UTF-16 code units. */
export const foundTextMax = 1_000;

/**
 * Text that was found outside of the program, at a host or in a file that anybody may have written, fit for being
 * recorded: events take no half characters, and have an end.
 */
export function foundText(text: string, max = foundTextMax): string {
  const whole = text.length <= max ? text : `${withoutHalf(text.slice(0, max - 1))}…`;
  return whole.toWellFormed();
}

/** A cut may go through a character of two units. */
function withoutHalf(cut: string): string {
  return cut.replace(/[\uD800-\uDBFF]$/, '');
}
