import type { ShardSynced } from '../apply/drive/sync.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { table, type Io } from './io.ts';
import { momentWords } from '../words/moment-words.ts';

/** What came of driving shards, for people; hosts that stayed away or had drifted, and held shards, in full sentences. */
export function showSynced(io: Io, shards: readonly ShardSynced[]): void {
  const rows = shards.map(({ shard, plan, driven, absent, held }) => [
    shard,
    String(plan),
    driven.length > 0 ? driven.join(', ') : held !== undefined ? 'held' : 'none needed it',
    absent.length === 0 ? 'none' : absent.map(({ host }) => host).join(', '),
  ]);
  io.out(table(['SHARD', 'PLAN', 'HOSTS DRIVEN', 'HOSTS ABSENT'], rows));
  for (const { shard, drifted, cleared } of shards) {
    for (const { host, found } of drifted)
      io.out(
        `${shard}: host ${host} did not hold what it had acknowledged: found ${found}; recorded as drift\n`,
      );
    for (const host of cleared) io.out(`${shard}: retired host ${host} now holds nothing\n`);
  }
}

/** Complains of hosts that stayed away and of held shards; gives the exit code of the gravest. */
export function complainOfSynced(io: Io, shards: readonly ShardSynced[]): ExitCode {
  const held = complainOfHeld(io, shards);
  const absent = complainOfAbsent(io, shards);
  return absent === exitCode.ok ? held : absent;
}

function complainOfHeld(io: Io, shards: readonly ShardSynced[]): ExitCode {
  let code: ExitCode = exitCode.ok;
  for (const { shard, held } of shards) {
    if (held === undefined) continue;
    io.err(
      `${shard} is held at ${momentWords(held)}: nothing but quarantine is driven there; isoledger rebuild --shard ${shard} --resume lets it follow the events again\n`,
    );
    code = exitCode.conflict;
  }
  return code;
}

/** Complains of hosts that stayed away. */
export function complainOfAbsent(io: Io, shards: readonly ShardSynced[]): ExitCode {
  let code: ExitCode = exitCode.ok;
  for (const { shard, absent } of shards) {
    for (const { host, problem } of absent) {
      io.err(`${shard}: host ${host} did not take its plan: ${problem}\n`);
      code = exitCode.unreachable;
    }
  }
  return code;
}
