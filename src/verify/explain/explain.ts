import { tenantOf } from '../../../events/names.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import { families, type AddressSet } from '../../../projections/isolation/header-sets/addresses.ts';
import { only, sceneOf, type Scene } from '../../../projections/isolation/judging/contacts.ts';
import * as intervals from '../../../projections/isolation/header-sets/intervals.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import { gapsOf, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { union, type Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import type { Instant } from '../../ledger/instants.ts';
import { foldAt, type AskersClock, type Folded, type Moment } from '../fold.ts';
import { Origins } from '../origins.ts';
import { isUnknown } from '../unknown.ts';
import { OverlayRecord } from '../overlay-record.ts';
import { trafficRows } from '../traffic-rows.ts';
import type { Answer } from './answer.ts';
import { askedIn, pairsOf, parseTraffic, type NamedEnds } from './asked.ts';
import { concernsEnds } from './concern.ts';
import { documentsSay } from './documents-say.ts';
import { mendsFor } from './mends.ts';
import { OverlayView } from './overlay-says.ts';
import { partsOf, RuleReader } from './readings.ts';
import { cutsFor, type DocumentView } from './rules-say.ts';

export interface ExplainQuestion {
  /** A tenant (all its segments), `tenant/segment`, an external, or a service (the segment that offers it). */
  readonly from: string;
  readonly to: string;
  /** PROTO/PORT: see parseTraffic. */
  readonly traffic: string;
  readonly at: Instant;
  readonly lane: Lane;
  readonly clock: AskersClock;
}

/** The answer of the `explain` command, as its JSON has it. */
export interface Explanation {
  readonly formatVersion: 1;
  readonly at: Moment;
  readonly lane: Lane;
  readonly question: { readonly from: NamedEnds; readonly to: NamedEnds; readonly traffic: string };
  /** `partly` if some of the traffic in question is allowed and some is not; `unknown` where a gap concerns the ends. */
  readonly verdict: 'allowed' | 'partly' | 'denied' | 'unknown';
  readonly answers: readonly Answer[];
  /** What is not known of the instant: with a gap the answer may be another one. */
  readonly gaps: readonly Gap[];
}

/**
 * Explains why flows are allowed or denied: by documents, events, people, and the objects on hosts. For a denial it
 * names everything that is missing, with its owner. The verdict is the isolation engine's. Throws NoSuchInstant,
 * UnknownEnd, NotTraffic, and the errors of reading a ledger.
 */
export async function explain(ledger: LedgerReader, question: ExplainQuestion): Promise<Explanation> {
  const { lane, at, clock } = question;
  const traffic = parseTraffic(question.traffic);
  const [origins, record] = [new Origins(), new OverlayRecord()];
  const folded = await foldAt(ledger, at, clock, {
    lane,
    also: ({ entries }) => {
      for (const entry of entries) {
        origins.take(entry);
        record.take(entry);
      }
    },
  });
  const from = await askedIn(question.from, ledger, folded);
  const to = await askedIn(question.to, ledger, folded);
  const pairs = pairsOf(from, to);
  const { state, moment, known } = folded;
  const gaps = gapsOf(lane, { state, instant: moment.time, wanted: only(pairs) }, known);
  const answers = answersTo({ pairs, traffic, lane }, { ...folded, origins, record }).map((answer) =>
    withDoubt(answer, gaps),
  );
  return {
    formatVersion: 1,
    at: moment,
    lane,
    question: { from, to, traffic: question.traffic },
    verdict:
      isUnknown({ lane, at: [moment], gaps }) || concernsEnds(gaps, pairs, state)
        ? 'unknown'
        : knownVerdict(answers),
    answers,
    gaps,
  };
}

/** The verdict by what is known, whatever gaps there are. */
export function knownVerdict(answers: readonly Answer[]): Answer['verdict'] | 'partly' {
  const verdicts = new Set(answers.map(({ verdict }) => verdict));
  if (verdicts.size > 1) return 'partly';
  return verdicts.has('allowed') ? 'allowed' : 'denied';
}

/** Of a host that was found otherwise, or is changed by hand, it is not known that it lets something through. */
function withDoubt(answer: Answer, gaps: readonly Gap[]): Answer {
  const doubted = new Set(
    gaps.filter(({ kind }) => kind === 'drift' || kind === 'bypass').map(({ about }) => about),
  );
  const certain = answer.certain && !answer.overlay.some(({ host }) => doubted.has(`host/${host}`));
  return { ...answer, certain };
}

/** The folded state of a ledger up to the instant. */
export interface Known extends Pick<Folded, 'state' | 'moment'> {
  readonly origins: Origins;
  readonly record: OverlayRecord;
}

