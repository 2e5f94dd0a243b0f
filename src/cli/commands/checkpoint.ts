import type { Command } from 'commander';
import type { Head } from '../../ledger/port.ts';
import { UsageError } from '../../runtime/errors.ts';
import { checkpoint, requireHeld } from '../../tasks/checkpoint.ts';
import { say } from '../../words/shown.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { outJson } from '../io.ts';
import type { Session } from '../session.ts';
import { showGaps } from '../show-gaps.ts';
import { parseTime } from '../time.ts';

interface CheckpointOptions extends CommonOptions {
  readonly at: string;
  readonly expect?: string;
}

export function checkpointCommand(shell: Shell): Command {
  return ledgerCommand('checkpoint', {
    summary: "read the whole ledger, and say its size and the Merkle root (RFC 6962) over its entries' bytes",
    example: 'isoledger checkpoint --json\n  isoledger checkpoint --at seq:41',
  })
    .option(
      '--at <time>',
      'as it was then: seq:N (the end of the batch that holds entry N), ISO 8601, or now',
      'now',
    )
    .option(
      '--expect <size:root>',
      'an earlier checkpoint, such as one that was kept elsewhere: exit code 6 if the ledger does not hold that',
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CheckpointOptions>();
      const of = { at: parseTime(options.at), expected: expectedIn(options.expect) };
      await inSession(shell, { options }, (session) => show(session, { options, ...of }));
    });
}

function expectedIn(text: string | undefined): Head | undefined {
  if (text === undefined) return undefined;
  const [, size, root] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (size === undefined || root === undefined)
    throw new UsageError(
      `--expect takes SIZE:ROOT as checkpoint says them, the root in 64 hexadecimal digits, and not ${text}`,
    );
  return { size: Number(size), root: root.toLowerCase() };
}

async function show(
  { io, ledger, clock }: Session,
  of: { options: CheckpointOptions; at: ReturnType<typeof parseTime>; expected: Head | undefined },
): Promise<ExitCode> {
  const { options, at, expected } = of;
  const { size, root, gaps } = await checkpoint(ledger, at, clock);
  const code = gaps.length > 0 ? exitCode.unknown : exitCode.ok;
  if (expected !== undefined) await requireHeld(ledger, expected);
  if (options.json === true) {
    const doubt = gaps.length === 0 ? {} : { gaps };
    outJson(io, {
      formatVersion: 1,
      size,
      root,
      ...(await judgedOn(ledger, at)),
      ...(expected === undefined ? {} : { expected }),
      ...doubt,
    });
    return code;
  }
  io.out(say`size  ${size}\nroot  ${root}\n`);
  if (expected !== undefined) io.out(say`it holds the ${expected.size} entries that were expected\n`);
  showGaps(io, gaps);
  return code;
}

/** An answer about the past carries the ledger that it was judged on; one about now is that itself. */
async function judgedOn(
  ledger: Session['ledger'],
  at: ReturnType<typeof parseTime>,
): Promise<{ ledger?: { id: string } & Head }> {
  if (at.kind === 'now') return {};
  const { size, root } = await ledger.head();
  return { ledger: { id: ledger.id, size, root } };
}
