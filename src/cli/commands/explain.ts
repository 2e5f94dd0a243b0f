import { defined } from '../../../events/codec/defined.ts';
import type { Command } from 'commander';
import type { Answer, Holding } from '../../verify/explain/answer.ts';
import { explain, knownVerdict, type Explanation } from '../../verify/explain/explain.ts';
import { count, listWords } from '../../words/lists.ts';
import { originWords } from '../../words/origin-words.ts';
import { rowWords } from '../../words/traffic-words.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson, type Io } from '../io.ts';
import { givenEnds, heldJson, showHeld, type GivenEnds } from '../addresses.ts';
import {
  askedLedger,
  knownAtOption,
  knownAtWords,
  type AskedLedger,
  type KnownAtOption,
} from '../known-at.ts';
import { reservation, showGaps } from '../show-gaps.ts';
import { exitCode } from '../exit.ts';
import { isUnknown } from '../../verify/unknown.ts';
import { parseTime } from '../time.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { laneOption } from './connections.ts';
import { momentWords } from '../../words/moment-words.ts';
import { lines, say } from '../../words/shown.ts';

interface ExplainOptions extends CommonOptions, KnownAtOption {
  readonly at: string;
  readonly lane: Lane;
}

export function explainCommand(shell: Shell): Command {
  return ledgerCommand('explain', {
    summary:
      'why a flow is allowed or denied: documents, events, who; for a denial, what is missing and whose it is',
    example: 'isoledger explain acme-corp/web globex/database tcp/5432',
  })
    .argument(
      '<from>',
      'who opens the connection: tenant (all its segments), tenant/segment, external, or the address of one',
    )
    .argument('<to>', 'to whom: likewise, or a service')
    .argument(
      '<proto/port>',
      'tcp/443, udp/5000-5010, sctp (all its ports), icmp, any, or an IP protocol number',
    )
    .option('--at <time>', 'now, seq:N, or ISO 8601 with zone or offset', 'now')
    .addOption(knownAtOption())
    .addOption(laneOption('applied'))
    .action(
      async (...words: [from: string, to: string, traffic: string, options: unknown, command: Command]) => {
        const [from, to, traffic, , command] = words;
        const options = command.optsWithGlobals<ExplainOptions>();
        const at = parseTime(options.at);
        const { lane } = options;
        await inSession(shell, { options }, async (session) => {
          const asked = await askedLedger(session, options, [{ by: '--at', at }]);
          const { io, ledger, clock, knownAt, judgedOn } = asked;
          const { nameOf, held } = await givenEnds({ ledger }, [from, to], { from: at, to: at });
          const ends = { from: nameOf(from), to: nameOf(to) };
          const answer = await explain(ledger, { ...ends, traffic, at, lane, clock });
          if (options.json === true)
            outJson(io, { ...answer, ledger: judgedOn, ...defined({ knownAt }), ...heldJson(held) });
          else show(io, answer, { knownAt, held });
          return answer.verdict === 'unknown' ? exitCode.unknown : exitCode.ok;
        });
      },
    );
}

function show(
  io: Io,
  { question, verdict, lane, at, answers, gaps }: Explanation,
  { knownAt, held }: Pick<AskedLedger, 'knownAt'> & Pick<GivenEnds, 'held'>,
): void {
  const { from, to, traffic } = question;
  const isBeyond = answers.some((answer) => answer.verdict === 'allowed' && answer.intended === 'denied');
  const known = knownVerdict(answers);
  const said = isBeyond ? `${known}, and ${standingWords(lane)}` : known;
  const doubted = { lane, at: [at], gaps };
  const reserved = verdict === 'unknown' ? 'unknown; by what is known so far: ' : reservation(doubted);
  const words = isUnknown(doubted) ? 'unknown' : `${reserved}${said}`;
  io.out(
    say`${from.name} -> ${to.name} ${traffic}: ${words} (lane ${lane}, at ${momentWords(at)}${knownAtWords(knownAt)})\n`,
  );
  showHeld(io, held);
  for (const end of [from, to]) {
    if (end.kind === 'service') io.out(say`${end.name} is a service: it stands for ${end.ends.join(', ')}\n`);
  }
  for (const answer of answers) showAnswer(io, answer, lane);
  showGaps(io, gaps);
}

/** How many pairs are named one by one before only their number is. */
const pairsMax = 12;

