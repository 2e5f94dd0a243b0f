import { endWords } from '../apply/drive/drive-beside.ts';
import type { ShardSynced } from '../apply/drive/shard-synced.ts';
import type { LedgerPlace } from '../tasks/advice/ledger-place.ts';
import { adviceOn } from '../tasks/advice/on-fault.ts';
import { holderWords } from '../roles/faults.ts';
import type { Fault } from '../runtime/errors.ts';
import { exitCode, exitCodeOf, gravest, type ExitCode } from './exit.ts';
import { table, type Io } from './io.ts';
import { momentWords } from '../words/moment-words.ts';
import { say, type Shown } from '../words/shown.ts';

/** The outcome of driving shards, for people. Drift and emptied hosts are told in full sentences. */
export function showSynced(io: Io, shards: readonly ShardSynced[]): void {
  const rows = shards.map((synced) => [
    synced.shard,
    String(synced.plan),
    drivenWords(synced),
    synced.taken === undefined ? namesWords(synced.upToDate) : 'not looked at',
    namesWords(hostsOf(synced.absent)),
    namesWords(hostsOf(synced.refused)),
  ]);
  const heads = ['SHARD', 'PLAN', 'HOSTS DRIVEN', 'UP TO DATE', 'HOSTS ABSENT', 'HOSTS REFUSING'];
  io.out(table(heads, rows));
  showFound(io, shards);
}

/** Tells which hosts had drifted, which are changed by hand, and which retired hosts were emptied. */
export function showFound(io: Io, shards: readonly ShardSynced[]): void {
  for (const { shard, drifted, cleared, by, bypasses = [] } of shards) {
    for (const { host, found, isNew } of drifted)
      io.out(
        say`${shard}: host ${host} did not hold what it had acknowledged: found ${found}; ${isNew ? 'recorded as drift' : 'recorded as drift before'}\n`,
      );
    for (const host of bypasses)
      io.out(
        say`${shard}: a bypass is open at host ${host}: what is found there by hand is left as it is; ${endWords({ shard, host })}\n`,
      );
    for (const host of cleared) io.out(say`${shard}: retired host ${host} now holds nothing\n`);
    if (by !== undefined) io.out(say`${shard}: driven by ${holderWords(by.holder)}\n`);
  }
}

/** One that took an earlier plan of this run, and not the last, is told of as absent or refusing alone. */
function drivenWords({ driven, absent, refused, taken, held }: ShardSynced): string {
  const otherwise = hostsOf([...absent, ...refused]);
  const there = driven.filter((host) => !otherwise.includes(host));
  if (there.length > 0) return there.join(', ');
  if (taken !== undefined) return taken.code === 'RoleHeld' ? 'by another process' : 'none';
  return held === undefined ? 'none needed it' : 'held';
}

function hostsOf(found: readonly { readonly host: string }[]): string[] {
  return found.map(({ host }) => host);
}

function namesWords(hosts: readonly string[]): string {
  return hosts.length === 0 ? 'none' : hosts.join(', ');
}

/** The outcome of driving shards as JSON has it: a fault is its code and its words. */
export function syncedJson(shards: readonly ShardSynced[]): object[] {
  return shards.map(({ refused, taken, by, drifted, ...synced }) => ({
    ...synced,
    drifted: drifted.map(({ host, found }) => ({ host, found })),
    refused: refused.map(({ host, fault }) => ({ host, code: fault.code, problem: fault.message })),
    ...(by === undefined ? {} : { by: by.holder ?? null }),
    ...(taken === undefined ? {} : { taken: { code: taken.code, problem: taken.message } }),
  }));
}

/** Complains of hosts that were not driven and of held shards; gives the exit code of the gravest. */
export function complainOfSynced(io: Io, shards: readonly ShardSynced[], place: LedgerPlace): ExitCode {
  const undriven = complainOfUndriven(io, shards, place);
  const held = complainOfHeld(io, shards);
  return undriven === exitCode.ok ? held : undriven;
}

function complainOfHeld(io: Io, shards: readonly ShardSynced[]): ExitCode {
  let code: ExitCode = exitCode.ok;
  for (const { shard, held } of shards) {
    if (held === undefined) continue;
    io.err(
      say`${shard} is held at ${momentWords(held)}: nothing but quarantine is driven there; isoledger rebuild --shard ${shard} --resume lets it follow the events again\n`,
    );
    code = exitCode.conflict;
  }
  return code;
}

/** Complains of every host that was away or refused, and of shards that were not driven; gives the exit code of the gravest. */
export function complainOfUndriven(io: Io, shards: readonly ShardSynced[], place: LedgerPlace): ExitCode {
  const codes: ExitCode[] = [exitCode.ok];
  const advice = new Map<string, Shown>();
  const advise = (fault: Fault): void => {
    const words = adviceOn(fault, place);
    advice.set(words.text, words);
  };
  for (const { shard, absent, refused, taken } of shards) {
    for (const { host, problem } of absent) {
      io.err(say`${shard}: host ${host} did not take its plan: ${problem}\n`);
      codes.push(exitCode.unreachable);
    }
    for (const { host, fault } of refused) {
      io.err(say`${shard}: host ${host} refuses its plan: ${fault.message}\n`);
      codes.push(exitCodeOf(fault));
      advise(fault);
    }
    if (taken !== undefined) {
      io.err(say`${shard}: ${taken.message}\n`);
      codes.push(exitCodeOf(taken));
      advise(taken);
    }
  }
  for (const words of advice.values()) io.err(words);
  return gravest(codes);
}
