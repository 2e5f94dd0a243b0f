import type { Command } from 'commander';
import { examine } from '../../compose/workspace.ts';
import { textWithoutSecrets } from '../../ledger/shown-url.ts';
import { gravest, type Check, type FailureCategory } from '../../tasks/doctor/check.ts';
import { diagnose, type OnEntry } from '../../tasks/doctor/diagnose.ts';
import { count } from '../../words/lists.ts';
import { ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, exitCodeByCategory, type ExitCode } from '../exit.ts';
import { outJson, type Io } from '../io.ts';
import { showProgress } from '../progress.ts';
import { settings } from '../session.ts';
import { say } from '../../words/shown.ts';

export function doctorCommand(shell: Shell): Command {
  return ledgerCommand('doctor', {
    summary: 'check everything that is needed: what is wrong, and what to do about it; writes nothing',
    example: 'isoledger doctor',
  })
    .addHelpText('after', exitCodes)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const checks = await diagnose(
        async () => {
          const config = await settings(options);
          return examine(config.ledger, config);
        },
        { onEntry: progressOn(shell.io) },
      );
      const told = checks.map((check) => ({ ...check, detail: textWithoutSecrets(check.detail) }));
      if (options.json === true) outJson(shell.io, { formatVersion: 1, checks: told.map(asJson) });
      else show(shell.io, told);
      const failure = gravest(checks);
      shell.exitCode = failure === undefined ? exitCode.ok : codeOf[failure];
    });
}

const exitCodes = `
Exit code: 0 where nothing fails (a warning is no failure), else that of the gravest failure: 6 the ledger's integrity,
5 something that is needed and not there or not writable, 2 a wrong URL or configuration, 1 hosts that hold what they
should not. No ledger yet is a warning.`;

/** The reading of a ledger on the terminal: now and then while it goes on, and once at its end. */
function progressOn(io: Io): OnEntry {
  return (done, of) => {
    if (done % 1024 === 0 || done === of) showProgress(io, { label: 'reading', done, of });
  };
}

const codeOf: Readonly<Record<FailureCategory, ExitCode>> = {
  ...exitCodeByCategory,
  finding: exitCode.finding,
};

function asJson(check: Check): object {
  const { name, status, detail } = check;
  return status === 'ok' ? { name, status, detail } : { name, status, detail, advice: check.advice };
}

const words = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const satisfies Record<Check['status'], string>;

function show(io: Io, checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const check of checks) {
    const advice = check.status === 'ok' ? '' : ` -> ${check.advice}`;
    io.out(say`${words[check.status].padEnd(4)}  ${check.name.padEnd(width)}  ${check.detail}${advice}\n`);
  }
  const [fails, warns] = (['fail', 'warn'] as const).map(
    (status) => checks.filter((check) => check.status === status).length,
  );
  io.out(
    say`${count(checks.length, 'check')}: ${count(fails ?? 0, 'failure')}, ${count(warns ?? 0, 'warning')}\n`,
  );
}