/** The answers about pairs of ends. Equal answers are put together. */
export function answersTo(
  { pairs, traffic, lane }: { pairs: readonly Pair[]; traffic: Traffic; lane: Lane },
  { state, moment, origins, record }: Known,
): Answer[] {
  const scene = sceneOf(state, moment.time);
  const { authorisation } = scene;
  const documents = { authorisation, reader: new RuleReader(state.documents, moment.time), origins };
  const overlay = new OverlayView(pairs, { scene, record, origins, lane });
  const single = pairs.flatMap((pair) => {
    const cuts = [authorisation.between(pair), ...cutsFor(pair, documents)];
    if (lane !== 'intended') cuts.push(...overlay.cutsFor(pair));
    const notes = notesOn(pair, scene);
    const parts = partsOf(traffic, cuts).map((part) => ({
      pairs: [pair],
      part,
      ...contentOf({ pair, part, lane, notes }, { documents, overlay }),
    }));
    return joined(parts, (answer) => ({ ...answer, part: undefined }));
  });
  // The objects on hosts differ from pair to pair by the names in them, even if the answer is the same.
  const likeness = (answer: Unwritten): unknown => ({ ...answer, pairs: undefined, overlay: undefined });
  return joined(single, likeness).map(({ part, ...answer }) => ({
    ...answer,
    traffic: trafficRows(part),
    mends: mendsFor({ ...answer, traffic: part }, authorisation),
  }));
}

type Content = Omit<Answer, 'pairs' | 'traffic' | 'mends'>;
type Unwritten = Content & Pick<Answer, 'pairs'> & { readonly part: Traffic };

function contentOf(
  { pair, part, lane, notes }: { pair: Pair; part: Traffic; lane: Lane; notes: readonly string[] },
  { documents, overlay }: { documents: DocumentView; overlay: OverlayView },
): Content {
  const said = documentsSay(pair, part, documents);
  const intended = said.allowed ? 'allowed' : 'denied';
  if (lane === 'intended') {
    const absent = overlay.absent(pair).map(({ words }) => `${words}: nothing flows until that changes`);
    const { given, missing } = said;
    return {
      verdict: intended,
      intended,
      certain: said.allowed,
      given,
      missing,
      notes: [...notes, ...absent],
      overlay: [],
    };
  }
  const carried = overlay.says(pair, part, said.allowed);
  return {
    verdict: carried.allowed ? 'allowed' : 'denied',
    intended,
    certain: carried.certain,
    given: said.given,
    missing: [...said.missing, ...carried.missing],
    notes,
    overlay: carried.holdings,
  };
}

function notesOn(pair: Pair, scene: Scene): string[] {
  const tenant = scene.state.documents.tenants.get(tenantOf(pair.from) ?? '');
  const inside = tenant !== undefined && pair.from !== pair.to && tenantOf(pair.to) === tenant.tenant;
  const apart =
    inside && tenant.intraTenant === 'segments'
      ? [
          `${tenant.tenant} keeps its segments apart (intraTenant: segments): its own egress and ingress rules decide`,
        ]
      : [];
  return [...apart, ...familyNotes(pair, scene)];
}

/** Two ends without a common family of addresses may be allowed to talk, and cannot. */
function familyNotes(pair: Pair, { addressing }: Scene): string[] {
  const sources = addressing.attached({ from: pair.to, to: pair.from });
  const targets = addressing.attached(pair);
  const has = (set: AddressSet): boolean[] =>
    families.map((family) => intervals.intersect(set, family).length > 0);
  const [of, to] = [has(sources), has(targets)];
  if (!of.includes(true) || !to.includes(true) || of.some((one, index) => one && to[index] === true))
    return [];
  const words = (end: string, [v4]: boolean[]): string =>
    `${end} has ${v4 === true ? 'IPv4' : 'IPv6'} addresses only`;
  return [`no packet can use it: ${words(pair.from, of)}, ${words(pair.to, to)}`];
}

/** Puts alike answers together: the traffic of one pair, or pairs that have the same answer. */
function joined(answers: readonly Unwritten[], likeness: (answer: Unwritten) => unknown): Unwritten[] {
  if (answers.length < 2) return [...answers];
  const groups = new Map<string, Unwritten>();
  for (const answer of answers) {
    const key = JSON.stringify(likeness(answer));
    const known = groups.get(key);
    if (known === undefined) groups.set(key, answer);
    else groups.set(key, merge(known, answer));
  }
  return [...groups.values()];
}

function merge(known: Unwritten, other: Unwritten): Unwritten {
  const samePair = known.pairs.length === 1 && JSON.stringify(known.pairs) === JSON.stringify(other.pairs);
  if (samePair) return { ...known, part: union(known.part, other.part) };
  return { ...known, pairs: [...known.pairs, ...other.pairs], overlay: [...known.overlay, ...other.overlay] };
}
