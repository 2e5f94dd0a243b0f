import { endWords } from '../apply/drive/drive-beside.ts';
import type { BypassStatus } from '../tasks/bypass.ts';
import { momentWords } from '../words/moment-words.ts';
import { authorWords } from '../words/origin-words.ts';
import { say } from '../words/shown.ts';
import type { Io } from './io.ts';

/** Tells people of each bypass since when it is open, by whom and why, and how it ends. */
export function showBypasses(io: Io, bypasses: readonly BypassStatus[]): void {
  for (const { shard, host, isOpen, since } of bypasses) {
    const opened = `${momentWords(since)} ${authorWords(since)}`;
    io.out(
      isOpen
        ? say`${shard}: a bypass is open at host ${host} since ${opened}: what is found there by hand is left as it is; ${endWords({ shard, host })}\n`
        : say`${shard}: the bypass at host ${host}, which was opened at ${opened}, is closed, and nobody saw the whole host since: isoledger sync does, and puts right what differs\n`,
    );
  }
}

/** The same as JSON. */
export function bypassesJson(bypasses: readonly BypassStatus[]): object[] {
  return bypasses.map(({ isOpen, ...told }) => ({ ...told, open: isOpen }));
}
