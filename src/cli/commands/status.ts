import { tenantOf } from '../../../events/names.ts';
import type { Command } from 'commander';
import { rowsOf, wordsOf } from '../../../projections/intended/traffic.ts';
import type { HostStatus, LeavingHost, ShardStatus } from '../../tasks/shard-status.ts';
import { status, type Status } from '../../tasks/status.ts';
import type { Unfinished } from '../../ledger/replay.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson, table, type Io } from '../io.ts';
import { count } from '../../words/lists.ts';
import type { Session } from '../session.ts';
import { showAttempts } from '../show-attempts.ts';
import { bypassesJson, showBypasses } from '../show-bypasses.ts';
import { showExposures } from '../show-exposures.ts';
import { momentWords } from '../../words/moment-words.ts';
import { clockAheadWords } from '../../words/clock-words.ts';
import { say, type Shown } from '../../words/shown.ts';

export function statusCommand(shell: Shell): Command {
  return ledgerCommand('status', {
    summary:
      'how far intent, plan and hosts of each shard have come; open exposures; consents that only one side has given',
    example: 'isoledger status',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    await inSession(shell, { options }, (session) => report(session, options));
  });
}

async function report(session: Session, { json }: CommonOptions): Promise<undefined> {
  const { io } = session;
  const { notHere, ...answer } = await status(session);
  if (json === true) outJson(io, asJson(answer));
  else show(io, answer);
  if (notHere !== undefined) io.err(say`isoledger: ${notHere}\n`);
}

function asJson({ halfGiven, waitingForTime, bypasses, ...answer }: Omit<Status, 'notHere'>): object {
  const rows = halfGiven.map(({ from, to, traffic, waitingFor }) => ({
    from,
    to,
    traffic: rowsOf(traffic),
    waitingFor,
  }));
  const later = waitingForTime.map(({ from, to, traffic, opensAt }) => ({
    from,
    to,
    traffic: rowsOf(traffic),
    opensAt,
  }));
  const byHand = bypassesJson(bypasses);
  return { formatVersion: 1, ...answer, bypasses: byHand, halfGiven: rows, waitingForTime: later };
}

function show(io: Io, answer: Omit<Status, 'notHere'>): void {
  const { ledger, shards, leaving, gone, quarantined, unplaced } = answer;
  io.out(say`ledger ${ledger.id}, ${count(ledger.size, 'entry', 'entries')}\n\n`);
  showUnfinished(io, answer.unfinished);
  if (answer.clockAhead !== null) io.out(say`${clockAheadWords(answer.clockAhead)}\n\n`);
  showShards(io, shards);
  showAttempts(io, shards);
  for (const host of leaving) io.out(say`\n${leavingWords(host)}\n`);
  for (const host of gone) io.out(say`\n${goneWords(host)}\n`);
  if (answer.bypasses.length > 0) {
    io.out(say`\n`);
    showBypasses(io, answer.bypasses);
  }
  if (quarantined.length > 0) io.out(say`\nin quarantine: ${quarantined.join(', ')}\n`);
  if (unplaced.length > 0) io.out(say`\non no shard: ${unplaced.join(', ')}\n`);
  // Of a ledger without entries there is nothing to be told.
  if (answer.ledger.size > 0) showExposures(io, answer.exposures);
  showHalfGiven(io, answer.halfGiven);
  showWaitingForTime(io, answer.waitingForTime);
  io.out(say`\nthis is what hosts acknowledged; isoledger doctor reads the hosts themselves\n`);
}

function leavingWords({ shard, found, held, ...host }: LeavingHost): Shown {
  const leaving = say`${shard}: host ${host.host} was retired and is still to be emptied`;
  const at = say`it ${planWords(host)}`;
  if (found === 'foreign')
    return say`${leaving}; it was last found to hold another ledger's objects, which isoledger sync leaves alone; ${at}`;
  const when = `isoledger sync does that${held ? ' once the shard is resumed' : ''}, or says why it cannot`;
  return found === null
    ? say`${leaving}: ${when}; ${at}`
    : say`${leaving}, and was last found to hold something else than it had acknowledged: ${when}; ${at}`;
}

function goneWords({ shard, host }: Status['gone'][number]): Shown {
  return say`${shard}: host ${host} was said to be gone, and counts as holding nothing: nothing is driven there until its document changes, or isoledger gone ${host} --shard ${shard} --back --reason TEXT`;
}

function showUnfinished(io: Io, { pending, voidBatches }: Unfinished): void {
  if (pending > 0)
    io.out(
      say`${count(pending, 'entry', 'entries')} of a batch that is not finished, without effect until it is\n\n`,
    );
  for (const { first, last } of voidBatches)
    io.out(say`entries ${String(first)} to ${String(last)} are void: their batch was never finished\n\n`);
}

