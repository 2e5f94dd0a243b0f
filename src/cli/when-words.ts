import type { AuthorisingRule, WindowCause } from '../verify/when/window-causes.ts';
import type { ReachWindow, WhenReport } from '../verify/when/when.ts';
import { holderWords } from '../words/holder-words.ts';
import { count, listWords } from '../words/lists.ts';
import { originWords } from '../words/origin-words.ts';
import { packetWords, rowsWords } from '../words/traffic-words.ts';

/** How a window stands, in words behind the traffic. */
export const standingWords = {
  authorised: 'authorised',
  'pending-revocation': 'revoked, not yet cut everywhere, within the limit',
  isolation: 'NOT AUTHORISED',
  airgap: 'NOT AUTHORISED, across an air gap',
} as const satisfies Record<ReachWindow['standing'], string>;

/** The answer of `when` in a sentence. */
export function whenHeadline({ verdict, question, windows }: WhenReport): string {
  const { from, to, traffic } = question;
  const whither = traffic === null ? to : `${to} by ${traffic}`;
  const reserved = verdict === 'unknown' ? 'unknown: as far as is known, ' : '';
  if (windows.length === 0) return `${reserved}${from} could never reach ${whither}`;
  return `${reserved}${from} could reach ${whither}: ${count(windows.length, 'stretch', 'stretches')} of time, ${shares(windows)}`;
}

/** `2 not authorised and 1 authorised`; of one kind alone `all authorised`, and of one stretch `authorised`. */
function shares(windows: readonly ReachWindow[]): string {
  const counts = [
    ['not authorised', (one: ReachWindow) => one.standing === 'isolation' || one.standing === 'airgap'],
    ['revoked and within the limit', (one: ReachWindow) => one.standing === 'pending-revocation'],
    ['authorised', (one: ReachWindow) => one.standing === 'authorised'],
  ] as const;
  const told = counts
    .map(([words, is]) => ({ words, number: windows.filter(is).length }))
    .filter(({ number }) => number > 0);
  const [first, ...others] = told;
  if (first !== undefined && others.length === 0)
    return `${windows.length === 1 ? '' : 'all '}${first.words}`;
  return listWords(told.map(({ words, number }) => `${String(number)} ${words}`));
}

/** One stretch as a line: since when, until when, from whom to whom, by what, and how that stood. */
export function stretchWords({ from, to, former, since, until, traffic, standing }: ReachWindow): string {
  const ends = `${holderWords(from, former?.from)} -> ${holderWords(to, former?.to)}`;
  return `${since} to ${until ?? 'not ended'}: ${ends} ${rowsWords(traffic)}: ${standingWords[standing]}`;
}

/** What is told of a stretch, a line each: the events that opened and closed it, its rules, a packet. */
export function windowFacts(window: ReachWindow): string[] {
  const { openedBy, closedBy, rules, witness, objects } = window;
  return [
    `opened by ${causeWords(openedBy)}`,
    ...(closedBy === null ? [] : [`closed by ${causeWords(closedBy)}`]),
    ...rules.map(authorisingWords),
    ...(witness === null ? [] : [`a packet that got through: ${packetWords(witness)}`]),
    ...(objects.length === 0 ? [] : [`let through by ${listWords(objects)}`]),
  ];
}

export function causeWords(cause: WindowCause): string {
  return cause.seq === null
    ? `the clock alone at ${cause.time}: a bound or a limit ran out`
    : originWords(cause);
}

export function authorisingWords({ tenant, text, enacted }: AuthorisingRule): string {
  const since = enacted === null ? '' : ` (${originWords(enacted)})`;
  return `by rule of ${tenant}: ${text}${since}`;
}
