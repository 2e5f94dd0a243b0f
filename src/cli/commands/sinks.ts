import { Command } from 'commander';
import { addressOf, forwarderTo } from '../../compose/sinks.ts';
import { UsageError } from '../../runtime/errors.ts';
import { count } from '../../words/lists.ts';
import { say } from '../../words/shown.ts';
import { promiseOf, type SinkPromise, type SinkSettings } from '../../siem/sinks/settings.ts';
import { inSession, ledgerCommand, writingCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson } from '../io.ts';
import { actorOf, serviceSettings, type ClockOption, type Session } from '../session.ts';
import { skipEntry } from '../../tasks/skip-entry.ts';
import { asOption, reasonOption } from '../free-text.ts';
import { warnOfClock } from '../warn-of-clock.ts';
import { seqFrom, sinksCheckCommand } from './sinks-check.ts';
import { forwarderName, sinkBeat } from '../../siem/sinks/forwarder.ts';

export function sinksCommand(shell: Shell): Command {
  return new Command('sinks')
    .description('list, test, replay, skip, check: where events are delivered, and what is there')
    .addCommand(listCommand(shell))
    .addCommand(testCommand(shell))
    .addCommand(replayCommand(shell))
    .addCommand(skipCommand(shell))
    .addCommand(sinksCheckCommand(shell))
    .addHelpText('after', '\nExample:\n  isoledger sinks list --config isoledger.yaml');
}

function listCommand(shell: Shell): Command {
  return ledgerCommand('list', {
    summary: 'say of each sink of the configuration what it is delivered, and how far this machine delivered',
    example: 'isoledger sinks list --config isoledger.yaml',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    const sinks = await configuredSinks(options);
    await inSession(shell, { options }, async (session) => {
      const { io, ledger } = session;
      const { size } = await ledger.head();
      const listed = sinks.map((sink) => {
        const { name, kind, format } = sink;
        const delivered = forwarderTo(sink, session).cursor.read()?.seq ?? null;
        const behind = size - 1 - (delivered ?? -1);
        return { name, kind, format, to: addressOf(sink), promise: promiseOf(kind), delivered, behind };
      });
      if (options.json === true) {
        outJson(io, { formatVersion: 1, size, sinks: listed });
        return undefined;
      }
      for (const { name, kind, format, to, promise, delivered, behind } of listed)
        io.out(
          say`${name}: ${kind} ${to}, ${format}; ${delivered === null ? 'nothing was delivered from here' : `delivered up to entry ${String(delivered)}`}, ${count(behind, 'entry', 'entries')} behind${promiseWords(promise)}\n`,
        );
      return undefined;
    });
  });
}

/** What is said of a sink beyond what is promised of every other. */
export function promiseWords(promise: SinkPromise): string {
  return promise === 'best-effort'
    ? '; best effort: nothing acknowledges it, and isoledger sinks check shows what is missing'
    : '';
}

function testCommand(shell: Shell): Command {
  return ledgerCommand('test', {
    summary: 'deliver a heartbeat to a sink, and say what comes of it; no entry is delivered',
    example: 'isoledger sinks test archive --config isoledger.yaml',
  })
    .argument('<name>', 'the name of a sink of the configuration')
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const settings = await sinkNamed(name, options);
      await inSession(shell, { options }, async (session) => {
        const to = addressOf(settings);
        await testSink(settings, session);
        const acknowledged = promiseOf(settings.kind) !== 'best-effort';
        if (options.json === true) outJson(session.io, { formatVersion: 1, name, to, acknowledged });
        else if (acknowledged) session.io.out(say`${name}: ${to} acknowledged a heartbeat\n`);
        else session.io.out(say`${name}: a heartbeat was sent to ${to}; syslog has no acknowledgement\n`);
        return undefined;
      });
    });
}

