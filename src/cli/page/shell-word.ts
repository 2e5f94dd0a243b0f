/** A word as a shell takes it: as it is where it means nothing to any shell, else in quotes. */
export function shellWord(word: string): string {
  return /^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
