import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { examine } from '../../compose/workspace.ts';
import type { Examination } from '../../tasks/examination.ts';
import { ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { attempt, fail, failed, gravest, ok, warn, storeOf, type Check } from '../doctor/check.ts';
import { checkLedger } from '../doctor/ledger.ts';
import { checkDisk, checkFolders, checkNode } from '../doctor/machine.ts';
import { checkOverlay, checkRoles } from '../doctor/overlay.ts';
import { checkServer, unreachable } from '../doctor/server.ts';
import { exitCode, exitCodeOf } from '../exit.ts';
import { outJson, type Io } from '../io.ts';
import { count } from '../../words/lists.ts';
import { showProgress } from '../progress.ts';
import { ledgerUrl } from '../session.ts';

export function doctorCommand(shell: Shell): Command {
  return ledgerCommand('doctor', {
    summary: 'check everything that is needed: what is wrong, and what to do about it; writes nothing',
    example: 'isoledger doctor',
  })
    .addHelpText('after', exitCodes)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const checks = await diagnose(shell.io, options);
      if (options.json === true) outJson(shell.io, { formatVersion: 1, checks: checks.map(asJson) });
      else show(shell.io, checks);
      shell.exitCode = gravest(checks);
    });
}

const exitCodes = `
Exit code: 0 where nothing fails (a warning is no failure), else that of the gravest failure: 6 the ledger's integrity,
5 something that is needed and not there or not writable, 2 a wrong URL or configuration, 1 hosts that hold what they
should not. No ledger yet is a warning.`;

/** Every check, in the order in which one rests on another. */
async function diagnose(io: Io, options: CommonOptions): Promise<Check[]> {
  const checks = [checkNode()];
  try {
    const examination = await examine(ledgerUrl(options));
    checks.push(await attempt('folders', () => checkFolders(examination)));
    checks.push(await attempt('disk', () => checkDisk(examination)));
    checks.push(...(await checkServer(examination)));
    checks.push(...(await checkWhatIsThere(io, examination)), ...(await checkRoles(examination)));
  } catch (error) {
    checks.push(exitCodeOf(error) === exitCode.unreachable ? unreachable(error) : misconfigured(error));
  }
  return checks;
}

function misconfigured(error: unknown): Check {
  const advice = 'mend --ledger, --config, or what the environment says';
  return failed('configuration', error, { advice });
}

async function checkWhatIsThere(io: Io, examination: Examination): Promise<Check[]> {
  if (!examination.isThere) return [checkAbsent(examination)];
  const first = await examineOnce(io, examination);
  // Somebody opened the ledger for writing while it was read as one at rest: read it as one in use.
  const repeat = first.disturbed && first.checks.some(({ status }) => status === 'fail');
  return repeat ? (await examineOnce(io, examination)).checks : first.checks;
}

function checkAbsent({ where, derived, statePath, companions }: Examination): Check {
  const detail = `there is none at ${where}`;
  const left = [...companions, statePath].filter((file) => existsSync(file));
  if (left.length === 0) return warn('ledger', `${detail} yet`, 'isoledger apply DIR creates it');
  return fail('ledger', `${detail}, but ${left.join(', ')} was left of one`, {
    advice: `put it back (isoledger ledger restore FILE); to begin anew on purpose, move that and ${derived} away`,
    exitCode: exitCode.integrity,
  });
}

async function examineOnce(
  io: Io,
  examination: Examination,
): Promise<{ checks: Check[]; disturbed: boolean }> {
  try {
    const opened = await examination.open();
    try {
      const { ledger } = opened;
      const checks: Check[] = [ok('ledger', `${ledger.id} at ${examination.where}`)];
      const onEntry = (done: number, of: number): void => {
        if (done % 1024 === 0 || done === of) showProgress(io, { label: 'reading', done, of });
      };
      const read = await checkLedger(examination, { opened, onEntry });
      checks.push(...read.checks);
      if (read.estate !== undefined)
        checks.push(...(await checkOverlay(examination, { ledger, estate: read.estate })));
      else
        checks.push(
          warn('overlay', 'not looked at, since the entries cannot be relied upon', 'mend the ledger first'),
        );
      return { checks, disturbed: opened.wasDisturbed() };
    } finally {
      await opened.ledger.close();
    }
  } catch (error) {
    const store = storeOf(examination);
    return { checks: [failed('ledger', error, { advice: wrong[store.kind], store })], disturbed: false };
  }
}

const wrong = {
  file: 'see whether --ledger names the right file; if it was the ledger, move it away and put a backup there (isoledger ledger restore FILE)',
  server: 'mend it on the server, or in its URL; infra/eventstoredb/README.md says how a server is run',
} as const;

function asJson(check: Check): object {
  const { name, status, detail } = check;
  return status === 'ok' ? { name, status, detail } : { name, status, detail, advice: check.advice };
}

const words = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const satisfies Record<Check['status'], string>;

function show(io: Io, checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const check of checks) {
    const advice = check.status === 'ok' ? '' : ` -> ${check.advice}`;
    io.out(`${words[check.status].padEnd(4)}  ${check.name.padEnd(width)}  ${check.detail}${advice}\n`);
  }
  const [fails, warns] = (['fail', 'warn'] as const).map(
    (status) => checks.filter((check) => check.status === status).length,
  );
  io.out(
    `${count(checks.length, 'check')}: ${count(fails ?? 0, 'failure')}, ${count(warns ?? 0, 'warning')}\n`,
  );
}
