import { OutStream, type Undelivered } from './out-stream.ts';

/** Where a command's words go. Answers to stdout; progress and complaints to stderr. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Whether stderr is a terminal: only then is progress shown. */
  readonly errIsTerminal: boolean;
  /** Aborted once stdout takes no more; left out where words stay in the program. */
  readonly outClosed?: AbortSignal;
}

/** The streams of this process; `undelivered` says, at the end, whether stdout took all that was said. */
export function processIo(): {
  readonly io: Io;
  readonly undelivered: () => Promise<Undelivered | undefined>;
} {
  const errClosed = new AbortController();
  // A reader of progress and complaints who has read enough is no fault: the exit code says what came of the work.
  process.stderr.on('error', () => {
    errClosed.abort();
  });
  const err = (text: string): void => {
    if (!errClosed.signal.aborted) process.stderr.write(text);
  };
  const out = new OutStream(process.stdout, (problem) => {
    err(`isoledger: the answer cannot be written whole: ${problem}; make room where stdout goes\n`);
  });
  const io: Io = {
    out: (text) => {
      out.write(text);
    },
    err,
    errIsTerminal: process.stderr.isTTY,
    outClosed: out.closed,
  };
  return { io, undelivered: () => out.undelivered() };
}

/** Writes a JSON value and a line end. */
export function outJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value)}\n`);
}

/** Rows in aligned columns, two spaces apart, under a heading row; nothing trails. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
