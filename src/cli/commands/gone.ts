import type { Command } from 'commander';
import type { GoneIntent } from '../../apply/record/gone.ts';
import { gone, type GoneDone } from '../../tasks/gone.ts';
import { say, type Shown } from '../../words/shown.ts';
import { inSession, type CommonOptions, type Shell, writingCommand } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { asOption, reasonOption } from '../free-text.ts';
import { outJson } from '../io.ts';
import { actorOf, type ClockOption, type Session } from '../session.ts';
import { parseDurationMs } from '../duration.ts';
import { warnOfClock } from '../warn-of-clock.ts';

interface GoneOptions extends CommonOptions, ClockOption {
  readonly shard?: string;
  readonly reason: string;
  readonly as?: string;
  readonly back?: true;
  readonly timeout: string;
}

export function goneCommand(shell: Shell): Command {
  return writingCommand('gone', {
    summary:
      'say that what a host was is switched off for good, or never was (a slip in its address): it counts as holding nothing',
    example:
      'isoledger gone hv-3 --reason "scrapped, ticket 4711"\n  isoledger gone hv-3 --back --reason "it was another one"',
  })
    .argument('<host>', 'a host that is declared, or was retired and is still to be emptied')
    .option('--shard <shard>', 'whose host, where several shards have one of that name')
    .addOption(reasonOption('why; recorded with the event', { isNeeded: true }))
    .addOption(asOption())
    .option('--back', 'it is there after all, or another one is in its place: it is driven again')
    .option('--timeout <duration>', 'how long to wait for whoever drives the shard', '60s')
    .addHelpText(
      'after',
      `

From then on nothing is driven, read or waited for there, and its name and address may be used anew. Nobody can check it: YOU
vouch that nothing is forwarded there any more. A switch that still runs would go on forwarding, whatever is revoked or in
quarantine, and verify would not know of it. A host that answers, or will again, is taken out of the documents instead, and
isoledger sync empties it.

A host that is still declared stays as it is until its document changes (correct its address, and apply), or --back.`,
    )
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GoneOptions>();
      const timeoutMs = parseDurationMs(options.timeout);
      await inSession(shell, { options, deed: 'write' }, (session) =>
        run(session, { name, options, timeoutMs }),
      );
    });
}

async function run(
  session: Session,
  { name, options, timeoutMs }: { name: string; options: GoneOptions; timeoutMs: number },
): Promise<ExitCode> {
  const { as, reason, back, shard, json } = options;
  const intent: GoneIntent = back === true ? 'back' : 'gone';
  await warnOfClock(session);
  const done = await gone(session, { intent, name, shard, actor: actorOf(as), reason, timeoutMs });
  const { recorded, isGone, isDeclared } = done;
  if (json === true)
    outJson(session.io, {
      formatVersion: 1,
      ...{ shard: done.shard, host: done.host, gone: isGone, declared: isDeclared },
      recorded: recorded?.last ?? null,
    });
  else session.io.out(intent === 'gone' ? goneWords(done) : backWords(done));
  return exitCode.ok;
}

function goneWords({ shard, host, recorded, isGone, isDeclared }: GoneDone): Shown {
  const of = say`host ${host} of ${shard}`;
  if (!isGone) return say`${of} holds nothing any more, as it acknowledged itself: nothing to record\n`;
  const said =
    recorded === undefined
      ? say`${of} is said to be gone already: nothing to record`
      : say`${of} counts as holding nothing since entry ${recorded.last}, on your word: nothing is driven, read or waited for there`;
  if (!isDeclared) return say`${said}\n`;
  return say`${said}\nit is still declared: take it out of the documents, or correct its address there (isoledger apply), and it is driven at that; isoledger gone ${host} --shard ${shard} --back --reason TEXT where it is there after all\n`;
}

function backWords({ shard, host, recorded, isGone, isDeclared }: GoneDone): Shown {
  const of = say`host ${host} of ${shard}`;
  if (isGone && !isDeclared)
    return say`${of} is declared by no document: declare it, and it is driven; nothing to record\n`;
  return recorded === undefined
    ? say`nobody says that ${of} is gone: nothing to record\n`
    : say`${of} is there since entry ${recorded.last}: isoledger sync drives it\n`;
}
