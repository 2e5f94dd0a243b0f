import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { timeBounds } from '../../../projections/isolation/judging/revocation.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { foldAt, replayUntil, type Folded } from '../fold.ts';
import { CauseSearch, type ChangeCause } from './causes.ts';
import { diffByHistory } from './diff-by-history.ts';
import { isLater, type Difference, type DiffQuestion } from './difference.ts';
import { gainedIn, laneTraffic, pairsIn } from './lane-traffic.ts';

/**
 * Tells how the connections of two instants differ, and by which causes. Throws NoSuchInstant, and the errors of
 * reading a ledger.
 */
export async function diff(ledger: LedgerReader, question: DiffQuestion): Promise<Difference> {
  const { history } = question;
  const kept = history && (await diffByHistory(ledger, { ...question, history }));
  return kept === undefined ? diffByFolding(ledger, question) : { formatVersion: 1, ...kept };
}

async function diffByFolding(
  ledger: LedgerReader,
  { from, to, lane, clock }: DiffQuestion,
): Promise<Difference> {
  let [batchesBefore, batchesAfter] = [0, 0];
  const before = await foldAt(ledger, from, clock, { lane, also: () => (batchesBefore += 1) });
  const after = await foldAt(ledger, to, clock, { lane, also: () => (batchesAfter += 1) });
  const [had, has] = [before, after].map(({ state, moment }) =>
    laneTraffic(lane, { state, instant: moment.time }),
  );
  const gained = gainedIn(has ?? new Map(), had ?? new Map());
  const lost = gainedIn(had ?? new Map(), has ?? new Map());
  const pairs = pairsIn([...gained, ...lost]);
  const boundsBetween = boundsPassed(before, after);
  const gaps = { from: gapsAt(lane, before), to: gapsAt(lane, after) };
  const batches = pairs.length === 0 ? [] : await causesOf(ledger, { ends: [before, after], pairs, lane });
  const between = Math.abs(batchesAfter - batchesBefore);
  return {
    ...{ formatVersion: 1, from: before.moment, to: after.moment, lane },
    ...{ gained, lost, batches, between, boundsBetween, gaps },
  };
}

/** Of the rules in force at either instant: those of others came and went with batches. */
function boundsPassed(...ends: [Folded, Folded]): number {
  const [after = '', until = ''] = ends.map(({ moment }) => moment.time).sort();
  const bounds = ends.flatMap(({ state }) => timeBounds(state.documents.policies.values(), { after, until }));
  return new Set(bounds).size;
}

function gapsAt(lane: Lane, { state, moment, known }: Folded): Gap[] {
  return gapsOf(lane, { state, instant: moment.time, wanted: allPairs }, known);
}

async function causesOf(
  ledger: LedgerReader,
  { ends, pairs, lane }: { ends: [Folded, Folded]; pairs: { from: string; to: string }[]; lane: Lane },
): Promise<readonly ChangeCause[]> {
  const [earlier, later] = isLater(ends[0].moment, ends[1].moment) ? [ends[1], ends[0]] : ends;
  const search = new CauseSearch({ from: earlier.moment, pairs, lane });
  await replayUntil(ledger, { kind: 'seq', seq: later.moment.seq }, (batch) => {
    search.follow(batch);
  });
  return search.causesUntil(later.moment.time);
}
