import type { Command } from 'commander';
import { verify, type Report } from '../../verify/verify.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, UsageError, type ExitCode } from '../exit.ts';
import { count, outJson, table, type Io } from '../io.ts';
import type { Session } from '../session.ts';
import { parseTime } from '../time.ts';
import { laneOption } from './connections.ts';

interface VerifyOptions extends CommonOptions {
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly lane: 'intended' | 'applied';
  readonly tenant?: string;
  readonly peer?: string;
}

export function verifyCommand(shell: Shell): Command {
  return ledgerCommand('verify', {
    summary:
      'replay the ledger and judge isolation: proven, violated with a witness packet, or unknown with the gaps',
    example: 'isoledger verify --tenant acme-corp --peer globex',
  })
    .option('--at <time>', 'now, seq:N, or ISO 8601 with zone or offset', 'now')
    .option('--from <time>', 'not built in this version')
    .option('--to <time>', 'not built in this version')
    .addOption(laneOption('applied'))
    .option('--tenant <a>', 'only what concerns this tenant, segment or external')
    .option('--peer <b>', 'with --tenant: only what lies between the two, and whether anything could flow')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      if (options.from !== undefined || options.to !== undefined) {
        throw new UsageError(
          'verify over an interval is not built in this version: ask for instants with --at',
        );
      }
      if (options.peer !== undefined && options.tenant === undefined)
        throw new UsageError('--peer goes with --tenant');
      const at = parseTime(options.at);
      await inSession(shell, { options }, (session) => judge(session, { options, at }));
    });
}

async function judge(
  { io, ledger, clock }: Session,
  { options, at }: { options: VerifyOptions; at: ReturnType<typeof parseTime> },
): Promise<ExitCode> {
  const { lane, tenant, peer } = options;
  const report = await verify(ledger, {
    at,
    lane,
    clock,
    ...(tenant === undefined ? {} : { tenant }),
    ...(peer === undefined ? {} : { peer }),
  });
  if (options.json === true) outJson(io, report);
  else show(io, report);
  return verdictCode[report.verdict];
}

const verdictCode = {
  proven: exitCode.ok,
  violated: exitCode.finding,
  unknown: exitCode.unknown,
} as const satisfies Record<Report['verdict'], ExitCode>;

const verdictWords = {
  proven: 'nothing goes beyond what both sides allowed',
  violated: 'packets go where nobody allowed them to',
  unknown: 'there are gaps in what is known',
} as const satisfies Record<Report['verdict'], string>;

function show(io: Io, report: Report): void {
  const { verdict, lane, scope, findings, gaps, reach } = report;
  io.out(`${verdict}: ${verdictWords[verdict]} (lane ${lane}, at seq ${String(scope.toSeq)}, ${scope.to})\n`);
  if (reach !== undefined) {
    io.out(`reach between the two: ${reach.map((interval) => interval.reach).join(', ')}\n`);
  }
  showFindings(io, findings);
  if (gaps.length === 0) return;
  io.out(`\n${count(gaps.length, 'gap')}:\n`);
  for (const { about, problem } of gaps) io.out(`  ${about}: ${problem}\n`);
}

/** How many findings that are no violations people are shown; --json has them all. */
const harmlessMax = 20;

function showFindings(io: Io, findings: Report['findings']): void {
  if (findings.length === 0) return;
  const harmless = findings.filter(({ kind }) => kind === 'missing' || kind === 'pending-revocation');
  const hidden = new Set(harmless.slice(harmlessMax));
  const rows = findings
    .filter((finding) => !hidden.has(finding))
    .map(({ kind, from, to, witness, window }) => {
      const { type, time } = window.openedBy;
      return [kind, from, to, packetWords(witness), `${type} at ${time}`];
    });
  io.out(`\n${count(findings.length, 'finding')}:\n`);
  io.out(table(['KIND', 'FROM', 'TO', 'WITNESS PACKET', 'SINCE'], rows));
  if (hidden.size > 0)
    io.out(`and ${String(hidden.size)} more that are no violations: --json lists them all\n`);
}

function packetWords(packet: Report['findings'][number]['witness']): string {
  const port = packet.dstPort === undefined ? '' : `:${String(packet.dstPort)}`;
  return `${packet.protocol} ${packet.src} -> ${packet.dst}${port}`;
}
