import { readEnvelope } from '../../../events/codec/decode.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import type { StreamEntry } from '../../../src/siem/event-stream.ts';
import { formatNamed, formatNames } from '../../../src/siem/formats/named.ts';
import { plainRoot } from '../../doubles/plain-root.ts';
import { someDays, type Days } from './days.ts';

/** Where the corpus is, from the root of the repository. */
export const corpusFolder = 'infra/siem/corpus/';

/** By the name of each file of the corpus, its text: the same entries in each format, and a heartbeat behind them. */
export async function renderCorpus(): Promise<ReadonlyMap<string, string>> {
  const days = await someDays();
  const { ledgerId, all, until: time } = days;
  const context = { ledgerId, version: '0.1.0', host: 'ledger-1' };
  const beat = { ledgerId, size: all.length, root: plainRoot(all.map(leafHash)), time };
  return new Map(
    formatNames.map((name) => {
      const { write, heartbeat } = formatNamed(name);
      const lines = [...streamed(days).map((entry) => write(entry, context)), heartbeat(beat, context)];
      const ending = name === 'cef' || name === 'syslog' ? 'log' : 'ndjson';
      return [`${name}.${ending}`, lines.map((line) => `${line}\n`).join('')];
    }),
  );
}

function streamed({ all, first, torn }: Days): StreamEntry[] {
  const entries = all.map((bytes, seq) => ({ seq, bytes }));
  return entries.slice(first).map((stored): StreamEntry => {
    const before = entries[stored.seq - 1];
    return {
      ...{ seq: stored.seq, stored, envelope: readEnvelope(stored), isVoid: stored.seq === torn },
      previous: before && readEnvelope(before).id,
    };
  });
}
