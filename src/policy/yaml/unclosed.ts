import { visit, type Document } from 'yaml';

/** What may stand unclosed, by its first character: the character that closes it. */
const closing = new Map([
  ['{', '}'],
  ['[', ']'],
  ['"', '"'],
  ["'", "'"],
]);

/** Something that is opened and never closed. */
export interface Unclosed {
  /** Where it is opened. */
  readonly start: number;
  readonly open: string;
  readonly close: string;
}

/**
 * By the place at which the library gives up on it: what was opened long before, and is closed nowhere. A person has to look
 * where it was opened.
 */
export function unclosedIn(text: string, document: Document.Parsed): ReadonlyMap<number, Unclosed> {
  const byEnd = new Map<number, Unclosed>();
  visit(document, {
    Node: (_key, { range }) => {
      if (range === undefined || range === null) return;
      const [start, end] = range;
      const open = text.charAt(start);
      const close = closing.get(open);
      if (close !== undefined) byEnd.set(end, { start, open, close });
    },
  });
  return byEnd;
}
