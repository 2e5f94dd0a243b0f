import type { Command } from 'commander';
import type { QuarantineIntent } from '../../apply/record/quarantine.ts';
import { quarantine, type QuarantineDone } from '../../tasks/quarantine.ts';
import { inSession, type CommonOptions, type Shell, writingCommand } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { asOption, reasonOption } from '../free-text.ts';
import { toldOfShards } from '../progress.ts';
import { actorOf, ledgerPlace, type ClockOption, type Session } from '../session.ts';
import { complainOfQuarantine, quarantineJson, recordedWords, showQuarantine } from '../show-quarantine.ts';
import { parseDurationMs } from '../duration.ts';
import { outJson } from '../io.ts';
import { warnOfClock } from '../warn-of-clock.ts';
import { say } from '../../words/shown.ts';

interface QuarantineOptions extends CommonOptions, ClockOption {
  readonly reason?: string;
  readonly as?: string;
  /** False for --no-wait. */
  readonly wait: boolean;
  readonly timeout: string;
}

export function quarantineCommand(shell: Shell): Command {
  return intentCommand(shell, 'quarantine', {
    summary:
      'cut every flow into and out of a tenant, a segment or an external, above every grant, until it is released',
    example:
      'isoledger quarantine acme-corp --reason "incident 4711"\n  isoledger quarantine acme-corp/web\n  isoledger quarantine vpn-gateway',
  });
}

export function releaseCommand(shell: Shell): Command {
  return intentCommand(shell, 'release', {
    summary: 'end the quarantine of a tenant, a segment or an external: its grants count again',
    example: 'isoledger release acme-corp --reason "incident 4711 is closed"',
  });
}

function intentCommand(
  shell: Shell,
  intent: QuarantineIntent,
  of: { summary: string; example: string },
): Command {
  return writingCommand(intent, of)
    .argument('<end>', 'tenant (all its segments), tenant/segment, or external')
    .addOption(reasonOption('why; recorded with the event'))
    .addOption(asOption())
    .option('--no-wait', 'record only: no host is told before the next sync, whatever the exit code')
    .option('--timeout <duration>', 'how long to wait for hosts that do not answer', '60s')
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<QuarantineOptions>();
      const timeoutMs = parseDurationMs(options.timeout);
      await inSession(shell, { options, deed: 'write' }, (session) =>
        run(session, { intent, name, options, timeoutMs }),
      );
    });
}

async function run(
  session: Session,
  of: { intent: QuarantineIntent; name: string; options: QuarantineOptions; timeoutMs: number },
): Promise<ExitCode> {
  const { intent, name, options, timeoutMs } = of;
  const { io } = session;
  const { as, reason, wait, json } = options;
  await warnOfClock(session);
  const done: QuarantineDone = await quarantine(session, {
    ...{ intent, name, actor: actorOf(as), reason, timeoutMs, extent: wait ? 'drive' : 'record' },
    onRecorded: (recorded) => {
      if (json !== true) io.out(say`${name} ${recordedWords(intent, recorded)}\n`);
    },
    ...toldOfShards(io),
  });
  if (json === true) outJson(io, quarantineJson(intent, done));
  else showQuarantine(io, intent, done);
  return complainOfQuarantine(io, done, { intent, place: await ledgerPlace(options) });
}
