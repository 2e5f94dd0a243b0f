import type { Command } from 'commander';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { readHistory, type HistoryLine } from '../../tasks/history.ts';
import { requireKind, type HistoryFilter } from '../../tasks/history-filter.ts';
import { UsageError } from '../../runtime/errors.ts';
import { outJson, table, type Io } from '../io.ts';
import { askedLedger } from '../known-at.ts';
import type { Session } from '../session.ts';
import { parseTime } from '../time.ts';
import { actorWords } from '../../words/origin-words.ts';
import { cut, say } from '../../words/shown.ts';

interface LogOptions extends CommonOptions {
  readonly tenant?: string;
  readonly type?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly by?: string;
  readonly subject?: string;
  readonly limit?: string;
}

export function logCommand(shell: Shell): Command {
  return ledgerCommand('log', {
    summary: 'the history: what was recorded, when, by whom and why',
    example: 'isoledger log --tenant acme-corp --type PolicyEnacted --since 2026-03-01T00:00:00Z --limit 20',
  })
    .option('--tenant <tenant>', "one tenant's or external's entries")
    .option('--type <type...>', 'kinds of events, such as PolicyEnacted')
    .option('--since <time>', 'from then on: ISO 8601 with zone or offset, or seq:N')
    .option('--until <time>', 'up to then, that instant or entry included')
    .option('--by <actor>', 'what one actor recorded, by name; or one account, under whatever names')
    .option(
      '--subject <prefix>',
      'what it is about, in whole path segments: tenant/acme-corp, host, overlay/shard-1',
    )
    .option('--limit <n>', 'only the latest so many')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogOptions>();
      const filter = filterOf(options);
      const limit = limitOf(options.limit);
      await inSession(shell, { options }, (session) => log(session, { options, filter, limit }));
    });
}

function filterOf({ tenant, type, since, until, by, subject }: LogOptions): HistoryFilter {
  return {
    tenant,
    kinds: type?.map(requireKind),
    since: since === undefined ? undefined : parseTime(since),
    until: until === undefined ? undefined : parseTime(until),
    by,
    subject,
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`--limit takes a whole number from 1 on, not ${text}`);
  return Number(text);
}

async function log(
  session: Session,
  { options, filter, limit }: { options: LogOptions; filter: HistoryFilter; limit: number },
): Promise<undefined> {
  const { io, ledger, judgedOn } = await askedLedger(session);
  const { lines, withoutEffect } = await readHistory(ledger, filter);
  if (options.json === true) {
    outJson(io, { ...asJson(lines.slice(-limit)), ledger: judgedOn }, { isOfRecord: true });
    return;
  }
  // People are told of a batch without effect in one line; programs get its entries.
  for (const { first, last, words } of withoutEffect)
    io.out(say`entries ${String(first)} to ${String(last)}: ${words}\n`);
  const told = lines.filter(({ isVoid }) => !isVoid);
  show(io, { told, limit });
}

function asJson(lines: readonly HistoryLine[]): object {
  const [entries, voided] = [false, true].map((isVoid) =>
    lines.filter((line) => line.isVoid === isVoid).map(({ entry, words }) => ({ ...entry, summary: words })),
  );
  return { formatVersion: 1, entries, void: voided };
}

/** How many characters of a reason, and of a name of somebody's choice, a row holds: --json has all of it. */
const freeTextMax = 60;
const nameMax = 32;

function show(io: Io, { told, limit }: { told: readonly HistoryLine[]; limit: number }): void {
  const shown = told.slice(-limit);
  if (shown.length === 0) {
    io.out(say`no entry is as asked for\n`);
    return;
  }
  const rows = shown.map(({ entry: { seq, recordedAt, actor, type, subject, reason = '' }, words }) => [
    String(seq),
    recordedAt,
    actorWords(actor, { nameMax }),
    type,
    subject,
    cut(reason, freeTextMax),
    words,
  ]);
  io.out(table(['SEQ', 'RECORDED', 'BY', 'EVENT', 'ABOUT', 'REASON', 'WHAT'], rows));
  if (shown.length < told.length) io.out(say`the latest ${String(shown.length)} of ${String(told.length)}\n`);
}
