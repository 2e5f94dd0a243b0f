import { keyOf, type OverlayObject } from '../../../../events/overlay-objects.ts';
import { deltaAt, type Delta } from '../../delta.ts';
import { flowChange } from './change.ts';
import { flowId, type Flow, type FlowChange } from './flow.ts';
import { guessesAt, type FlowDifference } from './guesses.ts';
import type { SetModel } from './model.ts';
import { Vantage, type HostWiring } from './vantage.ts';

/** So many rounds of guesses are made, each on what the former one left. */
const roundsMax = 20;

/**
 * Says in objects how the flows of a host differ from those of a set: the change of the set that gives exactly what was
 * found, sorted by key. `differing` leads from the set's flows to those. Undefined where no such change was found: then
 * the flows are quoted, and not interpreted.
 *
 * A change is guessed, from what the differing flows name, and then compiled. It counts only if nothing differs any more.
 * Of several changes that give the same flows it is one of few objects. The model is left as it was.
 */
export function observedChange(model: SetModel, at: HostWiring, differing: FlowChange): Delta | undefined {
  let differences = differencesOf(differing);
  const former = new Map<string, OverlayObject | undefined>();
  for (let round = 0; round < roundsMax && differences.size > 0; round++) {
    const before = differences.size;
    for (const trial of trialsAt(model, at, differences)) {
      const left = leftAfter(model, at, { guess: trial.guess, differences });
      if (before - differences.size > 0 && !isAsGood(trial, { left, differences })) continue;
      for (const key of keysOf(trial.guess)) if (!former.has(key)) former.set(key, model.get(key));
      model.follow(trial.guess);
      differences = left;
    }
    if (differences.size === before) break;
  }
  const latter = new Map(Array.from(former.keys(), (key) => [key, model.get(key)]));
  model.follow(deltaAt(former.keys(), { before: lookup(latter), after: lookup(former) }));
  return differences.size > 0
    ? undefined
    : deltaAt(former.keys(), { before: lookup(former), after: lookup(latter) });
}

type Differences = ReadonlyMap<string, FlowDifference>;

function differencesOf({ remove, add }: FlowChange): Differences {
  const differences = new Map<string, FlowDifference>();
  for (const flow of remove) differences.set(flowId(flow), { at: flow, found: undefined });
  for (const flow of add) differences.set(flowId(flow), { at: flow, found: flow });
  return differences;
}

/** A guess that brings nearer to what was found. */
interface Trial {
  readonly guess: Delta;
  /** By how many places less differs. */
  readonly gain: number;
  /** Whether nothing differs then that did not differ before. */
  readonly isClean: boolean;
}

/** The guesses after which less differs: those that go astray nowhere first, then those that explain most. */
function trialsAt(model: SetModel, at: HostWiring, differences: Differences): Trial[] {
  const trials: Trial[] = [];
  for (const guess of guessesAt(new Vantage(model, at), differences.values())) {
    const trial = { guess, ...judged(leftAfter(model, at, { guess, differences }), differences) };
    if (trial.gain > 0) trials.push(trial);
    if (trial.gain === differences.size) break;
  }
  return trials.sort((a, b) => Number(b.isClean) - Number(a.isClean) || b.gain - a.gain);
}

function judged(left: Differences, differences: Differences): Omit<Trial, 'guess'> {
  const isClean = Array.from(left.keys()).every((id) => differences.has(id));
  return { gain: differences.size - left.size, isClean };
}

/** Whether a guess still explains by itself what it explained before others of its round were taken. */
function isAsGood(trial: Trial, at: { left: Differences; differences: Differences }): boolean {
  const { gain, isClean } = judged(at.left, at.differences);
  return trial.isClean && isClean && gain === trial.gain;
}

/** What differs if a guess is right. */
function leftAfter(
  model: SetModel,
  at: HostWiring,
  { guess, differences }: { guess: Delta; differences: Differences },
): Differences {
  const rewiring = { host: at.host, before: at.wiring, after: at.wiring };
  const formerObjects = new Map(Array.from(keysOf(guess), (key) => [key, model.get(key)]));
  const there = flowChange(model, guess, rewiring);
  const back = flowChange(model, stepBack(formerObjects), rewiring);
  const [former, latter] = [flowsById(back.add), flowsById(there.add)];
  const left = new Map(differences);
  for (const flow of [...there.add, ...there.remove]) {
    const id = flowId(flow);
    const known = differences.get(id);
    const found = known === undefined ? former.get(id) : known.found;
    if (latter.get(id)?.actions === found?.actions) left.delete(id);
    else left.set(id, { at: flow, found });
  }
  return left;
}

function flowsById(flows: readonly Flow[]): Map<string, Flow> {
  return new Map(flows.map((flow) => [flowId(flow), flow]));
}

function keysOf({ put, removed }: Delta): Set<string> {
  return new Set([...removed, ...put.map(keyOf)]);
}

function stepBack(former: ReadonlyMap<string, OverlayObject | undefined>): Delta {
  return {
    removed: Array.from(former)
      .filter(([, object]) => object === undefined)
      .map(([key]) => key),
    put: [...former.values()].filter((object) => object !== undefined),
  };
}

function lookup(objects: ReadonlyMap<string, OverlayObject | undefined>): {
  get: (key: string) => OverlayObject | undefined;
} {
  return { get: (key) => objects.get(key) };
}
