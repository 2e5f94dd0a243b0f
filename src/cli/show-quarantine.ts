import type { QuarantineIntent } from '../apply/record/quarantine.ts';
import type { LedgerPlace } from '../tasks/advice/ledger-place.ts';
import type { HostTold, Untold } from '../tasks/hosts-told.ts';
import type { QuarantineDone } from '../tasks/quarantine.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { table, type Io } from './io.ts';
import { complainOfSynced, complainOfUndriven, showFound, syncedJson } from './show-synced.ts';
import { count, listWords } from '../words/lists.ts';
import { say, type Shown } from '../words/shown.ts';

/** The rest of a sentence about a name: its quarantine, or the end of it, as it was recorded. */
export function recordedWords(intent: QuarantineIntent, recorded: QuarantineDone['recorded']): string {
  const since = recorded === undefined ? undefined : String(recorded.last);
  if (intent === 'quarantine')
    return since === undefined
      ? 'is in quarantine already: nothing to record'
      : `is in quarantine since entry ${since}`;
  return since === undefined ? 'is not in quarantine: nothing to record' : `was released with entry ${since}`;
}

/** The hosts of the shards concerned, for people. A row says whether its host cuts the subject off. */
export function showQuarantine(io: Io, intent: QuarantineIntent, done: QuarantineDone): void {
  const { subject, still, untold, driven } = done;
  if (untold !== undefined) io.out(untoldWords(intent, { name: subject.name, untold }));
  else if (driven.hosts.length === 0) io.out(notCarriedWords(subject.name));
  else {
    const rows = driven.hosts.map((host) => [
      host.shard,
      host.host,
      cutWords({ intent, still }, host),
      host.why ?? stillWords(still),
    ]);
    io.out(table(['SHARD', 'HOST', 'STATE', 'WHY'], rows));
    showFound(io, driven.shards);
  }
  for (const name of still) io.out(say`${name} is in quarantine still, and stays cut off\n`);
}

function notCarriedWords(name: string): Shown {
  return say`no host carries ${name}: there is nothing to be told\n`;
}

/** What was recorded only is in force nowhere: where it is not, is said as plainly as where a host was away. */
function untoldWords(
  intent: QuarantineIntent,
  { name, untold: { hosts, carriers, held } }: { name: string; untold: Untold },
): Shown {
  if (carriers === 0) return notCarriedWords(name);
  const of = `${String(hosts.length)} of ${count(carriers, 'host')}`;
  const isCut = intent === 'quarantine';
  if (hosts.length === 0)
    return isCut
      ? say`by what hosts acknowledged, ${name} is cut off at all of ${count(carriers, 'host')}\n`
      : say`by what hosts acknowledged, no quarantine of ${name} is left at any of ${count(carriers, 'host')}\n`;
  if (isCut) return say`${name} is NOT cut off yet at ${of}: isoledger sync cuts it off there\n`;
  const later = held.length === 0 ? '' : `, on ${listWords(held)} once it is resumed, or held anew`;
  return say`${name} is still cut off at ${of}: isoledger sync ends that${later}\n`;
}

function stillWords(still: readonly string[]): string {
  return still.length === 0 ? '' : `${listWords(still)} ${still.length === 1 ? 'stays' : 'stay'} cut`;
}

/** What another quarantine keeps cut is not open, though this one has gone. */
function cutWords(
  { intent, still }: { readonly intent: QuarantineIntent } & Pick<QuarantineDone, 'still'>,
  { cut, gone }: HostTold,
): string {
  if (gone === true) return 'gone';
  if (intent === 'quarantine') return cut ? 'cut' : 'not cut';
  if (cut) return 'still cut';
  return still.length === 0 ? 'open' : 'released';
}

/** The same as JSON. */
export function quarantineJson(
  intent: QuarantineIntent,
  { subject, recorded, still, untold, driven }: QuarantineDone,
): object {
  return {
    formatVersion: 1,
    subject,
    quarantined: intent === 'quarantine',
    recorded: recorded === undefined ? null : { first: recorded.first, last: recorded.last },
    still,
    untold: untold?.hosts ?? null,
    hosts: driven?.hosts.map((host) => ({ ...host, why: host.why ?? null })) ?? null,
    shards: driven === undefined ? null : syncedJson(driven.shards),
  };
}

/** Complains of hosts that do not do as they were told; gives the exit code of the gravest. */
export function complainOfQuarantine(
  io: Io,
  { subject, driven }: QuarantineDone,
  { intent, place }: { intent: QuarantineIntent; place: LedgerPlace },
): ExitCode {
  if (driven === undefined) return exitCode.ok;
  const { shards, hosts, notHere } = driven;
  if (notHere !== undefined) io.err(say`isoledger: ${notHere}\n`);
  // A shard that is held follows quarantine like any other, and so is no complaint.
  const code =
    intent === 'quarantine' ? complainOfUndriven(io, shards, place) : complainOfSynced(io, shards, place);
  const otherwise = hosts.filter(({ cut }) => cut !== (intent === 'quarantine')).length;
  if (otherwise > 0)
    io.err(
      intent === 'quarantine'
        ? say`${subject.name} is NOT cut off at ${String(otherwise)} of ${String(hosts.length)} hosts\n`
        : say`${subject.name} may still be cut off at ${String(otherwise)} of ${String(hosts.length)} hosts\n`,
    );
  return code === exitCode.ok && otherwise > 0 ? exitCode.conflict : code;
}
