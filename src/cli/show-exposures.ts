import type { Exposures } from '../tasks/exposures.ts';
import { table, type Io } from './io.ts';
import { count } from '../words/lists.ts';
import { holderWords } from '../words/holder-words.ts';
import { say } from '../words/shown.ts';
import { vouchedWords } from '../words/vouched-words.ts';

export function showExposures(io: Io, { open, gaps, vouched }: Exposures): void {
  if (open.length > 0) {
    io.out(say`\nopen exposures, which isoledger verify shows with a packet each:\n`);
    const rows = open.map(({ kind, from, to, former, openedBy }) => [
      kind,
      holderWords(from, former?.from),
      holderWords(to, former?.to),
      `${openedBy.type} at ${openedBy.time}`,
    ]);
    io.out(table(['KIND', 'FROM', 'TO', 'SINCE'], rows));
  }
  if (gaps > 0) io.out(say`\n${count(gaps, 'gap')} in what is known: isoledger verify names them\n`);
  if (open.length === 0 && gaps === 0) io.out(say`\nno open exposure\n`);
  for (const word of vouched) io.out(say`\n${vouchedWords(word)}\n`);
}
