import type { HostInspection } from '../apply/drive/inspect-shard.ts';
import { hostsAway, type DryRun } from '../tasks/rebuild-dry-run.ts';
import type { ExposedRow } from '../tasks/hold-exposure.ts';
import type { ShardVerdict } from '../tasks/verify-shard.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { table, type Io } from './io.ts';
import { showGaps } from './show-gaps.ts';
import { holderWords } from '../words/holder-words.ts';
import { count, listWords } from '../words/lists.ts';
import { differenceWords } from '../words/overlay-words.ts';
import { momentWords } from '../words/moment-words.ts';
import { say, type Shown } from '../words/shown.ts';

/** Shows people the objects that each host of a shard holds, and the changes that driving it would make. */
export function showDryRun(
  io: Io,
  { shard, held, target, objects, hosts, leaving, exposure, refusals }: DryRun,
): void {
  io.out(
    say`${shard} as of ${momentWords(target)}: ${count(objects, 'object')}; nothing is recorded or driven\n\n`,
  );
  if (held !== null)
    io.out(
      say`${shard} is held there: rebuild keeps its hosts at that, drives nothing else but quarantine, and ends with exit code ${String(exitCode.conflict)}; with --resume it drives them to the present (--resume --dry-run shows what that changes)\n\n`,
    );
  io.out(table(['HOST', 'HOLDS', 'AS ACKNOWLEDGED', 'TO PUT', 'TO REMOVE'], hosts.map(rowOf)));
  for (const { host, differs, lacks } of hosts)
    if (differs !== null) io.out(say`\nhost ${host} ${differenceWords(differs, lacks)}\n`);
  for (const { host, found, known } of leaving)
    io.out(
      say`\nhost ${host} was retired and is still to be emptied; ${known ? 'it holds' : 'what it holds is unknown:'} ${found}\n`,
    );
  if (exposure.length > 0) io.out(say`\n${exposureTable(exposure)}`);
  if (refusals.length > 0) io.out(say`\nwould be refused:\n`);
  for (const { words } of refusals) io.out(say`  ${words}\n`);
  if (refusals.some(({ kind }) => kind === 'host'))
    io.out(say`\nisoledger doctor says what to do about hosts that refuse\n`);
}

/** Connections that would open beyond what is authorised now, for people: in the words in which the verifier finds them then. */
export function exposureTable(exposure: readonly ExposedRow[]): Shown {
  const rows = exposure.map((row) => [
    'would open',
    holderWords(row.from, row.former?.from),
    holderWords(row.to, row.former?.to),
    ...[row.protocol, row.ports, whyWords(row)],
  ]);
  return table(['CONNECTION', 'FROM', 'TO', 'PROTOCOL', 'PORTS', 'WHY'], rows);
}

function whyWords({ kind, because }: ExposedRow): string {
  if (kind === 'airgap') return 'airgap: no rule may ever allow it';
  return because === 'rules'
    ? 'isolation: not authorised now'
    : 'isolation: authorised, but not with all addresses that could use it';
}

/** The same as JSON has it. */
export function dryRunJson({ hosts, ...found }: DryRun): object {
  return { formatVersion: 1, ...found, hosts: hosts.map((host) => ({ ...host, lacks: undefined })) };
}

/** A host that would refuse is not driven: what it lacks is nothing that would be put there. */
function rowOf({ host, found, drifted, refuses, put, removed }: HostInspection): string[] {
  const isAs = drifted === null ? unknown : drifted ? 'no' : 'yes';
  return [
    host,
    found,
    isAs,
    ...[put, removed].map((keys) => {
      if (refuses !== null) return '-';
      return keys === null ? unknown : String(keys.length);
    }),
  ];
}

const unknown = 'unknown';

/**
 * Complains of hosts that a dry run could not read: nothing is claimed of them, and a rebuild would wait for them. Gives the gravest
 * exit code: of them, or of what would be refused.
 */
export function complainOfAway(io: Io, dryRun: DryRun): ExitCode {
  const away = hostsAway(dryRun);
  const refused = dryRun.refusals.length > 0 ? exitCode.refused : exitCode.ok;
  if (away.length === 0) return refused;
  const hosts = count(away.length, 'host');
  io.err(
    say`isoledger: ${hosts} of ${dryRun.shard} cannot be read, so it is unknown what would change there: ${listWords(away)}\n`,
  );
  return exitCode.unreachable;
}

export function verdictExitCode({ verdict }: ShardVerdict): ExitCode {
  switch (verdict) {
    case 'proven':
      return exitCode.ok;
    case 'violated':
      return exitCode.finding;
    case 'unknown':
      return exitCode.unknown;
  }
}

/** The verdict for people, with what is not known; isoledger verify says more of findings. */
export function showVerdict(io: Io, shard: string, { verdict, findings, gaps }: ShardVerdict): void {
  const counts = `${count(findings.length, 'finding')}, ${count(gaps.length, 'gap')}`;
  const more = findings.length === 0 ? '' : '; isoledger verify shows the findings';
  io.out(say`verified: isolation on ${shard} is ${verdict} (${counts})${more}\n`);
  showGaps(io, gaps);
}
