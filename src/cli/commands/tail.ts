import { Option, type Command } from 'commander';
import manifest from '../../../package.json' with { type: 'json' };
import { checkedEntries, type CheckedRange } from '../../ledger/checked-entries.ts';
import { streamEntries, type StreamEntry } from '../../siem/event-stream.ts';
import type { EventFormat } from '../../siem/formats/format.ts';
import { formatNamed, formatNames, type FormatName } from '../../siem/formats/named.ts';
import { defaultOcsfVersion, ocsfVersions, type OcsfVersion } from '../../siem/formats/ocsf/versions.ts';
import { knownOwners, requireOwner } from '../../tasks/history.ts';
import { isAbout, requireKind } from '../../tasks/history-filter.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { UsageError } from '../../runtime/errors.ts';
import { count } from '../../words/lists.ts';
import type { Session } from '../session.ts';
import { say } from '../../words/shown.ts';

interface TailOptions extends CommonOptions {
  readonly after: string;
  readonly format: FormatName;
  readonly ocsfVersion?: OcsfVersion;
  readonly follow?: boolean;
  readonly type?: readonly string[];
  readonly tenant?: string;
}

const decoder = new TextDecoder();

export function tailCommand(shell: Shell): Command {
  return ledgerCommand('tail', {
    summary: 'the event stream on stdout, one entry a line, in seq order and without gaps',
    example: 'isoledger tail --after 41 --format cloudevents --follow',
    json: 'changes nothing: the format says what a line is',
  })
    .option('--after <seq>', 'start behind this entry; -1 for all', '-1')
    .addOption(
      new Option(
        '--format <format>',
        'entries: the exact stored bytes, void ones included; the others, each batch once it is complete: CloudEvents 1.0, OCSF or the Elastic Common Schema as JSON, CEF, syslog by RFC 5424',
      )
        .choices(formatNames)
        .default('entries'),
    )
    .addOption(
      new Option('--ocsf-version <version>', `with --format ocsf (default ${defaultOcsfVersion})`).choices(
        ocsfVersions,
      ),
    )
    .option(
      '--type <type...>',
      'in any format but entries: only these kinds of events, such as PolicyEnacted',
    )
    .option('--tenant <tenant>', "in any format but entries: only one tenant's or external's events")
    .option('--follow', 'go on with what comes, until interrupted')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TailOptions>();
      const after = parseSeq(options.after);
      const isWanted = filterOf(options);
      await inSession(shell, { options }, (session) => tail(session, { options, after, isWanted }));
    });
}

/** True for events that are asked for. */
type IsWanted = (about: StreamEntry['envelope']) => boolean;

/** Undefined where all are. Throws UsageError where a filter would break what a format promises. */
function filterOf({ format, ocsfVersion, type, tenant }: TailOptions): IsWanted | undefined {
  if (ocsfVersion !== undefined && format !== 'ocsf')
    throw new UsageError('--ocsf-version goes with --format ocsf');
  if (type === undefined && tenant === undefined) return undefined;
  if (format === 'entries')
    throw new UsageError(
      '--type and --tenant go with any other --format, such as cloudevents: line K of the stored entries is entry SEQ+K, so that none may be left out',
    );
  return isAbout({ kinds: type?.map(requireKind), tenant });
}

function parseSeq(text: string): number {
  if (/^(-1|0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw new UsageError(`--after ${text}: a seq is a whole number from 0, or -1 for all`);
}

async function tail(
  session: Session,
  { options, after, isWanted }: { options: TailOptions; after: number; isWanted: IsWanted | undefined },
): Promise<undefined> {
  const closed = session.io.outClosed ?? AbortSignal.any([]);
  const follow = options.follow === true ? AbortSignal.any([untilInterrupted(), closed]) : undefined;
  const range = { after, follow, confirmed: session.confirmed };
  // An empty stream must mean that nothing happened, and never that a name is misspelt.
  if (options.tenant !== undefined) requireOwner(options.tenant, await knownOwners(session.ledger));
  if (options.format === 'entries') await writeEntries(session, range);
  else await writeEvents(session, { range, format: formatNamed(options.format, options), isWanted });
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

async function writeEvents(
  { io, ledger }: Session,
  {
    range,
    format,
    isWanted = () => true,
  }: { range: CheckedRange; format: EventFormat; isWanted?: IsWanted | undefined },
): Promise<void> {
  const { size } = await ledger.head();
  const context = { ledgerId: ledger.id, version: manifest.version };
  let last = range.after;
  for await (const entry of streamEntries(ledger, range)) {
    if (io.outClosed?.aborted === true) return;
    if (isWanted(entry.envelope)) io.data(`${format.write(entry, context)}\n`);
    last = entry.seq;
  }
  const pending = size - 1 - last;
  if (range.follow === undefined && pending > 0)
    io.err(
      say`${count(pending, 'entry', 'entries')} from ${String(last + 1)} on held back: the batch is not finished, and takes no effect until it is\n`,
    );
}
