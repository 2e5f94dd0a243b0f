import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import type { LedgerReader } from '../../ledger/port.ts';
import { UsageError } from '../../runtime/errors.ts';
import { reasonOf } from '../../runtime/system-reason.ts';
import { checkHeld, type HeldComparison } from '../../tasks/check-held.ts';
import { count } from '../../words/lists.ts';
import { say } from '../../words/shown.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode } from '../exit.ts';
import { outJson, type Io } from '../io.ts';
import { givenPath } from '../path-argument.ts';

interface CheckOptions extends CommonOptions {
  readonly from: string;
  readonly to?: string;
  readonly sink?: string;
}

export function sinksCheckCommand(shell: Shell): Command {
  return ledgerCommand('check', {
    summary: 'say which entries a receiver misses, has several times, or has otherwise than the ledger',
    example: 'isoledger sinks check what-the-siem-holds.ndjson --from 1000',
  })
    .argument(
      '<file>',
      'what it holds, a line each: events in any format, as results of a search too, ids, or seqs',
      givenPath,
    )
    .option('--from <seq>', 'the first entry that it has to hold', '0')
    .option('--to <seq>', 'the last entry that it has to hold (default: the last one there is)')
    .option('--sink <name>', 'the sink that delivers to it: what was skipped there on purpose is not missing')
    .addHelpText(
      'after',
      '\nOf entries and cloudevents the whole is compared, of the other formats the id, the seq, the leaf hash, and the original where it is there.',
    )
    .action(async (path: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CheckOptions>();
      const { sink } = options;
      const from = seqFrom('--from', options.from);
      const to = options.to === undefined ? undefined : seqFrom('--to', options.to);
      if (to !== undefined && to < from)
        throw new UsageError(`--from ${String(from)} --to ${String(to)}: there is nothing between`);
      await inSession(shell, { options }, async ({ io, ledger, confirmed }) => {
        await requireEntries(ledger, { '--from': from, '--to': to });
        const found = await checkHeld({ ledger, confirmed, lines: linesOf(path), from, to, sink });
        if (options.json === true) outJson(io, { formatVersion: 1, ...found });
        else tell(io, found);
        const { missing, altered, unknown } = found;
        return missing.length + altered.length + unknown.length === 0 ? exitCode.ok : exitCode.finding;
      });
    });
}

/** What is asked for beyond the end would be found whole. Throws UsageError. */
async function requireEntries(
  ledger: LedgerReader,
  given: Readonly<Record<string, number | undefined>>,
): Promise<void> {
  const { size } = await ledger.head();
  for (const [option, seq = 0] of Object.entries(given))
    if (seq > 0 && seq >= size)
      throw new UsageError(`${option} ${String(seq)}: the ledger has ${count(size, 'entry', 'entries')}`);
}

/** Throws UsageError for what is no seq. */
export function seqFrom(option: string, text: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw new UsageError(`${option} ${text}: a seq is a whole number from 0`);
}

async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  try {
    await using file = await open(path);
    yield* file.readLines();
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** The most ranges, or ids, that are told to people. */
const toldMax = 20;

function tell(io: Io, { from, to, lines, missing, double, altered, unknown, skipped }: HeldComparison): void {
  const range = `${String(from)} to ${String(to)}`;
  io.out(
    say`${count(lines.entries, 'event')} for entries ${range}; ${count(lines.heartbeats, 'heartbeat')}\n`,
  );
  if (lines.others > 0) io.out(say`${count(lines.others, 'line')} that cannot be read as events\n`);
  const told: readonly (readonly [string, readonly string[]])[] = [
    ['missing', rangesOf(missing)],
    ['several times', rangesOf(double)],
    ['otherwise than in the ledger', rangesOf(altered)],
    ['in no entry of the ledger', unknown],
  ];
  for (const [words, items] of told) {
    if (items.length === 0) continue;
    const more = items.length > toldMax ? ` and ${String(items.length - toldMax)} more` : '';
    io.out(say`${words}: ${items.slice(0, toldMax).join(', ')}${more}\n`);
  }
  const ofMissing = skipped.filter(({ seq }) => missing.includes(seq));
  const [first] = ofMissing;
  if (first !== undefined) {
    const sinks = [...new Set(ofMissing.flatMap((each) => each.sinks))].join(', ');
    const seqs = rangesOf(ofMissing.map(({ seq }) => seq)).slice(0, toldMax);
    io.out(
      say`of these, skipped on purpose for ${sinks}: ${seqs.join(', ')}; --sink NAME leaves out what was skipped for that sink\n`,
    );
  } else if (skipped.length > 0) {
    const seqs = rangesOf(skipped.map(({ seq }) => seq)).slice(0, toldMax);
    io.out(say`skipped on purpose: ${seqs.join(', ')}\n`);
  }
  if (missing.length + altered.length + unknown.length === 0) io.out(say`nothing is missing or altered\n`);
}

/** `3`, `5-9`: seqs in order, those that follow one another as one. */
function rangesOf(seqs: readonly number[]): string[] {
  const ranges: [number, number][] = [];
  for (const seq of seqs) {
    const last = ranges.at(-1);
    if (last?.[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${String(first)}-${String(last)}`));
}
