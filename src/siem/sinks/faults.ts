import { Fault } from '../../runtime/errors.ts';

/** The receiver does not answer, takes nothing now, or does not let this side in: later it may. */
export class SinkUnavailable extends Fault {
  readonly code = 'SinkUnavailable';
  readonly category = 'unreachable';
  /** How long the receiver asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { cause, retryAfterMs }: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The receiver says that what it got is wrong. Nothing is passed over: a person has to look. */
export class EntryRefused extends Fault {
  readonly code = 'EntryRefused';
  readonly category = 'integrity';
  /** The entry, where the receiver or the size of the delivery tells which. */
  readonly seq: number | undefined;

  constructor(message: string, { seq, cause }: { seq?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause });
    this.seq = seq;
  }
}

/** What is noted of a sink does not fit the ledger: it was rewritten, cut, or is an older copy; or somebody edited the note. */
export class CursorAstray extends Fault {
  readonly code = 'CursorAstray';
  readonly category = 'integrity';
}