function showAnswer(io: Io, answer: Answer, lane: string): void {
  const { pairs, given, missing, mends, notes, overlay } = answer;
  const shown = pairs.slice(0, pairsMax).map(({ from, to }) => `${from} -> ${to}`);
  const more = pairs.length > shown.length ? [`and ${count(pairs.length - shown.length, 'more pair')}`] : [];
  const traffic = answer.traffic.map(rowWords).join(' ');
  io.out(say`\n${lines([...shown, ...more])}  ${traffic}: ${verdictWords(answer, lane)}\n`);
  showReasons(io, 'given', given);
  showReasons(io, 'missing', missing);
  for (const note of notes) io.out(say`  note: ${note}\n`);
  if (answer.verdict === 'allowed' || answer.intended === 'allowed') showOverlay(io, overlay);
  showMends(io, mends);
}

function verdictWords({ verdict, intended, certain }: Answer, lane: string): string {
  if (lane === 'intended') return verdict;
  if (verdict === 'denied') {
    return intended === 'denied'
      ? 'denied'
      : 'denied so far: the documents allow it, the overlay does not carry it yet';
  }
  if (intended === 'denied')
    return `${lane === 'applied' ? 'still ' : ''}allowed by the overlay, and ${standingWords(lane)}`;
  return certain ? 'allowed' : 'allowed, and not known to be carried everywhere yet';
}

/** What hosts acknowledged was asked for once; what they were found to hold maybe never. */
function standingWords(lane: string): string {
  return lane === 'applied' ? 'no longer authorised' : 'not authorised';
}

function showReasons(
  io: Io,
  heading: string,
  reasons: readonly (Answer['given'] | Answer['missing'])[number][],
): void {
  if (reasons.length === 0) return;
  io.out(say`  ${heading}:\n`);
  for (const { words, origin } of reasons) {
    io.out(say`    ${words}\n`);
    if (origin !== undefined) io.out(say`      ${originWords(origin)}\n`);
  }
}

/** How many lines on hosts and mends people are shown; --json has them all. */
const linesMax = 12;

function showOverlay(io: Io, overlay: readonly Holding[]): void {
  const lines = new Map<string, string[]>();
  for (const holding of overlay) {
    const key = holdingWords(holding);
    lines.set(key, [...(lines.get(key) ?? []), holding.host]);
  }
  const words = Array.from(lines, ([holding, hosts]) => `${holding} ${listWords(hosts, linesMax)}`);
  showLines(io, 'on the hosts:', words);
}

function showLines(io: Io, heading: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  io.out(say`  ${heading}\n`);
  for (const line of lines.slice(0, linesMax)) io.out(say`    ${line}\n`);
  if (lines.length > linesMax)
    io.out(say`    and ${String(lines.length - linesMax)} more: --json lists them all\n`);
}

function holdingWords({ from, to, side, shard, acls, plans, drift, state }: Holding): string {
  const rules = acls.map(
    ({ id, action, plans: of }) => `${action} ${id}${of.length === 0 ? ' (found there)' : ''}`,
  );
  const what = rules.length > 0 ? rules.join(', ') : from === to ? 'one network, needs no rule' : 'no rule';
  const which = plans.length === 1 ? `plan ${String(plans[0])}` : `plans ${plans.map(String).join(' or ')}`;
  const held = drift === undefined ? which : `${which}, or what was found there`;
  return `${from} -> ${to}, ${side}: ${what}; ${shard} ${held}, ${stateWords[state]}`;
}

const stateWords = {
  carries: 'carried by',
  'may carry': 'perhaps carried by',
  'does not carry': 'not carried by',
} as const satisfies Record<Holding['state'], string>;

function showMends(io: Io, mends: Answer['mends']): void {
  const rules = new Map<string, string[]>();
  for (const mend of mends) {
    if (mend.kind !== 'rule') continue;
    const list = `to allow it, add to ${mend.side} in the Policy of ${mend.tenant}:`;
    rules.set(list, [...(rules.get(list) ?? []), mend.yaml]);
  }
  for (const [list, lines] of rules) showLines(io, list, lines);
  if (rules.size > 0)
    io.out(say`  isoledger plan then tells whether the estate takes it (addresses, classifications)\n`);
  const others = mends.filter((mend) => mend.kind === 'words').map(({ words }) => words);
  showLines(io, rules.size > 0 ? 'and:' : 'what would change that:', others);
}
