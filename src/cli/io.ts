import { jsonWithoutCredentials } from '../runtime/credentials.ts';
import { printableJson } from '../runtime/printable.ts';
import { cut, lines, say, type Shown } from '../words/shown.ts';
import { OutStream, type Undelivered } from './out-stream.ts';

/**
 * Where a command's words go. Answers to stdout; progress and complaints to stderr. Words for people are `Shown`, so
 * text of others (documents, options, names of files, hosts, errors of the system) cannot reach a terminal unescaped.
 */
export interface Io {
  out(words: Shown): void;
  err(words: Shown): void;
  /** Text for programs, on stdout: JSON, line by line. Exact, but on a terminal, where what could steer it is escaped. */
  data(json: string): void;
  /** The last line of stderr, in place of the one before; undefined takes it away. Nothing where stderr is no terminal. */
  progress(words: Shown | undefined): void;
  /** Whether stderr is a terminal: only then is progress shown. */
  readonly errIsTerminal: boolean;
  /** How many columns the terminal has that stdout is; undefined where it is none. */
  readonly outColumns?: number | undefined;
  /** Aborted once stdout takes no more; left out where words stay in the program. */
  readonly outClosed?: AbortSignal;
  /** Why what earlier commands saw of the ledger was not compared with it, if it was not. */
  readonly notCompared?: string | undefined;
}

/**
 * The streams of this process, to which nothing else writes but the log; `undelivered` says, at the end, whether stdout
 * took all that was said.
 */
export function processIo(): {
  readonly io: Io;
  readonly undelivered: () => Promise<Undelivered | undefined>;
} {
  const errClosed = new AbortController();
  // A reader of progress and complaints who has read enough is no fault: the exit code says what came of the work.
  process.stderr.on('error', () => {
    errClosed.abort();
  });
  const write = (text: string): void => {
    if (!errClosed.signal.aborted) process.stderr.write(text);
  };
  const err = ({ text }: Shown): void => {
    write(text);
  };
  const out = new OutStream(process.stdout, (problem) => {
    err(say`isoledger: the answer cannot be written whole: ${problem}; make room where stdout goes\n`);
  });
  const io: Io = {
    out: ({ text }) => {
      out.write(text);
    },
    err,
    data: (json) => {
      out.write(process.stdout.isTTY ? printableJson(json) : json);
    },
    progress: (words) => {
      if (process.stderr.isTTY) write(`\r\u001b[K${words?.text ?? ''}`);
    },
    errIsTerminal: process.stderr.isTTY,
    outColumns: process.stdout.isTTY ? process.stdout.columns : undefined,
    outClosed: out.closed,
  };
  return { io, undelivered: () => out.undelivered() };
}

/**
 * Writes a JSON value and a line end. An answer about a ledger says if what was seen of it before was not compared. What looks like
 * a password in it is not shown, but where `isOfRecord`: whoever reads entries is owed what they hold.
 */
export function outJson(io: Io, value: object, { isOfRecord = false } = {}): void {
  const { notCompared } = io;
  const whole = notCompared === undefined || Array.isArray(value) ? value : { ...value, notCompared };
  const json = JSON.stringify(whole);
  io.data(`${printableJson(isOfRecord ? json : jsonWithoutCredentials(json))}\n`);
}

/** The most characters of a cell: no name is longer, but free text may be. JSON has all of it. */
const cellMax = 160;

/** The widest column: a longer cell pushes what follows it in its own row only, and makes the column no wider. */
const widthMax = 64;

/** Rows in aligned columns, two spaces apart, under a heading row; nothing trails. Long text is cut. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): Shown {
  const all = [heading, ...rows].map((row) => row.map((cell) => cut(cell, cellMax)));
  const widths = heading.map((_, column) =>
    all.reduce((widest, row) => {
      const width = row[column]?.length ?? 0;
      return width > widthMax ? widest : Math.max(widest, width);
    }, 0),
  );
  return lines(
    all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  );
}
