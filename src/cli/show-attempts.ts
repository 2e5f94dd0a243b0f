import type { Status } from '../tasks/status.ts';
import { causeWords, fromWords, toWords } from '../words/drops-words.ts';
import { listWords } from '../words/lists.ts';
import { say } from '../words/shown.ts';
import { table, type Io } from './io.ts';

/** How many pairs are shown of all shards together: --json has all. */
const rowsMax = 20;

/** What hosts dropped, the latest first, and whose counters could not be read. */
export function showAttempts(io: Io, shards: Status['shards']): void {
  const rows = shards
    .flatMap(({ shard, attempts }) => attempts.pairs.map((attempt) => ({ shard, ...attempt })))
    .sort((a, b) => (a.lastGrew < b.lastGrew ? 1 : a.lastGrew > b.lastGrew ? -1 : 0));
  if (rows.length > 0) {
    io.out(say`\nattempts: packets that hosts dropped\n`);
    const cells = rows
      .slice(0, rowsMax)
      .map(({ shard, packets, lastGrew, ...between }) => [
        shard,
        fromWords(between),
        toWords(between),
        causeWords(between),
        String(packets),
        lastGrew,
      ]);
    io.out(table(['SHARD', 'FROM', 'TO', 'WHY', 'PACKETS', 'LAST SEEN GROWING'], cells));
    if (rows.length > rowsMax)
      io.out(say`the latest ${String(rowsMax)} of ${String(rows.length)}: --json has all\n`);
  }
  for (const { shard, attempts } of shards) {
    const [first] = attempts.unread;
    if (first === undefined) continue;
    const hosts = listWords(attempts.unread.map(({ host }) => host));
    io.out(
      say`\n${shard}: what ${hosts} dropped cannot be read now, and is told as far as it is recorded: ${first.problem}\n`,
    );
  }
}
