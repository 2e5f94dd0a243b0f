import type { Command } from 'commander';
import type { Entry } from '../../../events/decode.ts';
import { catalogue } from '../../../events/catalogue.ts';
import { replay, type Batch } from '../../ledger/replay.ts';
import { nearestName } from '../../runtime/nearest.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { UsageError } from '../exit.ts';
import { outJson, table } from '../io.ts';
import type { Session } from '../session.ts';
import { parseTime } from '../time.ts';

interface LogOptions extends CommonOptions {
  readonly tenant?: string;
  readonly type?: string;
  readonly since?: string;
}

export function logCommand(shell: Shell): Command {
  return ledgerCommand('log', {
    summary: 'the history: what was recorded, when, by whom and why',
    example: 'isoledger log --tenant acme-corp --since 2026-03-01T00:00:00Z',
  })
    .option('--tenant <tenant>', "one tenant's entries")
    .option('--type <type>', 'one kind of event, such as PolicyEnacted')
    .option('--since <time>', 'from then on: ISO 8601 with zone or offset, or seq:N')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogOptions>();
      const kept = filterOf(options);
      await inSession(shell, { options }, (session) => log(session, { options, kept }));
    });
}

function filterOf({ tenant, type, since }: LogOptions): (entry: Entry) => boolean {
  if (type !== undefined && !Object.hasOwn(catalogue, type)) {
    const nearest = nearestName(type, Object.keys(catalogue));
    throw new UsageError(
      `there is no event ${type}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    );
  }
  const start = since === undefined ? { kind: 'seq' as const, seq: 0 } : parseTime(since);
  return (entry) =>
    (tenant === undefined || entry.tenant === tenant) &&
    (type === undefined || entry.type === type) &&
    (start.kind !== 'seq' || entry.seq >= start.seq) &&
    (start.kind !== 'time' || entry.recordedAt >= start.instant) &&
    start.kind !== 'now';
}

/** An empty history must mean that nothing happened, and never that the name is misspelt. */
function requireKnown(tenant: string | undefined, tenants: ReadonlySet<string>): void {
  if (tenant === undefined || tenants.has(tenant)) return;
  const nearest = nearestName(tenant, tenants);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new UsageError(`the ledger knows no tenant ${tenant}${hint}`);
}

async function log(
  { io, ledger }: Session,
  { options, kept }: { options: LogOptions; kept: (entry: Entry) => boolean },
): Promise<undefined> {
  const entries: Entry[] = [];
  const tenants = new Set<string>();
  const onBatch = (batch: Batch): void => {
    for (const { tenant } of batch.entries) if (tenant !== undefined) tenants.add(tenant);
    entries.push(...batch.entries.filter(kept));
  };
  await replay(ledger, { onBatch });
  requireKnown(options.tenant, tenants);
  if (options.json === true) {
    outJson(io, { formatVersion: 1, entries });
    return;
  }
  const rows = entries.map(({ seq, recordedAt, actor, type, subject, reason = '' }) => [
    String(seq),
    recordedAt,
    actor.name,
    type,
    subject,
    reason,
  ]);
  io.out(table(['SEQ', 'RECORDED', 'BY', 'EVENT', 'ABOUT', 'REASON'], rows));
}
