import { Option, type Command } from 'commander';
import { checkedEntries, type CheckedRange } from '../../ledger/checked-entries.ts';
import { cloudEvents } from '../../siem/event-stream.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { UsageError } from '../../runtime/errors.ts';
import { count } from '../../words/lists.ts';
import { outJson } from '../io.ts';
import type { Session } from '../session.ts';
import { say } from '../../words/shown.ts';

interface TailOptions extends CommonOptions {
  readonly after: string;
  readonly format: 'entries' | 'cloudevents';
  readonly follow?: boolean;
}

const decoder = new TextDecoder();

export function tailCommand(shell: Shell): Command {
  return ledgerCommand('tail', {
    summary: 'the event stream on stdout, one entry a line, in seq order and without gaps',
    example: 'isoledger tail --after 41 --format cloudevents --follow',
    json: 'changes nothing: every line is a JSON value',
  })
    .option('--after <seq>', 'start behind this entry; -1 for all', '-1')
    .addOption(
      new Option(
        '--format <format>',
        'entries: the exact stored bytes, void ones included; cloudevents: CloudEvents 1.0 JSON, each batch once it is complete',
      )
        .choices(['entries', 'cloudevents'])
        .default('entries'),
    )
    .option('--follow', 'go on with what comes, until interrupted')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TailOptions>();
      const after = parseSeq(options.after);
      await inSession(shell, { options }, (session) => tail(session, { options, after }));
    });
}

function parseSeq(text: string): number {
  if (/^(-1|0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw new UsageError(`--after ${text}: a seq is a whole number from 0, or -1 for all`);
}

async function tail(
  session: Session,
  { options, after }: { options: TailOptions; after: number },
): Promise<undefined> {
  const closed = session.io.outClosed ?? AbortSignal.any([]);
  const follow = options.follow === true ? AbortSignal.any([untilInterrupted(), closed]) : undefined;
  const range = { after, follow, confirmed: session.confirmed };
  if (options.format === 'entries') await writeEntries(session, range);
  else await writeEvents(session, range);
}

function untilInterrupted(): AbortSignal {
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort();
  };
  process.once('SIGINT', abort).once('SIGTERM', abort);
  return stop.signal;
}

async function writeEntries({ io, ledger }: Session, range: CheckedRange): Promise<void> {
  for await (const { bytes } of checkedEntries(ledger, range)) {
    if (io.outClosed?.aborted === true) return;
    io.data(`${decoder.decode(bytes)}\n`);
  }
}

async function writeEvents({ io, ledger }: Session, range: CheckedRange): Promise<void> {
  const { size } = await ledger.head();
  let last = range.after;
  for await (const { seq, event } of cloudEvents(ledger, range)) {
    if (io.outClosed?.aborted === true) return;
    outJson(io, event);
    last = seq;
  }
  const pending = size - 1 - last;
  if (range.follow === undefined && pending > 0)
    io.err(
      say`${count(pending, 'entry', 'entries')} from ${String(last + 1)} on held back: the batch is not finished, and takes no effect until it is\n`,
    );
}