/** Throws SinkUnavailable, EntryRefused; RoleHeld for a file to which a service writes. */
async function testSink(settings: SinkSettings, session: Session): Promise<void> {
  const forwarder = forwarderTo(settings, session);
  // Two that write to a file could cut each other's lines.
  const role = settings.kind === 'file' ? await session.holdRole(forwarderName(settings.name)) : undefined;
  const sink = forwarder.open();
  try {
    await sink.beat(await sinkBeat(forwarder), session.io.outClosed ?? AbortSignal.any([]));
  } finally {
    await sink.close();
    await role?.release();
  }
}

function replayCommand(shell: Shell): Command {
  return ledgerCommand('replay', {
    summary: 'have a sink delivered again from an entry on, by the service that delivers to it',
    example: 'isoledger sinks replay archive --from 1000 --config isoledger.yaml',
  })
    .argument('<name>', 'the name of a sink of the configuration')
    .requiredOption('--from <seq>', 'the first entry that is delivered again')
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { readonly from: string }>();
      const settings = await sinkNamed(name, options);
      const from = seqFrom('--from', options.from);
      await inSession(shell, { options }, async (session) => {
        const { size } = await session.ledger.head();
        if (from >= size)
          throw new UsageError(`--from ${String(from)}: the ledger has ${count(size, 'entry', 'entries')}`);
        await forwarderTo(settings, session).cursor.wish(from);
        if (options.json === true) outJson(session.io, { formatVersion: 1, name, from });
        else
          session.io.out(
            say`${name} is delivered again from entry ${String(from)} on, by the service on this machine, within seconds or when it starts\n`,
          );
        return undefined;
      });
    });
}

interface SkipOptions extends CommonOptions, ClockOption {
  readonly anyway?: true;
  readonly reason?: string;
  readonly as?: string;
}

function skipCommand(shell: Shell): Command {
  return writingCommand('skip', {
    summary: 'record that a sink is not delivered an entry, which its receiver refuses; changes no entry',
    example: 'isoledger sinks skip archive 4711 --reason "too large for its index" --config isoledger.yaml',
  })
    .argument('<name>', 'the name of a sink of the configuration')
    .argument('<seq>', 'the entry at which the sink stopped')
    .option('--anyway', 'also where this machine does not know that the receiver refused it')
    .addOption(reasonOption('why; recorded with the event').makeOptionMandatory())
    .addOption(asOption())
    .action(async (name: string, text: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<SkipOptions>();
      const settings = await sinkNamed(name, options);
      const seq = seqFrom('SEQ', text);
      await inSession(shell, { options, deed: 'write' }, async (session) => {
        await warnOfClock(session);
        const { ledger, io } = session;
        const { cursor } = forwarderTo(settings, session);
        const { as, reason = '', anyway: isAnyway = false } = options;
        const request = { ledger, cursor, sink: name, seq, actor: actorOf(as), reason, isAnyway };
        const isNew = await skipEntry(request);
        if (options.json === true) outJson(io, { formatVersion: 1, name, seq, recorded: isNew });
        else
          io.out(
            say`entry ${String(seq)} is not delivered to ${name}${isNew ? '' : ': that was recorded before'}; a sink that stopped goes on once the service reads its configuration again (SIGHUP), or starts\n`,
          );
        return undefined;
      });
    });
}

/** Throws UsageError where the configuration has none of that name. */
async function sinkNamed(name: string, options: CommonOptions): Promise<SinkSettings> {
  const sinks = await configuredSinks(options);
  const found = sinks.find((sink) => sink.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`no sink is named ${name}; there are ${sinks.map((sink) => sink.name).join(', ')}`);
}

/** Throws UsageError where the configuration has none. */
async function configuredSinks(options: CommonOptions): Promise<readonly SinkSettings[]> {
  const { sinks = [] } = await serviceSettings(options);
  if (sinks.length > 0) return sinks;
  throw new UsageError(
    'the configuration names no sink: under `sinks` it says where events are delivered; see --config and ISOLEDGER_CONFIG',
  );
}
