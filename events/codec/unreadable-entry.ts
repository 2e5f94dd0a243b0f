/**
 * Why an entry cannot be read. `unknown`: it is an entry, of a type or version that this program does not know, as a
 * later version may write it. `malformed`: no version writes such bytes.
 */
type Unreadable = 'unknown' | 'malformed';

/** Thrown for bytes that are no entry, and for an event type or version that this program does not know. */
export class UnreadableEntry extends Error {
  readonly code = 'UnreadableEntry';
  readonly seq: number;
  readonly why: Unreadable;

  constructor(seq: number, { why, problem, cause }: { why: Unreadable; problem: string; cause?: unknown }) {
    super(`entry ${String(seq)} cannot be read: ${problem}`, { cause });
    this.seq = seq;
    this.why = why;
  }
}
