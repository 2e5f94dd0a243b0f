/** `1 entry`, `2 entries`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. Of more than `most` words the last ones are counted only: `a, b, c and 9 more`. */
export function listWords(words: readonly string[], most = 6): string {
  const shown = words.length > most ? words.slice(0, most - 1) : words.slice(0, -1);
  const rest = words.length > most ? `${String(words.length - shown.length)} more` : (words.at(-1) ?? '');
  return shown.length === 0 ? rest : `${shown.join(', ')} and ${rest}`;
}
