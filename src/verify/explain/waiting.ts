import type { Rule } from '../../../events/estate.ts';
import { tenantOf } from '../../../events/names.ts';
import { timeOf } from '../../../projections/isolation/authorised/rule-time.ts';
import type { Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import { ruleWords } from '../../words/rule-words.ts';
import type { Given, Mend, Missing } from './answer.ts';
import { includes, type RuleReader, type RuleReading } from './readings.ts';

/** The first instant at which both a rule that is not open yet and the other side allow traffic; null if there is none. */
export function waitUntil(
  { rule, side }: RuleReading,
  { pair, part }: { readonly pair: Pair; readonly part: Traffic },
  reader: RuleReader,
): string | null {
  const opens = opensAt(rule);
  const [other, end] = side === 'egress' ? (['ingress', pair.to] as const) : (['egress', pair.from] as const);
  if (tenantOf(end) === undefined) return opens;
  const others = reader
    .rules(pair, other)
    .filter(({ about, traffic }) => about === 'pair' && includes(traffic, part))
    .map((reading) => reading.rule);
  const instants = [opens, ...others.map(opensAt)]
    .filter((instant) => timeOf(rule, instant) === 'open')
    .sort();
  return instants.find((instant) => others.some((one) => timeOf(one, instant) === 'open')) ?? null;
}

/** The instant from which a rule holds. One without that bound always has: no instant comes before the empty text. */
function opensAt({ from }: Rule): string {
  return from?.instant ?? '';
}

/** The reasons of an answer, for and against. */
export interface Reasons {
  readonly given: readonly Given[];
  readonly missing: readonly Missing[];
}

/** What helps where a rule is not open yet: waiting, if the other side allows the flow by then. */
export function mendsOfOpening(one: Missing, { given, missing }: Reasons): Mend[] {
  const { whose, rule, side, waitUntil: until = null } = one;
  if (rule === undefined) return [];
  const opens = opensAt(rule);
  const apart = missing.filter((each) => each.in === 'documents' && each.side !== side);
  const lacks = apart.some(
    ({ kind }) => kind === 'quarantine' || (until === null && kind !== 'not-open-yet'),
  );
  if (lacks) {
    const then = until ?? opens;
    return words(
      `that rule of ${whose} opens at ${opens}: wait until ${then} as well, or give it an earlier from:`,
    );
  }
  if (until !== null) {
    const both = until === opens ? '' : ', when the rules of both sides are open';
    return words(`wait until ${until}${both}, or give that rule of ${whose} an earlier from:`);
  }
  if (missing.some((each) => each.side === side && typeof each.waitUntil === 'string')) return [];
  const [consent] = given
    .filter((each) => each.kind === 'rule' && each.side !== side)
    .sort((a, b) => (endOf(a) > endOf(b) ? -1 : 1));
  if (consent !== undefined)
    return words(
      `waiting does not help: the rule of ${consent.whose} ends at ${endOf(consent)}, and that of ${whose} opens at ${opens}: give that of ${consent.whose} a later expires:, or that of ${whose} an earlier from:`,
    );
  const others = [...new Set(apart.map((each) => each.whose))].join(', ');
  return words(
    `waiting does not help: while that rule of ${whose} is open (${ruleWords(rule)}), none of ${others} is: give one of them other time bounds, so that both are open at once`,
  );
}

/** What helps where rules have lapsed: the one that ended last holds for longer. A second rule would only repeat it. */
export function mendsOfLapse(one: Missing, { missing }: Reasons, needsGuard: boolean): Mend[] {
  const { whose, rule, side } = one;
  const isLater = (each: Missing): boolean =>
    each.kind === 'lapsed' && each.side === side && endOf(each) > endOf(one);
  if (rule === undefined || missing.some(isLater)) return [];
  const [opens] = missing
    .flatMap((each) => (each.kind === 'not-open-yet' && each.side !== side && each.rule ? [each.rule] : []))
    .map(opensAt)
    .sort();
  const later = opens === undefined ? 'to come' : `after ${opens}`;
  const guard = needsGuard && rule.guard === undefined ? ', and a guard: (approval reference)' : '';
  return words(
    `extend that rule of ${whose} (${ruleWords(rule)}): give it an expires: ${later}, or none${guard}`,
  );
}

function endOf({ rule }: { readonly rule?: Rule }): string {
  return rule?.expires?.instant ?? '';
}

function words(text: string): Mend[] {
  return [{ kind: 'words', words: text }];
}
