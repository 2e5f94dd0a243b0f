import { printable } from '../../runtime/printable.ts';

/** Why something did not arrive, in words for people. The code stands before words that do not have it themselves. */
export function reasonWords(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const code = 'code' in error ? String(error.code) : '';
  const isSaid = code === '' || error.message.includes(code);
  return printable(isSaid ? error.message : `${code} ${error.message}`);
}
