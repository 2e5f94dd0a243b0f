import { ruleWords } from '../../words/rule-words.ts';
import type { Rule } from '../../../events/estate.ts';
import { tenantOf } from '../../../events/names.ts';
import { intersect, isNothing, type Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import { GapsAndReach } from '../../../projections/isolation/history/gaps-and-reach.ts';
import { isWithin, type GapWindow, type Interval } from '../../../projections/isolation/history/interval.ts';
import { Timeline, type Cause, type TurningPoint } from '../../../projections/isolation/history/timeline.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import type { Wanted } from '../../../projections/isolation/judging/contacts.ts';
import type { Finding } from '../../../projections/isolation/judging/findings.ts';
import {
  judgeKnown,
  saysNothingOf,
  verdictGaps,
  type Lane,
} from '../../../projections/isolation/judging/lanes.ts';
import type { Reach, ReachStretch } from '../../../projections/isolation/judging/reach.ts';
import { edgesOf, edgesOfDrifts, type Hindsight } from '../../../projections/isolation/judging/recorded.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import { IsolationState, type FoldedBatch } from '../../../projections/isolation/state.ts';
import { originOf, Origins, type Origin, type Side } from '../origins.ts';
import { passingAt, type Passing } from './passing.ts';
import { TrafficWindows, type TrafficWindow } from './traffic-windows.ts';

/** The event (the last one of its batch) that began or ended a window, and of whom it is; or the clock alone. */
export type WindowCause = Origin | Extract<Cause, { seq: null }>;

/** A rule that authorised traffic, and the event that put it in force. */
export interface AuthorisingRule {
  readonly tenant: string;
  readonly side: Side;
  readonly id: string;
  /** In words, as one line. */
  readonly text: string;
  readonly enacted: Origin | null;
}

/** What passed between some pairs in an interval. */
export interface Passed {
  /** Those that passed at some instant of the interval. */
  readonly windows: readonly TrafficWindow<WindowCause, AuthorisingRule>[];
  readonly gaps: readonly GapWindow[];
  readonly reach: readonly ReachStretch[];
}

interface WalkQuestion {
  readonly lane: Lane;
  readonly interval: Interval;
  readonly known: Hindsight;
  /** The pairs, one way. */
  readonly wanted: Wanted;
  readonly traffic: Traffic;
}

/**
 * Looks at some pairs at every instant at which an answer can change, from the ledger's first batch on: what is open when the
 * interval begins was opened before.
 */
export class ReachWalk {
  readonly #question: WalkQuestion;
  readonly #timeline: Timeline;
  readonly #windows: TrafficWindows<WindowCause, AuthorisingRule>;
  readonly #noted = new GapsAndReach();
  readonly #origins = new Origins();
  #batch: FoldedBatch | undefined;
  #begun = false;

  constructor(question: WalkQuestion) {
    this.#question = question;
    const { lane, known } = question;
    this.#timeline = new Timeline((point) => this.#look(point), {
      stops: [...edgesOf(known), ...(lane === 'applied' ? edgesOfDrifts(known) : [])],
      state: new IsolationState({ clock: known.clockAhead?.now }),
    });
    this.#windows = new TrafficWindows((pair, consent) => this.#ruleOf(pair, consent));
  }

  /** The state after the last batch. */
  get state(): IsolationState {
    return this.#timeline.state;
  }

  /** Takes the next batch, from the ledger's first one up to the one that the interval ends with. */
  follow(batch: FoldedBatch): void {
    if (batch.last > this.#question.interval.from.seq) this.#begin();
    this.#batch = batch;
    this.#timeline.follow(batch);
  }

  /** To be asked once, after the last batch. */
  answer(): Passed {
    const { time } = this.#question.interval.to;
    this.#begin();
    this.#timeline.passTime(time);
    const { gaps, reach } = this.#noted.until(time);
    return { windows: this.#windows.all(), gaps, reach };
  }

  /** Comes to the beginning of the interval. What ended before is no part of it. */
  #begin(): void {
    if (this.#begun) return;
    const { interval, lane, known } = this.#question;
    const { time } = interval.from;
    this.#timeline.passTime(time);
    this.#begun = true;
    this.#windows.forgetEnded();
    if (saysNothingOf(lane, time, known)) this.#windows.forgetOpen();
    const findings = this.#judge(time);
    this.#note(time, { findings, passing: this.#passing(time, findings) });
  }

  #look({ instant, cause }: TurningPoint): readonly Finding[] {
    const { interval, lane, known } = this.#question;
    const by = cause.seq === null ? cause : this.#takeOrigins();
    const findings = this.#judge(instant);
    const passing = this.#passing(instant, findings);
    // What lasts up to now has not ended by that nobody knows what comes.
    if (!saysNothingOf(lane, instant, known)) this.#windows.close(passing, by);
    if (this.#begun && !isWithin(interval, { time: instant, seq: this.state.seq })) return findings;
    this.#windows.open(passing, by);
    if (this.#begun) this.#note(instant, { findings, passing });
    return findings;
  }

  #judge(instant: string): Finding[] {
    const { lane, wanted, known } = this.#question;
    return judgeKnown(lane, { state: this.state, instant, wanted, excessOnly: true }, known);
  }

  #passing(instant: string, findings: readonly Finding[]): Passing[] {
    const { lane, wanted, known, traffic: asked } = this.#question;
    const certainUpTo = known.clockAhead?.now;
    return passingAt(lane, { state: this.state, instant, wanted, findings, certainUpTo }, known)
      .map((strand) => ({ ...strand, traffic: intersect(strand.traffic, asked) }))
      .filter(({ traffic }) => !isNothing(traffic));
  }

  #note(
    instant: string,
    { findings, passing }: { findings: readonly Finding[]; passing: readonly Passing[] },
  ): void {
    const { lane, wanted, known } = this.#question;
    const gaps = verdictGaps(lane, { state: this.state, instant, wanted, findings }, known);
    this.#noted.note(instant, { gaps, reach: reachIn(passing, gaps) });
  }

  /** Time up to a batch passes before its entries count: their origins are taken only when it is looked at. */
  #takeOrigins(): Origin {
    const entries = this.#batch?.entries ?? [];
    for (const entry of entries) this.#origins.take(entry);
    const last = entries.at(-1);
    if (last === undefined) throw new RangeError('a batch has entries');
    return originOf(last);
  }

  #ruleOf({ from, to }: Pair, { side, rule: id }: { side: Side; rule: string }): AuthorisingRule {
    const tenant = tenantOf(side === 'egress' ? from : to) ?? '';
    const rules: readonly Rule[] = this.state.documents.policies.get(tenant)?.[side] ?? [];
    const rule = rules.find((one) => one.id === id);
    const enacted = this.#origins.rule(tenant, side, id) ?? null;
    return { tenant, side, id, text: rule === undefined ? '' : ruleWords(rule), enacted };
  }
}

function reachIn(passing: readonly Passing[], gaps: readonly Gap[]): Reach {
  if (passing.some(({ standing }) => standing !== 'authorised')) return 'unauthorised';
  if (gaps.length > 0) return 'unknown';
  return passing.length > 0 ? 'authorised' : 'none';
}
