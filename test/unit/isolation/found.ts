import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf, judge, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { start, type History } from './history.ts';

/** Findings of a lane now, as `kind from -> to: src -> dst protocol port`. */
export function found(history: History, lane: Lane = 'applied'): string[] {
  const question = { state: history.state(undefined, lane), instant: history.now, wanted: allPairs };
  return judge(lane, question).map(({ kind, from, to, witness }) => {
    const { src, dst, protocol, dstPort = '-' } = witness;
    return `${kind} ${from} -> ${to}: ${String(src)} -> ${String(dst)} ${protocol} ${String(dstPort)}`;
  });
}

/** Gaps of a lane now, as `kind about: problem`. */
export function gaps(history: History, lane: Lane = 'applied'): string[] {
  const question = { state: history.state(undefined, lane), instant: history.now, wanted: allPairs };
  const { foundDrifts: drifts, takenBack } = question.state.hosts;
  const known = { since: start, until: history.now, drifts, takenBack };
  return gapsOf(lane, question, known).map(({ kind, about, problem }) => `${kind} ${about}: ${problem}`);
}
