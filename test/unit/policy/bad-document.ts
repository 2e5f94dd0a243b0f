import { describe, expect, test } from 'vitest';
import { read } from './folders.ts';

/** A text with a fault, and what must be said about it. */
export interface BadDocument {
  readonly given: string;
  readonly text: string;
  readonly line: number;
  readonly keyPath: string;
  /** A piece of the message. */
  readonly says: string;
  readonly found?: string;
  readonly allowed?: string;
  readonly nearest?: string;
}

/** Each text has this one fault and no other. */
export function describeBadDocuments(title: string, table: readonly BadDocument[]): void {
  describe(title, () => {
    test.each(table)('given $given, then "$says" on line $line', async ({ text, ...expected }) => {
      const { documents, problems } = await read({ 'folder/bad.yaml': text });

      expect(documents).toEqual([]);
      expect(problems).toHaveLength(1);
      const [problem] = problems;
      const { line, keyPath } = expected;
      expect(problem).toMatchObject({ kind: 'input', place: { file: 'folder/bad.yaml', line, keyPath } });
      expect(problem?.message).toContain(expected.says);
      expect(problem?.found).toEqual(expected.found ?? expect.stringMatching(/./));
      expect(problem?.allowed).toEqual(expected.allowed ?? expect.stringMatching(/./));
      expect(problem?.nearest).toBe(expected.nearest);
    });
  });
}
