import type { Command } from 'commander';
import { readEnvelope } from '../../../events/codec/decode.ts';
import type { Ledger } from '../../ledger/port.ts';
import { replay } from '../../ledger/replay.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { EntryWords } from '../../words/entry-words.ts';
import { UsageError } from '../../runtime/errors.ts';
import { outJson, table } from '../io.ts';
import { filterOf, requireKnown, type LogFilter, type LoggedEntry } from '../log-filter.ts';
import type { Session } from '../session.ts';

interface LogOptions extends CommonOptions, LogFilter {
  readonly limit?: string;
}

export function logCommand(shell: Shell): Command {
  return ledgerCommand('log', {
    summary: 'the history: what was recorded, when, by whom and why',
    example: 'isoledger log --tenant acme-corp --type PolicyEnacted --since 2026-03-01T00:00:00Z --limit 20',
  })
    .option('--tenant <tenant>', "one tenant's entries")
    .option('--type <type...>', 'kinds of events, such as PolicyEnacted')
    .option('--since <time>', 'from then on: ISO 8601 with zone or offset, or seq:N')
    .option('--until <time>', 'up to then, that instant or entry included')
    .option('--by <actor>', 'what one actor recorded, by name')
    .option(
      '--subject <prefix>',
      'what it is about, in whole path segments: tenant/acme-corp, host, overlay/shard-1',
    )
    .option('--limit <n>', 'only the latest so many')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogOptions>();
      const kept = filterOf(options);
      const limit = limitOf(options.limit);
      await inSession(shell, { options }, (session) => log(session, { options, kept, limit }));
    });
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`--limit takes a whole number from 1 on, not ${text}`);
  return Number(text);
}

async function log(
  { io, ledger }: Session,
  { options, kept, limit }: { options: LogOptions; kept: (entry: LoggedEntry) => boolean; limit: number },
): Promise<undefined> {
  const { lines, voided: ineffective, tenants, actors } = await read(ledger, kept);
  requireKnown(options.tenant, { of: 'tenant', known: tenants });
  requireKnown(options.by, { of: 'actor', known: actors });
  // People are told of such a batch in one line; programs get its entries.
  const told = options.json === true ? lines : lines.filter(({ isVoid }) => !isVoid);
  const shown = told.slice(-limit);
  if (options.json === true) {
    const [entries, voided] = [false, true].map((isVoid) =>
      shown
        .filter((line) => line.isVoid === isVoid)
        .map(({ entry, words }) => ({ ...entry, summary: words })),
    );
    outJson(io, { formatVersion: 1, entries, void: voided });
    return;
  }
  for (const { first, last, words } of ineffective)
    io.out(`entries ${String(first)} to ${String(last)}: ${words}\n`);
  if (shown.length === 0) {
    io.out('no entry is as asked for\n');
    return;
  }
  const rows = shown.map(({ entry: { seq, recordedAt, actor, type, subject, reason = '' }, words }) => [
    String(seq),
    recordedAt,
    actor.name,
    type,
    subject,
    reason,
    words,
  ]);
  io.out(table(['SEQ', 'RECORDED', 'BY', 'EVENT', 'ABOUT', 'REASON', 'WHAT'], rows));
  if (shown.length < told.length) io.out(`the latest ${String(shown.length)} of ${String(told.length)}\n`);
}

interface Line {
  readonly entry: LoggedEntry;
  readonly words: string;
  /** Of a batch that was begun and never finished: it has no effect. */
  readonly isVoid: boolean;
}

/** Entries of one batch that take no effect, and why. */
interface Ineffective {
  readonly first: number;
  readonly last: number;
  readonly words: string;
}

interface History {
  readonly lines: readonly Line[];
  readonly voided: readonly Ineffective[];
  readonly tenants: ReadonlySet<string>;
  readonly actors: ReadonlySet<string>;
}

/** The entries asked for, in order, and every tenant and actor that the ledger knows, retired ones too. */
async function read(ledger: Ledger, kept: (entry: LoggedEntry) => boolean): Promise<History> {
  const lines: Line[] = [];
  const [tenants, actors] = [new Set<string>(), new Set<string>()];
  const words = new EntryWords();
  const voided: Ineffective[] = [];
  const { size } = await replay(ledger, {
    onBatch: ({ entries }) => {
      for (const entry of entries) {
        if (entry.tenant !== undefined) tenants.add(entry.tenant);
        actors.add(entry.actor.name);
        const summary = words.of(entry);
        if (kept(entry)) lines.push({ entry, words: summary, isVoid: false });
      }
    },
    onVoid: (first, last) => {
      voided.push({ first, last, words: 'no effect: its batch was never completed' });
    },
  });
  const last = (await ledger.head()).size - 1;
  if (last >= size) voided.push({ first: size, last, words: 'no effect so far: its batch is not complete' });
  for (const { first, last: end, words: why } of voided) {
    for await (const stored of ledger.read({ after: first - 1, to: end })) {
      const entry = { seq: stored.seq, ...readEnvelope(stored) };
      actors.add(entry.actor.name);
      if (kept(entry)) lines.push({ entry, words: why, isVoid: true });
    }
  }
  return { lines: lines.sort((a, b) => a.entry.seq - b.entry.seq), voided, tenants, actors };
}
