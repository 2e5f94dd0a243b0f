/** Where a command's words go. Answers to stdout; progress and complaints to stderr. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Whether stderr is a terminal: only then is progress shown. */
  readonly errIsTerminal: boolean;
  /** Aborted once nobody reads stdout any more; left out where words stay in the program. */
  readonly outClosed?: AbortSignal;
}

/** The streams of this process. */
export function processIo(): Io {
  const outClosed = new AbortController();
  const errClosed = new AbortController();
  stopAtBrokenPipe(process.stdout, outClosed);
  stopAtBrokenPipe(process.stderr, errClosed);
  return {
    out: (text) => {
      if (!outClosed.signal.aborted) process.stdout.write(text);
    },
    err: (text) => {
      if (!errClosed.signal.aborted) process.stderr.write(text);
    },
    errIsTerminal: process.stderr.isTTY,
    outClosed: outClosed.signal,
  };
}

/**
 * A reader of our words may have read enough (`| head`). That is no fault, and no reason to stop halfway: the work is
 * done and the exit code says what came of it, read or not. Nor is a disk without room for our words.
 */
function stopAtBrokenPipe(stream: NodeJS.WriteStream, closed: AbortController): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && stream !== process.stderr)
      process.stderr.write(`isoledger: what there is to say cannot be written: ${error.message}\n`);
    closed.abort(error);
  });
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
