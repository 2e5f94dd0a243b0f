import type { Entry } from '../../../events/entry.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Answer } from '../../../src/verify/explain/answer.ts';
import { askedEnd, pairsOf, parseTraffic, type NamedEnds } from '../../../src/verify/explain/asked.ts';
import { answersTo, type Known } from '../../../src/verify/explain/explain.ts';
import { Origins } from '../../../src/verify/origins.ts';
import { OverlayRecord } from '../../../src/verify/overlay-record.ts';
import type { History } from '../isolation/history.ts';

/** What explanations are made from, after all of a history and at its end. */
export function knownAfter(history: History, lane: Lane = 'applied'): Known {
  const [origins, record] = [new Origins(), new OverlayRecord()];
  const take = (entry: Entry): void => {
    origins.take(entry);
    record.take(entry);
  };
  for (const { entries } of history.batches) entries.forEach(take);
  return {
    state: history.state(undefined, lane),
    moment: { seq: history.seq, time: history.now },
    origins,
    record,
  };
}

function asked(name: string, { state }: Known): NamedEnds {
  const end = askedEnd(name, state.documents);
  if (end === undefined) throw new Error(`nobody is called ${name}`);
  return end;
}

/** The answers to a question, spelt as on the command line. */
export function ask(
  known: Known,
  [from, to, traffic]: readonly [string, string, string],
  lane: Lane,
): Answer[] {
  const pairs = pairsOf(asked(from, known), asked(to, known));
  return answersTo({ pairs, traffic: parseTraffic(traffic), lane }, known);
}
