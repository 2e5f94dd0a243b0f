import { Command } from 'commander';
import type { BypassIntent } from '../../apply/record/bypass.ts';
import { endWords } from '../../apply/drive/drive-beside.ts';
import { bypass, bypassList, type BypassDone } from '../../tasks/bypass.ts';
import { say, type Shown } from '../../words/shown.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell, writingCommand } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { asOption, reasonOption } from '../free-text.ts';
import { outJson } from '../io.ts';
import { actorOf, type ClockOption, type Session } from '../session.ts';
import { bypassesJson, showBypasses } from '../show-bypasses.ts';
import { warnOfClock } from '../warn-of-clock.ts';

interface BypassOptions extends CommonOptions, ClockOption {
  readonly shard: string;
  readonly host: string;
  readonly reason?: string;
  readonly as?: string;
}

export function bypassCommand(shell: Shell): Command {
  return new Command('bypass')
    .description('open, close and list: hosts that a person changes by hand, beside the ledger')
    .addCommand(
      intentCommand(shell, 'open', {
        summary: 'say that you change a host by hand from now on: what is found there is recorded, and left',
        example: 'isoledger bypass open --shard shard-1 --host hv-1 --reason "incident 4711"',
      }).addHelpText(
        'after',
        `

Begin a few seconds after: what was on its way to the host as this was recorded still arrives. Until the bypass is closed, nothing that is
found there beside the ledger is put right. What the events ask for, a quarantine too, is given
to the host as changes from what it says that it holds; where it does not take one, it stays as it is, and sync, status and quarantine
say so. On the observed lane isolation is unknown there until the whole host was seen to be right again.`,
      ),
    )
    .addCommand(
      intentCommand(shell, 'close', {
        summary: 'say that this is over: the next sync reads the whole host, and puts right what differs',
        example: 'isoledger bypass close --shard shard-1 --host hv-1 --reason "incident 4711 is closed"',
      }),
    )
    .addCommand(listCommand(shell))
    .addHelpText('after', '\nExample:\n  isoledger bypass list');
}

function intentCommand(
  shell: Shell,
  intent: BypassIntent,
  of: { summary: string; example: string },
): Command {
  return writingCommand(intent, of)
    .requiredOption('--shard <shard>', 'the shard, by name')
    .requiredOption('--host <host>', 'the host of that shard, by name')
    .addOption(reasonOption('why; recorded with the event'))
    .addOption(asOption())
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<BypassOptions>();
      await inSession(shell, { options, deed: 'write' }, (session) => run(session, intent, options));
    });
}

async function run(session: Session, intent: BypassIntent, options: BypassOptions): Promise<ExitCode> {
  const { shard, host, reason, as, json } = options;
  await warnOfClock(session);
  const at = { shard, host };
  const done = await bypass(session, { intent, host: at, actor: actorOf(as), reason });
  const { recorded, isOpen } = done;
  if (json === true)
    outJson(session.io, { formatVersion: 1, ...at, open: isOpen, recorded: recorded?.last ?? null });
  else session.io.out(intent === 'open' ? openWords(at, done) : closedWords(at, done));
  return exitCode.ok;
}

type HostNamed = Pick<BypassOptions, 'shard' | 'host'>;

function openWords(at: HostNamed, { recorded }: BypassDone): Shown {
  const where = say`host ${at.host} of ${at.shard}`;
  if (recorded === undefined) return say`a bypass is open at ${where} already: nothing to record\n`;
  return say`a bypass is open at ${where} since entry ${recorded.last}: what is found there by hand is recorded, and left as it is; ${endWords(at)}\n`;
}

function closedWords({ shard, host }: HostNamed, { recorded }: BypassDone): Shown {
  const where = say`host ${host} of ${shard}`;
  if (recorded === undefined) return say`no bypass is open at ${where}: nothing to record\n`;
  return say`the bypass at ${where} is closed since entry ${recorded.last}: isoledger sync reads the whole host, and puts right what differs; a service that drives it does so by itself\n`;
}

function listCommand(shell: Shell): Command {
  return ledgerCommand('list', {
    summary: 'the bypasses that are open, or whose host nobody saw whole since: since when, by whom and why',
    example: 'isoledger bypass list --json',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    await inSession(shell, { options }, async (session) => {
      const bypasses = await bypassList(session);
      if (options.json === true) outJson(session.io, { formatVersion: 1, bypasses: bypassesJson(bypasses) });
      else if (bypasses.length === 0) session.io.out(say`no bypass is open\n`);
      else showBypasses(session.io, bypasses);
      return exitCode.ok;
    });
  });
}
