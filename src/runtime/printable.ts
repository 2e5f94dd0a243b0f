/**
 * Characters that steer a terminal, end a line, turn the order of what follows, cannot be seen, or are no characters: controls
 * (ESC, BEL, CR, DEL, C1), formats (bidi, zero width, BOM, tags), lone surrogates, private use, code points without a
 * character; line and paragraph separators; fillers.
 */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Of such characters alone, as nearly all text is, nothing is to be escaped, and that is quicker to see. */
const plain = /^[ -~]*$/;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text of somebody else in a form that any terminal shows as it is, on one line: `\n`, `\u{1b}`. A backslash stays as it
 * is, so text that is printable already does not change, however often it is shown; who has to tell the two apart reads the JSON.
 */
export function printable(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(unprintable, (found) => short[found] ?? `\\u{${codeOf(found)}}`);
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}

/** JSON text with every unprintable character as an escape of JSON: the same value. Line ends between values stay. */
export function printableJson(json: string): string {
  if (plain.test(json)) return json;
  return json.replace(unprintable, (found) => (found === '\n' ? found : escapesOf(found)));
}

function escapesOf(found: string): string {
  return Array.from(
    { length: found.length },
    (_, unit) => `\\u${found.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');
}
