import { Option, type Command } from 'commander';
import type { StoredEntry } from '../../../events/decode.ts';
import { toCloudEvent } from '../../siem/formats/cloudevents.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Session } from '../session.ts';

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
  })
    .option('--after <seq>', 'start behind this entry; -1 for all', '-1')
    .addOption(
      new Option('--format <format>', 'entries: the exact stored bytes; cloudevents: CloudEvents 1.0 JSON')
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
  if (/^(-1|\d{1,15})$/.test(text)) return Number(text);
  throw new UsageError(`--after ${text}: a seq is a whole number from 0, or -1 for all`);
}

async function tail(
  session: Session,
  { options, after }: { options: TailOptions; after: number },
): Promise<undefined> {
  const { io, ledger } = session;
  const write = (entry: StoredEntry): void => {
    io.out(`${lineOf(entry, { format: options.format, ledgerId: ledger.id })}\n`);
  };
  if (options.follow !== true) {
    for await (const entry of ledger.read({ after })) write(entry);
    return;
  }
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort();
  };
  process.once('SIGINT', abort).once('SIGTERM', abort);
  for await (const item of ledger.subscribe({ after, signal: stop.signal })) {
    if (item.kind === 'entry') write(item.entry);
  }
}

function lineOf(
  entry: StoredEntry,
  { format, ledgerId }: { format: TailOptions['format']; ledgerId: string },
): string {
  return format === 'entries' ? decoder.decode(entry.bytes) : JSON.stringify(toCloudEvent(ledgerId, entry));
}