function showShards(io: Io, shards: readonly ShardStatus[]): void {
  if (shards.length === 0) {
    io.out(say`no shard yet: tenants are known to the intended lane only\n`);
    return;
  }
  const rows = shards.map(({ shard, overlay, tenants, planned, applied, lag, drifted }) => [
    shard,
    overlay,
    String(tenants),
    `plan ${String(planned.plan)}`,
    planned.pendingObjects === 0 ? 'nothing' : count(planned.pendingObjects, 'object'),
    appliedWords(applied.hosts, drifted),
    lag === 0 ? 'none' : count(lag, 'plan'),
  ]);
  io.out(table(['SHARD', 'OVERLAY', 'TENANTS', 'PLANNED', 'TO BE PLANNED', 'APPLIED', 'LAG'], rows));
  if (shards.some(({ lag, held }) => lag > 0 && held === null))
    io.out(say`\nthe overlay is behind the events: isoledger sync drives it there\n`);
  for (const { shard, held, drifted, applied } of shards) {
    if (held !== null)
      io.out(
        say`\n${shard} is held at ${momentWords(held)}, until isoledger rebuild --shard ${shard} --resume\n`,
      );
    for (const host of drifted)
      io.out(say`\n${shard}: host ${host} was last found to hold something else than it had acknowledged\n`);
    for (const host of applied.hosts)
      if (host.failed !== null) io.out(say`\n${shard}: host ${host.host} ${planWords(host)}\n`);
  }
}

/** How many hosts are at which plan. A host counts that is known to hold what it acknowledged. */
function appliedWords(hosts: readonly HostStatus[], drifted: readonly string[]): string {
  const sound = hosts.filter(({ host, failed }) => failed === null && !drifted.includes(host));
  const byPlan = [...Map.groupBy(sound, ({ plan }) => plan)].sort(([a], [b]) => b - a);
  const all = count(hosts.length, 'host');
  const [first, ...others] = byPlan.map(([plan, at]) => ({
    plan: plan === 0 ? 'no plan yet' : `plan ${String(plan)}`,
    on: at.length,
  }));
  if (first === undefined) return hosts.length === 0 ? 'no host' : `on none of ${all}`;
  if (first.on === hosts.length) return `${first.plan} on all of ${all}`;
  const rest = others.map(({ plan, on }) => `${plan} on ${String(on)}`);
  return [`${first.plan} on ${String(first.on)} of ${all}`, ...rest].join(', ');
}

/** What is known of a host: the plan that it is at, and the one that it did not take. */
function planWords({ plan, failed }: HostStatus): string {
  const acknowledged = plan === 0 ? 'acknowledged no plan yet' : `acknowledged plan ${String(plan)} last`;
  if (failed === null) return acknowledged;
  const at = failed.holds === null ? acknowledged : `says that it holds plan ${String(failed.holds)}`;
  // It was to say again that it holds the plan that it had acknowledged.
  if (failed.plan === plan && failed.holds === null)
    return `${at}, and did not take it again since: ${failed.problem}`;
  const help = failed.holds === null ? '' : '; isoledger doctor says what to do about it';
  return `${at}, and did not take plan ${String(failed.plan)}: ${failed.problem}${help}`;
}

/** How many half-given consents people are shown; --json has them all. */
const halfGivenMax = 100;

function showHalfGiven(io: Io, halfGiven: Status['halfGiven']): void {
  if (halfGiven.length === 0) return;
  io.out(say`\nhalf-given consents, which grant nothing:\n`);
  const shown = halfGiven.slice(0, halfGivenMax);
  const rows = shown.map((half) => [half.from, half.to, wordsOf(half.traffic), lackWords(half)]);
  io.out(table(['FROM', 'TO', 'TRAFFIC', ''], rows));
  const more = halfGiven.length - shown.length;
  if (more > 0) io.out(say`and ${String(more)} more: --json lists them all\n`);
}

/** Between segments of one tenant nobody else is waited for: the tenant's own policy lacks the rule. */
function lackWords({ from, to, waitingFor, missing }: Status['halfGiven'][number]): string {
  return tenantOf(from) === tenantOf(to)
    ? `${waitingFor} has no ${missing} rule for it itself`
    : `waiting for ${waitingFor}`;
}

function showWaitingForTime(io: Io, waiting: Status['waitingForTime']): void {
  if (waiting.length === 0) return;
  io.out(say`\nconsents of both sides, which wait for a time bound only:\n`);
  const rows = waiting.map(({ from, to, traffic, opensAt }) => [
    from,
    to,
    wordsOf(traffic),
    `from ${opensAt}`,
  ]);
  io.out(table(['FROM', 'TO', 'TRAFFIC', ''], rows));
}
