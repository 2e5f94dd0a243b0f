import { Command } from 'commander';
import { ledgerInNats, type LedgerInNats } from '../../compose/nats.ts';
import { UsageError } from '../../runtime/errors.ts';
import { mirrorToTheEnd } from '../../siem/mirror/publish.ts';
import { streamStatus, type StreamStatus } from '../../tasks/stream-status.ts';
import { count } from '../../words/lists.ts';
import { say } from '../../words/shown.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { outJson, type Io } from '../io.ts';
import { showProgress } from '../progress.ts';
import { serviceSettings, type Session } from '../session.ts';

export function streamCommand(shell: Shell): Command {
  return new Command('stream')
    .description('status and rebuild: the mirror of the ledger in NATS, beside the ledger')
    .addCommand(statusCommand(shell))
    .addCommand(rebuildCommand(shell))
    .addHelpText('after', '\nExample:\n  isoledger stream status --config isoledger.yaml');
}

function statusCommand(shell: Shell): Command {
  return ledgerCommand('status', {
    summary: 'read the whole stream, and say whether each message is its entry; changes nothing',
    example: 'isoledger stream status --config isoledger.yaml',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    await inNats(shell, options, (session, nats) => showStatus(session, { options, nats }));
  });
}

function rebuildCommand(shell: Shell): Command {
  return ledgerCommand('rebuild', {
    summary:
      'make the stream anew from the ledger, under the same name and with the same numbers, once it is gone',
    example: 'isoledger stream rebuild --config isoledger.yaml',
  })
    .addHelpText(
      'after',
      '\nA service that publishes does the same by itself. A stream that is there is never touched: whoever may remove it does so first.',
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await inNats(shell, options, (session, nats) => rebuild(session, { options, nats }));
    });
}

/** Throws UsageError where the configuration names no server. */
async function inNats(
  shell: Shell,
  options: CommonOptions,
  work: (session: Session, nats: LedgerInNats) => Promise<ExitCode | undefined>,
): Promise<void> {
  const { nats: settings } = await serviceSettings(options);
  if (settings === undefined)
    throw new UsageError(
      'no NATS server is named: give a configuration (--config FILE) with nats.servers in it',
    );
  await inSession(shell, { options }, async (session) => {
    await using nats = ledgerInNats(session.ledger.id, settings);
    return await work(session, nats);
  });
}

interface AskedStream {
  readonly options: CommonOptions;
  readonly nats: LedgerInNats;
}

async function showStatus(
  { io, ledger, confirmed }: Session,
  { options, nats: { mirror, form } }: AskedStream,
): Promise<ExitCode> {
  const status = await streamStatus({ ledger, mirror, form, confirmed });
  if (options.json === true) outJson(io, { formatVersion: 1, ...status });
  else tell(io, status);
  if (status.verdict === 'forked') return exitCode.integrity;
  return status.verdict === 'same' || status.verdict === 'behind' ? exitCode.ok : exitCode.finding;
}

const verdictWords: Readonly<Record<StreamStatus['verdict'], string>> = {
  same: 'every entry is there, and nothing else',
  behind: 'all that is there is right, and more is to come',
  cut: 'messages are gone from it; all that are there are right',
  otherwise:
    'messages bear the id and hash of their entries, in other words than they are written in now: another version or format wrote them, or somebody changed them',
  missing: 'there is none: a service makes it anew, and so does isoledger stream rebuild',
  forked: 'it is no mirror of this ledger: see who wrote to it',
};

function tell(io: Io, { verdict, stream, size, extent, ...status }: StreamStatus): void {
  io.out(say`stream ${stream}: ${verdictWords[verdict]}\n`);
  io.out(say`ledger ${count(size, 'entry', 'entries')}; stream ${count(extent?.count ?? 0, 'message')}\n`);
  if (status.root !== undefined) io.out(say`root over its messages ${status.root}\n`);
  if (status.firstDifference !== undefined)
    io.out(say`message ${String(status.firstDifference)} is the first that is not its entry\n`);
  if (status.otherwiseWritten > 0) io.out(say`${count(status.otherwiseWritten, 'message')} in other words\n`);
  for (const { from, to, found, expected } of status.ranges)
    if (found !== expected)
      io.out(say`messages ${String(from)} to ${String(to)} differ in a word at least\n`);
}

async function rebuild(
  { io, ledger, clock, confirmed, log }: Session,
  { options, nats: { mirror, form } }: AskedStream,
): Promise<ExitCode> {
  const there = await mirror.extent();
  if (there !== undefined) {
    io.err(
      say`isoledger: there is a stream ${mirror.name} with ${count(there.count, 'message')}: nothing was changed\n`,
    );
    return exitCode.conflict;
  }
  const { size } = await ledger.head();
  let done = 0;
  const publisher = { ledger, mirror, form, clock, confirmed };
  const signal = io.outClosed ?? AbortSignal.any([]);
  await mirrorToTheEnd(publisher, {
    ...{ signal, log },
    tell: ({ seq }) => {
      done = seq + 1;
      showProgress(io, { label: 'entries', done, of: size });
    },
  });
  if (options.json === true) outJson(io, { formatVersion: 1, stream: mirror.name, messages: done });
  else io.out(say`stream ${mirror.name}: ${count(done, 'message')}\n`);
  return exitCode.ok;
}
