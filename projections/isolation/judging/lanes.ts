import { Authorisation } from '../authorised/authorisation.ts';
import { boundGaps } from './clock-bounds.ts';
import { contacts, sceneOf, type Question } from './contacts.ts';
import type { Finding } from './findings.ts';
import { withHeirs } from './former.ts';
import type { Gap } from '../hosts/gap.ts';
import { appliedFindings, appliedGaps } from './judge-applied.ts';
import { intendedFindings, intendedGaps } from './judge-intended.ts';
import {
  clockGaps,
  driftsFoundLater,
  isToCome,
  ledgerGaps,
  untimedGaps,
  wordsTakenBack,
  type Hindsight,
  type RecordedMoment,
} from './recorded.ts';

/** The lanes, from what is asked for to what is there. */
export const lanes = ['intended', 'applied', 'observed'] as const;

/**
 * The lane that is judged: the intended one by the documents, the applied one by the sets that hosts acknowledged, the observed one by
 * these and by what hosts were found to hold since.
 */
export type Lane = (typeof lanes)[number];

/** How a ledger has to be folded for a lane. */
export function foldedFor(lane: Lane): { readonly observed: boolean } {
  return { observed: lane === 'observed' };
}

/** Whether a lane is that of a state. Of the documents every state tells the same. Throws RangeError if it is not. */
export function requireFoldedFor(lane: Lane, { observed }: Question['state']): void {
  if (lane !== 'intended' && observed !== foldedFor(lane).observed)
    throw new RangeError(`the ledger was not folded for the ${lane} lane`);
}

/** The findings of a lane at an instant, sorted. Throws VerifierDisagrees. */
export function judge(lane: Lane, question: Question): Finding[] {
  requireFoldedFor(lane, question.state);
  return lane === 'intended' ? intendedFindings(question) : appliedFindings(question);
}

/**
 * The findings that an answer may give: those of the lane; but none about hosts at an instant that is still to come,
 * since they may hold anything by then. What the documents ask for then is known, if nobody decides anything else.
 */
export function judgeKnown(lane: Lane, question: Question, known: Hindsight): Finding[] {
  if (saysNothingOf(lane, question.instant, known)) return [];
  return judge(lane, { ...question, certainUpTo: known.clockAhead?.now });
}

/** True if a lane says nothing of an instant, since it is still to come. */
export function saysNothingOf(lane: Lane, instant: string, known: Hindsight): boolean {
  return lane !== 'intended' && isToCome(instant, known);
}

/** The gaps that stand in the way of a verdict that rests on findings. */
export function verdictGaps(
  lane: Lane,
  question: Question & { readonly findings: readonly Finding[] },
  known: Hindsight,
): Gap[] {
  return [...clockGaps(question, known), ...gapsOf(lane, question, known)];
}

/** The gaps that stand in the way of a proof on a lane, by all that is known at the end of the ledger. */
export function gapsOf(lane: Lane, question: Question, known: Hindsight): Gap[] {
  requireFoldedFor(lane, question.state);
  const bounds = boundGaps({ ...question, wanted: concerned(lane, question) }, known);
  const ofState = lane === 'intended' ? intendedGaps(question) : appliedGaps(question.state);
  return [
    ...gapsOfTime(lane, question, known),
    ...bounds,
    ...gapsFoundLater(lane, question, known),
    ...ofState,
  ];
}

/** The gaps of an instant that the ledger says less of, whatever its state is. */
export function gapsOfTime(lane: Lane, question: RecordedMoment, known: Hindsight): Gap[] {
  return [...ledgerGaps(question, known, mayChange[lane]), ...untimedGaps(question, known)];
}

/** The gaps of an instant that later entries tell of. */
export function gapsFoundLater(lane: Lane, question: RecordedMoment, known: Hindsight): Gap[] {
  if (lane === 'intended') return [];
  return [...driftsFoundLater(question, known), ...wordsTakenBack(question, known)];
}

/** The pairs whose findings may be told of those that are wanted: where hosts are judged, those of the heirs of their ports as well. */
function concerned(lane: Lane, { wanted, state }: Question): Question['wanted'] {
  return lane === 'intended' ? wanted : withHeirs(wanted, state.documents);
}

const mayChange = {
  intended: 'documents may ask for something else',
  applied: 'hosts may hold something else',
  observed: 'hosts may hold something else',
} as const satisfies Record<Lane, string>;

/** True if a lane lets any packet open a connection on one of the pairs, within one segment included. */
export function reaches(lane: Lane, { state, instant, wanted }: Question): boolean {
  requireFoldedFor(lane, state);
  if (lane !== 'intended') {
    return contacts(sceneOf(state, instant), wanted).some(({ delivered }) => delivered.may.length > 0);
  }
  const authorisation = new Authorisation(state.documents, instant);
  if (authorisation.segments().some((end) => wanted.pair({ from: end, to: end }))) return true;
  return authorisation.pairs('between').some((pair) => wanted.pair(pair));
}
